package org.bookvotes.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.bookvotes.postgres.Database;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.junit.jupiter.api.Test;

class StaleBacklogIT {

  @Test
  void countsAsFarAsAskedAndFindsWhatIsDueBehindWhatPauses() throws SQLException {
    try (TestDatabase database = Servers.newDatabase();
        Database pool = database.open(1)) {
      StaleBacklog backlog = new StaleBacklog(pool.transactions());
      assertThat(backlog.measure(10)).isEqualTo(new Backlog(0, 0, 0, Duration.ZERO, Duration.ZERO));

      database.execute(
          "INSERT INTO bookvotes.stale_marks (book_id, marked_at, retry_at)"
              + " SELECT n, now() - interval '1 hour', 'infinity' FROM generate_series(1, 8) n");
      database.execute("INSERT INTO bookvotes.stale_marks (book_id) VALUES (9), (10)");

      Backlog some = backlog.measure(5);
      assertThat(some.books()).isEqualTo(5);
      assertThat(some.due()).isEqualTo(2);
      Backlog all = backlog.measure(100);
      assertThat(all.books()).isEqualTo(10);
      assertThat(all.due()).isEqualTo(2);
      assertThat(all.oldest()).isBetween(Duration.ofHours(1), Duration.ofHours(2));

      assertThat(all.failing()).isZero();
      database.execute("UPDATE bookvotes.stale_marks SET failures = 2 WHERE book_id <= 3");
      assertThat(backlog.measure(100).failing()).isEqualTo(3);

      database.execute(
          "INSERT INTO bookvotes.stale_batches (book_ids, marked_at)"
              + " VALUES ('{1, 2, 3}', now() - interval '3 hours'), ('{1}', now())");
      Backlog withBatches = backlog.measure(100);
      assertThat(withBatches.books()).isEqualTo(14);
      assertThat(withBatches.due()).isEqualTo(6);
      assertThat(withBatches.oldest()).isBetween(Duration.ofHours(3), Duration.ofHours(4));
      assertThat(withBatches.overdue()).isBetween(Duration.ofHours(3), Duration.ofHours(4));
    }
  }

  @Test
  void tellsADueMarkThatNobodyHasTakenFromThoseThatSomebodyHas() throws SQLException {
    try (TestDatabase database = Servers.newDatabase();
        Database pool = database.open(1);
        Connection worker = database.connect();
        Statement statement = worker.createStatement()) {
      StaleBacklog backlog = new StaleBacklog(pool.transactions());
      assertThat(backlog.hasUntaken()).isFalse();

      database.execute(
          "INSERT INTO bookvotes.stale_marks (book_id, retry_at) VALUES (1, NULL), (2, 'infinity')");
      assertThat(backlog.hasUntaken()).isTrue();
      worker.setAutoCommit(false);
      statement.execute("SELECT FROM bookvotes.stale_marks WHERE book_id = 1 FOR UPDATE");
      assertThat(backlog.hasUntaken()).isFalse();
      database.execute("INSERT INTO bookvotes.stale_batches (book_ids) VALUES ('{3}')");
      assertThat(backlog.hasUntaken()).isTrue();
      statement.execute("SELECT FROM bookvotes.stale_batches FOR UPDATE");
      assertThat(backlog.hasUntaken()).isFalse();
      database.execute("INSERT INTO bookvotes.stale_marks (book_id, retry_at) VALUES (3, now())");
      assertThat(backlog.hasUntaken()).isTrue();
    }
  }
}
