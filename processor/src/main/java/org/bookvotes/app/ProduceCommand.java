package org.bookvotes.app;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.bookvotes.app.VoteSender.Account;
import org.bookvotes.postgres.BookCatalog;
import org.bookvotes.postgres.BookCatalog.Book;
import org.bookvotes.postgres.Database;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

@Command(
    name = "produce",
    mixinStandardHelpOptions = true,
    description = {
      "Registers books and sends votes for them, as a bookstore's front end would.",
      "",
      "Without --csv the votes are generated: the book of popularity rank k is voted for in proportion to 1/k (Zipf's law,"
          + " exponent 1), ranks are spread over the book ids at random, and each book has a share of up-votes of its own,"
          + " 80 %% on average.",
      "With --csv each book gets exactly round(F x votes_up) votes up and round(F x votes_down) down, shuffled over all.",
      "",
      "Books that are there already stay as they are. Sending stops at the first vote that Kafka does not take.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  bookvotes produce --count 300000 --books 10000 --wait",
      "  bookvotes produce --count 60000 --rate 1000",
      "  bookvotes produce --csv goodbooks-10k.csv --scale 0.001 --wait",
      "",
      "Exit codes: 0 all votes are acknowledged (and with --wait counted and fresh), 1 not all, 2 wrong usage."
    })
final class ProduceCommand extends SettingsCommand {

  private static final int REGISTER_BATCH_SIZE = 5000;
  private static final int MOST_BOOKS = 10_000_000;

  @Option(
      names = "--count",
      paramLabel = "<n>",
      description = "How many votes to generate. Default: 1000.")
  private @Nullable Long count;

  @Option(
      names = "--books",
      paramLabel = "<n>",
      description = "How many books to generate votes for, with the ids 1 to n. Default: 1000.")
  private @Nullable Integer books;

  @Option(
      names = "--rate",
      paramLabel = "<r>",
      defaultValue = "0",
      description = "Votes a second; 0 sends as fast as possible. Default: 0.")
  private double rate;

  @Option(
      names = "--csv",
      paramLabel = "<file>",
      description =
          "Send what this file counts. Columns: book_id,title,authors,votes_up,votes_down.")
  private @Nullable Path csv;

  @Option(
      names = "--scale",
      paramLabel = "<f>",
      description = "With --csv: what its counts are multiplied with. Default: 1.")
  private @Nullable BigDecimal scale;

  @Option(
      names = "--seed",
      paramLabel = "<n>",
      defaultValue = "1",
      description = "The same seed gives the same votes in the same order. Default: 1.")
  private long seed;

  @Option(
      names = "--wait",
      description = {
        "Then wait until all votes are counted and nothing is stale.",
        "Expects to be the only producer: votes of others keep books stale, and hide votes of this one that were not counted."
      })
  private boolean wait;

  @Option(
      names = "--timeout",
      paramLabel = "<duration>",
      defaultValue = "PT10M",
      description = "How long --wait waits, in ISO 8601. Default: PT10M.")
  private Duration timeout = Duration.ofMinutes(10);

  @Override
  Set<Setting> settings() {
    Set<Setting> settings = EnumSet.copyOf(DATABASE);
    settings.addAll(
        EnumSet.of(Setting.KAFKA_BOOTSTRAP_SERVERS, Setting.KAFKA_PROPERTIES, Setting.VOTES_TOPIC));
    return settings;
  }

  @Override
  int run(ProcessorConfig config) throws Exception {
    checkUsage();
    VoteSource source = source();
    try (VoteSender sender = VoteSender.open(config);
        Database database = openForLongStatements(config);
        ProgressLine progress = new ProgressLine(err())) {
      BookCatalog catalog = new BookCatalog(database.transactions());
      register(source, catalog, progress);
      long countedBefore = wait ? catalog.voteCount() : 0;

      long startNanos = System.nanoTime();
      Account account = send(sender, source, progress);
      if (account.failed() > 0) {
        err()
            .printf(
                Locale.ROOT,
                "bookvotes: Kafka did not take %,d votes and sending stopped, the first because of: %s%n",
                account.failed(),
                account.firstFailure());
        return 1;
      }
      return wait ? awaitFresh(config, catalog, progress, account, startNanos, countedBefore) : 0;
    }
  }

