package org.bookvotes.chaos;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One run from an empty stack to a report. Used by one thread. */
final class Run {

  private static final Duration WARM_UP_TIMEOUT = Duration.ofMinutes(2);
  private static final Duration WARM_UP = Duration.ofSeconds(5);

  /**
   * How many seconds' worth of dead rows the heaps may have room for: the longest pinned snapshot,
   * and what it takes to clean up behind it.
   */
  private static final int HEAP_SECONDS = 90;

  /** A vote changes its book's row twice at most: when it is added, and when the rating is. */
  private static final int BOOK_ROW_BYTES = 2 * 200;

  private static final int MARK_ROW_BYTES = 2 * 80;

  /** For fewer, one slot does it all. */
  private static final int FEWEST_BOOKS = 2_500;

  private static final Pattern DEADLOCK = Pattern.compile(" 40P01 ");

  /** Of the processor itself: the Kafka client calls some of what it gets over an error. */
  private static final Pattern ERROR =
      Pattern.compile("\\sERROR\\s(?!.*clientId=)|Exception in thread");

  /**
   * What to do.
   *
   * @param kinds of faults
   * @param alone how often each kind strikes alone
   * @param together how often each kind strikes while others do
   * @param longest no fault lasts longer
   * @param votesPerSecond load
   * @param bookCount books voted for
   * @param project name of the compose project: runs with the same name replace each other
   * @param image of the processor
   * @param directory of the compose file
   * @param reportDirectory where the report and the logs go
   */
  record Plan(
      long seed,
      Set<FaultKind> kinds,
      int alone,
      int together,
      Duration longest,
      int votesPerSecond,
      int bookCount,
      String project,
      String image,
      Path directory,
      Path reportDirectory) {

    Map<String, String> settings() {
      Map<String, String> settings = new LinkedHashMap<>();
      settings.put("faults", kinds.stream().map(FaultKind::title).collect(Collectors.joining(" ")));
      settings.put("alone", Integer.toString(alone));
      settings.put("together", Integer.toString(together));
      settings.put("longest", longest.toString());
      settings.put("votesPerSecond", Integer.toString(votesPerSecond));
      settings.put("books", Integer.toString(bookCount));
      settings.put("image", image);
      return settings;
    }
  }

  private final Plan plan;
  private final PrintStream out;
  private final List<String> unreadable = new ArrayList<>();

  Run(Plan plan, PrintStream out) {
    this.plan = plan;
    this.out = out;
  }

