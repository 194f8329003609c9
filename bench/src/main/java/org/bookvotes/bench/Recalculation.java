package org.bookvotes.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** All ratings of a table, by the product, the course's procedure and a single statement. */
final class Recalculation implements Benchmark {

  private static final int SMALL = 100_000;
  private static final int MIDDLE = 1_000_000;
  private static final int LARGE = 10_000_000;
  private static final int BATCH_SIZE = 1000;

  private static final Duration COURSE_LIMIT = Duration.ofMinutes(10);
  private static final String COURSE = "the course's procedure";
  private static final String ONE_UPDATE = "one UPDATE";

  @Override
  public String name() {
    return "recalculation";
  }

  @Override
  public String title() {
    return "Recalculating all ratings";
  }

  @Override
  public Result run(Options options) throws Exception {
    Map<Integer, List<Row>> rows = new LinkedHashMap<>();
    try (BenchNetwork network = new BenchNetwork();
        PostgresServer server = PostgresServer.start(network)) {
      Peers peers =
          new Peers(
              new TableWork(server, BookTable.migrate(server, options.root())),
              new RecalculateProgram(server, options.root()),
              new SqlWork(server));
      for (int full : List.of(SMALL, MIDDLE, LARGE)) {
        int books = options.scaled(full);
        options.log().say(String.format(Locale.ROOT, "%,d books", books));
        // So long that it runs into its limit: once tells as much as five times.
        boolean once = full == LARGE;
        List<Row> measured = new ArrayList<>();
        measured.addAll(
            Rounds.inTurn(options.rounds(), peers.contestants(books, !once), options.log()));
        if (once) {
          measured.addAll(Rounds.inTurn(1, List.of(peers.course(books)), options.log()));
        }
        rows.put(full, measured);
      }
    }
    return result(options, rows);
  }

  private record Peers(TableWork table, RecalculateProgram ours, SqlWork sql) {

    List<Contestant> contestants(int books, boolean withCourse) {
      List<Contestant> contestants = new ArrayList<>();
      contestants.add(ours(books, 1));
      contestants.add(ours(books, 2));
      contestants.add(
          new Contestant(
              ONE_UPDATE,
              () ->
                  table.measure(
                      books,
                      false,
                      () -> {
                        sql.oneUpdate();
                        return Map.of();
                      })));
      if (withCourse) {
        contestants.add(course(books));
      }
      return contestants;
    }

    private Contestant ours(int books, int workers) {
      return new Contestant(
          oursWith(workers),
          () -> table.measure(books, false, () -> ours.run(books, workers, BATCH_SIZE)));
    }

    Contestant course(int books) {
      return new Contestant(
          COURSE,
          () ->
              table.measure(
                  books,
                  true,
                  () -> {
                    sql.course(BATCH_SIZE, COURSE_LIMIT);
                    return Map.of();
                  }));
    }
  }

  private static String oursWith(int workers) {
    return "Bookvotes, " + workers + (workers == 1 ? " worker" : " workers");
  }

  private Result result(Options options, Map<Integer, List<Row>> rows) {
    List<Result.Table> tables = new ArrayList<>();
    rows.forEach(
        (books, measured) ->
            tables.add(
                new Result.Table(
                    String.format(Locale.ROOT, "%,d books", options.scaled(books)), measured)));
    Row ours = row(rows, MIDDLE, oursWith(2));
    Figure time = ours.figure(TableWork.TIME);
    Row course = row(rows, MIDDLE, COURSE);
    Figure oneUpdate = row(rows, MIDDLE, ONE_UPDATE).figure(TableWork.TIME);
    Figure small = row(rows, SMALL, oursWith(2)).figure(RecalculateProgram.WORK_A_BOOK);
    Figure large = row(rows, LARGE, oursWith(2)).figure(RecalculateProgram.WORK_A_BOOK);
    List<Goal> goals =
        List.of(
            Goal.atLeast(
                5,
                "1,000,000 books: time a book of the course's procedure to that of ours",
                course.figure(TableWork.TIME_A_BOOK).over(ours.figure(TableWork.TIME_A_BOOK))),
            Goal.atMost(1, "1,000,000 books: our time to that of one UPDATE", time.over(oneUpdate)),
            Goal.atMost(1.1, "1,000,000 books: heap to what it was", ours.figure(TableWork.HEAP)),
            Goal.atMost(
                1.25,
                "marking and recalculating a book, of 10,000,000 to of 100,000",
                large.over(small)));
    return new Result(
        name(), title(), options.scale(), settings(), tables, goals, List.of(), notes());
  }

  private static Row row(Map<Integer, List<Row>> rows, int books, String contestant) {
    return rows.getOrDefault(books, List.of()).stream()
        .filter(row -> row.contestant().equals(contestant))
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, String> settings() {
    Map<String, String> settings = new LinkedHashMap<>(PostgresServer.SETTINGS);
    settings.put("batch", BATCH_SIZE + " books");
    settings.put("limit of the course's procedure", COURSE_LIMIT.toMinutes() + " minutes");
    return settings;
  }

  private static List<String> notes() {
    return List.of(
        "Ours is `bookvotes recalculate --all` from the start of its process to its end, with a Java"
            + " machine to start; the peers are statements in a session that is open. The goals are"
            + " about two workers, of the four that it may have out of the box.",
        "Each attempt begins with files made anew (fillfactor 80, as `bookvotes migrate` leaves it),"
            + " VACUUM ANALYZE and CHECKPOINT. After each, every rating is checked.",
        "Of 10,000,000 books the course's procedure runs once. \"Books done\" tells how far it came"
            + " within its limit, \"time a book\" is that of those.",
        "What vacuums did, the own ones and autovacuum's, is in the server's processor time"
            + " and the WAL.");
  }
}
