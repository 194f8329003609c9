package org.bookvotes.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.bookvotes.ingest.IngestView.DeadLetterRow;
import org.bookvotes.workers.WorkersView;
import org.bookvotes.workers.WorkersView.EndedRun;

/** The status for people. Stateless. */
final class StatusText {

  private static final int MOST_MESSAGE_CHARS = 200;

  private StatusText() {}

  /** All of it, a few lines each. */
  static List<String> lines(ClusterStatus status) {
    List<String> lines = new ArrayList<>();
    lines.add(
        line(
            "stale books",
            String.format(
                Locale.ROOT,
                "%,d (oldest %.1f s)",
                status.staleBooks(),
                status.oldestStaleSeconds())));
    ClusterStatus.Pool pool = status.pool();
    lines.add(
        line(
            "server's workers",
            String.format(
                Locale.ROOT,
                "%d of %d free, %d ours, %d others",
                pool.free(),
                pool.size(),
                pool.ours(),
                pool.others())));
    for (ClusterStatus.Slot slot : status.slots()) {
      lines.add(
          line(
              "slot " + slot.slot(),
              String.format(Locale.ROOT, "%-8s %s", slot.state(), running(slot))));
    }
    for (ClusterStatus.Replica replica : status.replicas()) {
      lines.add(line("replica", text(replica)));
    }
    for (DeadLetterRow letter : status.deadLetters()) {
      lines.add(line("dead letter", text(letter)));
    }
    for (EndedRun run : status.lastRuns()) {
      lines.add(line("run", text(run)));
    }
    return lines;
  }

  /** The most important of it in a line that can be searched and cut into columns. */
  static String summary(ClusterStatus before, ClusterStatus status) {
    long busy = status.slots().stream().filter(slot -> !slot.state().equals("free")).count();
    ClusterStatus.Pool pool = status.pool();
    return String.format(
        Locale.ROOT,
        "events/s=%.0f stale=%d oldest=%.1fs slots-busy=%d/%d workers-ours=%d workers-others=%d workers-free=%d/%d",
        eventsPerSecond(before, status),
        status.staleBooks(),
        status.oldestStaleSeconds(),
        busy,
        status.slots().size(),
        pool.ours(),
        pool.others(),
        pool.free(),
        pool.size());
  }

  /** What has been counted, or put aside, between two readings. */
  static String throughput(ClusterStatus before, ClusterStatus status) {
    return line(
        "events", String.format(Locale.ROOT, "%,.0f a second", eventsPerSecond(before, status)));
  }

  private static double eventsPerSecond(ClusterStatus before, ClusterStatus status) {
    double seconds = status.nowSeconds() - before.nowSeconds();
    // The topic may have been made anew.
    long events = Math.max(0, status.countedEvents() - before.countedEvents());
    return seconds > 0 ? events / seconds : 0;
  }

  /** What one replica has done, from its {@code /api/status}. */
  static List<String> lines(JsonNode replica) {
    List<String> lines = new ArrayList<>();
    lines.add(
        line(
            "votes counted",
            String.format(
                Locale.ROOT,
                "%,d up, %,d down, %,.0f a second",
                replica.path("votesUp").asLong(),
                replica.path("votesDown").asLong(),
                replica.path("votesPerSecond").asDouble())));
    lines.add(
        line(
            "recalculated",
            String.format(
                Locale.ROOT,
                "%,d books, %,d of them without a worker%s",
                replica.path("recalculatedBooks").asLong(),
                replica.path("fallbackBooks").asLong(),
                replica.path("degraded").asBoolean()
                    ? "; degraded: the server has had no worker for long"
                    : "")));
    JsonNode freshness = replica.path("freshness");
    if (freshness.path("p50Seconds").isNumber()) {
      lines.add(
          line(
              "freshness",
              String.format(
                  Locale.ROOT,
                  "p50 %.2f s, p99 %.2f s",
                  freshness.path("p50Seconds").asDouble(),
                  freshness.path("p99Seconds").asDouble())));
    }
    lines.add(line("launches", flat(replica.path("launches"))));
    lines.add(line("launch retries", flat(replica.path("launchRetries"))));
    lines.add(
        line(
            "vacuums",
            String.format(
                Locale.ROOT,
                "%,d rows removed, blocked: %s",
                replica.path("vacuumRemovedRows").asLong(),
                flat(replica.path("blockedVacuums")))));
    lines.add(line("dead letters", flat(replica.path("deadLetters"))));
    return lines;
  }