  /** Runs it all, and leaves nothing behind but the report and the logs. */
  Report execute() throws Exception {
    Instant startedAt = Instant.now();
    if (plan.bookCount() < FEWEST_BOOKS) {
      throw new IllegalArgumentException(
          "at least " + FEWEST_BOOKS + " books, for all slots to be needed");
    }
    Schedule schedule =
        Schedule.draw(plan.seed(), plan.kinds(), plan.alone(), plan.together(), plan.longest());
    Files.createDirectories(plan.reportDirectory());
    printSchedule(schedule);
    List<Check> checks = new ArrayList<>();
    List<Incident> incidents;
    Stack stack = new Stack(plan.project(), plan.directory(), plan.image());
    Thread hook = new Thread(stack::close);
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      out.println("\nstarting three brokers, PostgreSQL and three replicas");
      try {
        stack.start();
        registerBooks(stack);
        incidents = campaign(schedule, stack, checks);
      } finally {
        writeLogs(stack);
      }
      checks.addAll(Check.all("logs", this::checkLogs));
    } finally {
      stack.close();
      Runtime.getRuntime().removeShutdownHook(hook);
    }
    Report report =
        Report.of(plan.seed(), startedAt, plan.settings(), List.copyOf(checks), incidents);
    report.write(plan.reportDirectory().resolve("report.json"));
    Files.writeString(plan.reportDirectory().resolve("report.md"), report.text());
    out.println(report.text());
    return report;
  }

  private void printSchedule(Schedule schedule) {
    out.printf("seed %d%n", schedule.seed());
    out.println("alone, one after the other: " + titles(schedule.alone()));
    int lane = 0;
    for (List<Fault> faults : schedule.lanes()) {
      lane++;
      out.println("then overlapping, lane " + lane + ": " + titles(faults));
    }
  }

  private static String titles(List<Fault> faults) {
    return faults.stream()
        .map(
            fault ->
                "#"
                    + fault.number()
                    + " "
                    + fault.kind().title()
                    + " "
                    + Text.seconds(fault.hold()))
        .collect(Collectors.joining(", "));
  }

  private void registerBooks(Stack stack) throws SQLException {
    try (Connection connection = stack.connect();
        PreparedStatement statement =
            connection.prepareStatement(
                "INSERT INTO books (book_id, title) SELECT n, 'Book ' || n FROM generate_series(1, ?) AS n")) {
      statement.setInt(1, plan.bookCount());
      statement.execute();
    }
  }

  private List<Incident> campaign(Schedule schedule, Stack stack, List<Check> checks)
      throws Exception {
    try (Sampler sampler = new Sampler(stack);
        Progress progress = new Progress(stack);
        VoteLoad load =
            new VoteLoad(stack.kafka(), plan.seed(), plan.bookCount(), plan.votesPerSecond())) {
      awaitFlow(progress);
      out.printf("%s votes/s are being counted and rated%n%n", plan.votesPerSecond());
      Campaign campaign = new Campaign(schedule, stack, sampler, progress, out);
      try (ResourceWatch resources = new ResourceWatch(stack)) {
        campaign.run();

        Oracle oracle = new Oracle(stack, load, sampler);
        out.println("\nno more faults, no more votes: waiting until all is counted and fresh");
        load.stop();
        out.printf("at rest after %s%n", Text.seconds(oracle.awaitRest()));

        checks.addAll(Check.all("votes", oracle::checkVotes));
        checks.addAll(Check.all("dead letters", () -> DeadLetterCheck.check(stack, load.bad())));
        checks.addAll(resources.checks());
        checks.addAll(Check.all("slots", oracle::checkSlots));
        checks.addAll(oracle.checkSamples());
      }
      checks.addAll(heapChecks(progress));
      checks.add(
          Check.none(
              "replicas that ended by themselves, or not in order, or did not come back",
              campaign.irregularities(),
              ""));
      checks.add(recoveryCheck(campaign.incidents()));
      checks.add(Oracle.checkStrikes(count(campaign.incidents()), planned(schedule)));
      return campaign.incidents();
    }
  }

  /** Until every partition is being counted and ratings are being refreshed, by warm JVMs. */
  private static void awaitFlow(Progress progress) throws InterruptedException {
    Instant start = Instant.now();
    Instant seen = start;
    while (Duration.between(start, Instant.now()).compareTo(WARM_UP_TIMEOUT) < 0) {
      Progress.Look look = progress.awaitAfter(seen, Duration.ofSeconds(1));
      seen = look.at();
      if (look.partitions() == Stack.PARTITIONS && look.rated() != null) {
        Thread.sleep(WARM_UP);
        return;
      }
    }
    throw new IllegalStateException("no votes are counted: see the logs");
  }

  private List<Check> heapChecks(Progress progress) {
    return List.of(
        heapCheck("books", progress.books(), BOOK_ROW_BYTES),
        heapCheck("stale_batches and stale_marks", progress.marks(), MARK_ROW_BYTES));
  }

  private Check heapCheck(String table, Progress.Heap heap, int bytesPerVote) {
    long limit = (long) plan.votesPerSecond() * HEAP_SECONDS * bytesPerVote;
    return Check.of(
        "heap of " + table,
        heap.mostBytes() <= limit,
        "at most " + Text.megabytes(limit),
        Text.megabytes(heap.mostBytes()) + ", " + Text.megabytes(heap.bytes()) + " at the end");
  }

  private static Check recoveryCheck(List<Incident> incidents) {
    List<String> not = new ArrayList<>();
    for (Incident incident : incidents) {
      Recovery recovery = incident.recovery();
      if (recovery != null && !recovery.isComplete()) {
        not.add("#" + incident.fault().number() + " " + incident.fault().kind().title());
      }
    }
    return Check.none("single faults without full recovery in 3 min", not, "");
  }

  private static Map<FaultKind, Long> count(List<Incident> incidents) {
    return incidents.stream()
        .collect(Collectors.groupingBy(i -> i.fault().kind(), TreeMap::new, Collectors.counting()));
  }

  private static Map<FaultKind, Long> planned(Schedule schedule) {
    Map<FaultKind, Long> planned = new EnumMap<>(FaultKind.class);
    Stream.concat(schedule.alone().stream(), schedule.lanes().stream().flatMap(List::stream))
        .forEach(fault -> planned.merge(fault.kind(), 1L, Long::sum));
    return planned;
  }

  private void writeLogs(Stack stack) {
    for (Container container :
        List.of(
            stack.postgres(),
            stack.replica(1),
            stack.replica(2),
            stack.replica(3),
            stack.broker(1),
            stack.broker(2),
            stack.broker(3))) {
      try {
        stack.writeLog(container, log(container.service()).toFile());
      } catch (RuntimeException e) {
        unreadable.add(container.service() + ": " + e.getMessage());
      }
    }
  }

  private Path log(String service) {
    return plan.reportDirectory().resolve(service + ".log");
  }

  private List<Check> checkLogs() throws IOException {
    List<String> errors = new ArrayList<>();
    for (int number = 1; number <= 3; number++) {
      errors.addAll(lines("replica-" + number, ERROR));
    }
    return List.of(
        Check.none("logs that cannot be read", unreadable, ""),
        Check.none("deadlocks in the server's log", lines("postgres", DEADLOCK), ""),
        Check.none("errors in the replicas' logs", errors, ""));
  }

  private List<String> lines(String service, Pattern pattern) throws IOException {
    try (Stream<String> lines = Files.lines(log(service), StandardCharsets.ISO_8859_1)) {
      return lines.filter(line -> pattern.matcher(line).find()).toList();
    }
  }
}
