package org.bookvotes.app;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
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
    for (EndedRun run : status.lastRuns()) {
      lines.add(line("run", text(run)));
    }
    return lines;
  }

  /** The most important of it in a line that can be searched and cut into columns. */
  static String summary(ClusterStatus status) {
    long busy = status.slots().stream().filter(slot -> !slot.state().equals("free")).count();
    ClusterStatus.Pool pool = status.pool();
    return String.format(
        Locale.ROOT,
        "stale=%d oldest=%.1fs slots-busy=%d/%d workers-ours=%d workers-others=%d workers-free=%d/%d",
        status.staleBooks(),
        status.oldestStaleSeconds(),
        busy,
        status.slots().size(),
        pool.ours(),
        pool.others(),
        pool.free(),
        pool.size());
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
    return slot.command() == null
        ? ""
        : String.format(
            Locale.ROOT, "%s, worker %d, %.1f s", slot.command(), slot.pid(), slot.runsSeconds());
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