  private static String line(String name, String text) {
    return String.format(Locale.ROOT, "%-17s %s", name, text).stripTrailing();
  }

  private static String running(ClusterStatus.Slot slot) {
    StringBuilder text = new StringBuilder();
    if (slot.command() != null) {
      text.append(
          String.format(
              Locale.ROOT,
              "%s, worker %d, %.1f s",
              slot.command(),
              slot.pid(),
              slot.runsSeconds()));
    }
    WorkersView.VacuumProgress vacuum = slot.vacuum();
    if (vacuum != null) {
      text.append(
          String.format(
              Locale.ROOT,
              ", %s: %s, %,d of %,d pages",
              vacuum.table(),
              vacuum.phase(),
              vacuum.scannedPages(),
              vacuum.pages()));
    }
    String holder = slot.replica() == null ? slot.address() : slot.replica();
    if (holder != null) {
      text.append(text.isEmpty() ? "" : ", ")
          .append("replica ")
          .append(Printable.of(holder, MOST_MESSAGE_CHARS));
    }
    return text.toString();
  }

  private static String text(ClusterStatus.Replica replica) {
    return Printable.of(replica.name() == null ? "unknown" : replica.name(), MOST_MESSAGE_CHARS)
        + ", partitions "
        + (replica.partitions().isEmpty() ? "none" : join(replica.partitions()))
        + (replica.slots().isEmpty() ? "" : ", slots " + join(replica.slots()))
        + (replica.idleSeconds() == null
            ? ""
            : String.format(Locale.ROOT, ", counted last %.1f s ago", replica.idleSeconds()));
  }

  private static String join(List<Integer> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(", "));
  }

  private static String text(DeadLetterRow letter) {
    return letter.at().truncatedTo(ChronoUnit.SECONDS)
        + "  "
        + Printable.of(letter.reason(), MOST_MESSAGE_CHARS)
        + ", "
        + Printable.of(letter.topic(), MOST_MESSAGE_CHARS)
        + "-"
        + letter.partition()
        + " at "
        + letter.offset()
        + (letter.redrivenAt() == null ? "" : ", counted after all");
  }

  /** One line; times in UTC. */
  private static String text(EndedRun run) {
    StringBuilder text = new StringBuilder();
    text.append(run.finishedAt().truncatedTo(ChronoUnit.SECONDS))
        .append(
            String.format(
                Locale.ROOT,
                "  slot %-3d %s%s %s in %.2f s",
                run.slot(),
                run.command(),
                run.table() == null ? "" : " " + run.table(),
                run.outcome(),
                Duration.between(run.startedAt(), run.finishedAt()).toNanos() / 1e9));
    if (run.batches() > 0) {
      text.append(
          String.format(Locale.ROOT, ", %,d books in batches: %,d", run.books(), run.batches()));
    }
    if (run.removedRows() != null) {
      text.append(String.format(Locale.ROOT, ", dead rows removed: %,d", run.removedRows()));
    }
    text.append(run.pid() == null ? "" : ", worker " + run.pid())
        .append(", replica ")
        .append(Printable.of(run.replica(), MOST_MESSAGE_CHARS));
    if (run.message() != null) {
      text.append(run.sqlState() == null ? ": " : ": " + run.sqlState() + " ")
          .append(Printable.of(run.message(), MOST_MESSAGE_CHARS));
    }
    return text.toString();
  }

  /** {@code {"a": {"b": 1}}} as {@code a b 1}. */
  private static String flat(JsonNode node) {
    if (node.isEmpty()) {
      return "none";
    }
    return node.toString().replaceAll("[{}\"]", "").replace(":", " ").replace(",", ", ");
  }
}
