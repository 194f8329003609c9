package org.bookvotes.chaos;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What came of a run.
 *
 * @param settings of the run, for people who want to repeat it
 * @param recoveries median and worst time to recover from each kind of fault that struck alone
 */
record Report(
    long seed,
    Instant startedAt,
    Duration took,
    Map<String, String> settings,
    boolean passed,
    List<Check> checks,
    List<Goal> goals,
    List<KindRecovery> recoveries,
    List<Incident> incidents) {

  /** The time within which a rating should be refreshed after a fault. */
  private static final Duration RATING_GOAL = Duration.ofSeconds(10);

  /** The time within which the slots of a killed replica should be used by others. */
  private static final Duration SLOTS_GOAL = Duration.ofSeconds(2);

  /** A time that was aimed at. Missing it breaks no promise. */
  record Goal(String name, String aim, String seen, String result) {}

  /** Median and worst of several times. */
  record Spread(int count, @Nullable Duration median, @Nullable Duration worst) {

    static Spread of(List<Duration> times) {
      List<Duration> sorted = times.stream().sorted().toList();
      return sorted.isEmpty()
          ? new Spread(0, null, null)
          : new Spread(sorted.size(), sorted.get(sorted.size() / 2), sorted.getLast());
    }

    @Override
    public String toString() {
      return count == 0 ? "-" : Text.seconds(median) + " / " + Text.seconds(worst);
    }
  }

  /**
   * Recovery from one kind of fault.
   *
   * @param fault title of the kind
   * @param from what the times count from
   * @param pause longest time without a refreshed rating while the fault lasted
   */
  record KindRecovery(
      String fault,
      String from,
      Spread firstBatch,
      Spread firstRating,
      Spread allPartitions,
      Spread caughtUp,
      Spread slotTaken,
      Spread pause) {}

  /** Puts a report together. */
  static Report of(
      long seed,
      Instant startedAt,
      Map<String, String> settings,
      List<Check> checks,
      List<Incident> incidents) {
    return new Report(
        seed,
        startedAt,
        Duration.between(startedAt, Instant.now()),
        settings,
        checks.stream().allMatch(Check::passed),
        checks,
        goals(incidents),
        recoveries(incidents),
        incidents);
  }

  private static List<Goal> goals(List<Incident> incidents) {
    List<@Nullable Duration> ratings = new ArrayList<>();
    List<@Nullable Duration> slots = new ArrayList<>();
    for (Incident incident : incidents) {
      Recovery recovery = incident.recovery();
      if (recovery != null) {
        ratings.add(incident.ratingAfterEnd());
        if (recovery.killed()) {
          slots.add(recovery.slotTaken());
        }
      }
    }
    return List.of(
        goal("first rating after the end of a single fault", RATING_GOAL, ratings),
        goal("slot 1 used by another than the killed replica", SLOTS_GOAL, slots));
  }

  private static Goal goal(String name, Duration aim, List<@Nullable Duration> seen) {
    List<Duration> came = seen.stream().filter(Objects::nonNull).toList();
    Spread spread = Spread.of(came);
    String result;
    if (seen.isEmpty()) {
      result = "not measured";
    } else if (came.size() < seen.size()) {
      result = "missed";
    } else {
      result = came.stream().allMatch(time -> time.compareTo(aim) <= 0) ? "met" : "missed";
    }
    return new Goal(
        name,
        "within " + Text.seconds(aim),
        spread
            + " (median / worst of "
            + seen.size()
            + ", "
            + (seen.size() - came.size())
            + " never)",
        result);
  }

  private static List<KindRecovery> recoveries(List<Incident> incidents) {
    Map<FaultKind, List<Incident>> byKind = new EnumMap<>(FaultKind.class);
    for (Incident incident : incidents) {
      if (incident.recovery() != null) {
        byKind.computeIfAbsent(incident.fault().kind(), kind -> new ArrayList<>()).add(incident);
      }
    }
    List<KindRecovery> recoveries = new ArrayList<>();
    byKind.forEach(
        (kind, same) ->
            recoveries.add(
                new KindRecovery(
                    kind.title(),
                    kind.isSurvivable() ? "strike" : "end",
                    Spread.of(times(same, Recovery::firstBatch)),
                    Spread.of(times(same, Recovery::firstRating)),
                    Spread.of(times(same, Recovery::allPartitions)),
                    Spread.of(times(same, Recovery::caughtUp)),
                    Spread.of(times(same, Recovery::slotTaken)),
                    Spread.of(
                        same.stream().map(Incident::pause).filter(Objects::nonNull).toList()))));
    return recoveries;
  }

  private static List<Duration> times(
      List<Incident> incidents, Function<Recovery, @Nullable Duration> time) {
    List<Duration> times = new ArrayList<>();
    for (Incident incident : incidents) {
      Recovery recovery = incident.recovery();
      Duration one = recovery == null ? null : time.apply(recovery);
      if (one != null) {
        times.add(one);
      }
    }
    return times;
  }

  /** For people, as Markdown. */
  String text() {
    List<List<String>> checkRows =
        checks.stream()
            .map(
                check ->
                    List.of(
                        check.passed() ? "ok" : "BROKEN",
                        check.name(),
                        check.demanded(),
                        check.seen()))
            .toList();
    List<List<String>> goalRows =
        goals.stream()
            .map(goal -> List.of(goal.result(), goal.name(), goal.aim(), goal.seen()))
            .toList();
    List<List<String>> recoveryRows =
        recoveries.stream()
            .map(
                kind ->
                    List.of(
                        kind.fault(),
                        kind.from(),
                        Integer.toString(kind.firstBatch().count()),
                        kind.firstBatch().toString(),
                        kind.firstRating().toString(),
                        kind.allPartitions().toString(),
                        kind.caughtUp().toString(),
                        kind.slotTaken().toString(),
                        kind.pause().toString()))
            .toList();
    return "\n"
        + Text.table(List.of("", "checked", "must be", "seen"), checkRows)
        + "\nTime to recover, median / worst, from the strike of a fault that the rest of the system gets over by\n"
        + "itself, else from its end:\n\n"
        + Text.table(
            List.of(
                "single fault",
                "from",
                "times",
                "first batch",
                "first rating",
                "all partitions",
                "caught up",
                "slot taken over",
                "no rating while it lasted"),
            recoveryRows)
        + "\n"
        + Text.table(List.of("goal", "", "aim", "seen"), goalRows)
        + String.format(
            "%nseed %d, %d faults in %d min: %s%n",
            seed, incidents.size(), took.toMinutes(), passed ? "everything held" : "BROKEN");
  }

  /** Writes all of it as JSON. */
  void write(Path file) throws IOException {
    new ObjectMapper()
        .registerModule(new JavaTimeModule())
        .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
        .disable(SerializationFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(Objects.requireNonNull(file.toFile()), this);
  }
}
