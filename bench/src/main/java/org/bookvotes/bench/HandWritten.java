package org.bookvotes.bench;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.bookvotes.contracts.VoteEvent;

/**
 * The consumer that one writes first: a transaction a poll, an update an event, in JDBC batches;
 * the offsets are committed to Kafka behind. Unlike Bookvotes it counts some votes twice when it
 * dies between the two, stops at a malformed event, drops unknown books and leaves ratings alone.
 */
final class HandWritten {

  private HandWritten() {}

  /** Consumes for ever, and tells after each transaction how far it has come. */
  public static void main(String[] arguments) throws SQLException {
    int mostRecordsPerPoll = Integer.parseInt(arguments[2]);
    VoteTotals totals = VoteTotals.NONE;
    try (VoteReader reader = new VoteReader(arguments[0], arguments[1], mostRecordsPerPoll);
        Connection connection =
            DriverManager.getConnection(
                System.getenv("BOOKVOTES_DATABASE_URL"),
                System.getenv("BOOKVOTES_DATABASE_USER"),
                System.getenv("BOOKVOTES_DATABASE_PASSWORD"));
        PreparedStatement update =
            connection.prepareStatement(
                "UPDATE books SET votes_up = votes_up + ?, votes_down = votes_down + ? WHERE book_id = ?")) {
      connection.setAutoCommit(false);
      while (!Thread.currentThread().isInterrupted()) {
        ConsumerRecords<byte[], byte[]> messages = reader.poll();
        if (messages.isEmpty()) {
          continue;
        }
        for (ConsumerRecord<byte[], byte[]> message : messages) {
          VoteEvent event = VoteReader.decode(message);
          boolean up =
              switch (event.vote()) {
                case UP -> true;
                case DOWN -> false;
              };
          update.setInt(1, up ? 1 : 0);
          update.setInt(2, up ? 0 : 1);
          update.setLong(3, event.bookId());
          update.addBatch();
          totals = totals.plus(event);
        }
        update.executeBatch();
        connection.commit();
        Mark.tell(totals);
        reader.commit();
      }
    }
  }
}
