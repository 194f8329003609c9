package org.bookvotes.bench;

import java.util.Properties;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.ingest.VoteConsumer;
import org.bookvotes.observability.ProcessorListener;
import org.bookvotes.postgres.Database;

/** Bookvotes' ingest without its dispatcher: votes are counted and marks left, nothing is rated. */
final class IngestOnly {

  private IngestOnly() {}

  /** Consumes for ever. */
  public static void main(String[] arguments) throws InterruptedException {
    Properties client = new Properties();
    client.setProperty("bootstrap.servers", arguments[0]);
    try (Database database =
        Database.open(
            System.getenv("BOOKVOTES_DATABASE_URL"),
            System.getenv("BOOKVOTES_DATABASE_USER"),
            System.getenv("BOOKVOTES_DATABASE_PASSWORD"),
            2)) {
      new VoteConsumer(
              client,
              VoteTopics.VOTES,
              VoteTopics.DEAD_LETTERS,
              arguments[1],
              "bench",
              database.transactions(),
              new ProcessorListener() {},
              () -> {},
              consumer -> {})
          .run();
    }
  }
}