  private void checkUsage() {
    if (csv != null && (count != null || books != null)) {
      throw wrongUsage("--csv brings its own books and votes: leave out --count and --books");
    }
    if (csv == null && scale != null) {
      throw wrongUsage("--scale belongs to --csv, which is missing");
    }
    require(count == null || count >= 1, "--count", count, "a whole number from 1 on");
    require(
        books == null || (books >= 1 && books <= MOST_BOOKS),
        "--books",
        books,
        "a whole number from 1 to " + MOST_BOOKS);
    require(
        rate >= 0 && rate < Double.POSITIVE_INFINITY, "--rate", rate, "0 or any greater number");
    require(scale == null || scale.signum() > 0, "--scale", scale, "any number greater than 0");
    require(timeout.isPositive(), "--timeout", timeout, "any duration greater than 0");
  }

  private void require(boolean holds, String option, @Nullable Object value, String allowed) {
    if (!holds) {
      throw wrongUsage(option + " is " + value + ", allowed is " + allowed);
    }
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(spec().commandLine(), message);
  }

  private VoteSource source() throws Exception {
    if (csv != null) {
      return CsvVotes.read(csv, scale == null ? BigDecimal.ONE : scale, seed);
    }
    return new ZipfVotes(count == null ? 1000 : count, books == null ? 1000 : books, seed);
  }

  private void register(VoteSource source, BookCatalog catalog, ProgressLine progress)
      throws Exception {
    int registered = 0;
    int added = 0;
    List<Book> batch = new ArrayList<>(REGISTER_BATCH_SIZE);
    for (Book book : source.books()) {
      batch.add(book);
      if (batch.size() == REGISTER_BATCH_SIZE || registered + batch.size() == source.bookCount()) {
        added += catalog.register(batch);
        registered += batch.size();
        batch.clear();
        int done = registered;
        progress.show(
            () ->
                String.format(
                    Locale.ROOT, "registered %,d of %,d books", done, source.bookCount()));
      }
    }
    progress.close();
    out().printf(Locale.ROOT, "registered %,d books, %,d of them new%n", registered, added);
  }

  private Account send(VoteSender sender, VoteSource source, ProgressLine progress)
      throws InterruptedException {
    Account account =
        sender.send(
            source.votes(),
            rate,
            (sent, elapsed) ->
                progress.show(
                    () ->
                        String.format(
                            Locale.ROOT,
                            "sent %,d of %,d votes (%d %%), %,.0f a second",
                            sent,
                            source.voteCount(),
                            100 * sent / source.voteCount(),
                            sent / seconds(elapsed))));
    progress.close();
    out()
        .printf(
            Locale.ROOT,
            "sent %,d votes in %.1f s: %,.0f votes/s, %s acknowledged, %,d up and %,d down%n",
            account.acknowledged(),
            seconds(account.took()),
            account.acknowledged() / seconds(account.took()),
            account.failed() == 0 ? "all" : "and " + account.failed() + " more were not",
            account.up(),
            account.down());
    return account;
  }

  private int awaitFresh(
      ProcessorConfig config,
      BookCatalog catalog,
      ProgressLine progress,
      Account account,
      long startNanos,
      long countedBefore)
      throws Exception {
    FreshnessWait.Done done;
    try {
      done =
          new FreshnessWait(catalog, config.votesTopic(), timeout, progress)
              .await(account.offsets(), startNanos);
    } catch (FreshnessWait.TimedOutException e) {
      progress.close();
      err().println("bookvotes: " + e.getMessage());
      return 1;
    }
    progress.close();
    long counted = catalog.voteCount() - countedBefore;
    if (counted < account.acknowledged()) {
      err()
          .printf(
              Locale.ROOT,
              "bookvotes: all votes are read, but only %,d of %,d are in the books: look at the dead letters%n",
              counted,
              account.acknowledged());
      return 1;
    }
    out()
        .printf(
            Locale.ROOT,
            "counted %,d votes %.1f s after the first was sent: %,.0f votes/s%n",
            account.acknowledged(),
            seconds(done.counted()),
            account.acknowledged() / seconds(done.counted()));
    out()
        .printf(
            Locale.ROOT,
            "nothing is stale %.1f s after the first was sent%n",
            seconds(done.fresh()));
    return 0;
  }

  private static double seconds(Duration duration) {
    // A run may be shorter than the clock can tell.
    return Math.max(1, duration.toNanos()) / 1e9;
  }
}
