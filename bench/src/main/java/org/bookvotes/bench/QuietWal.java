package org.bookvotes.bench;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import org.bookvotes.postgres.SqlFile;

/**
 * Keeps an expensive look for the beginning and for when nobody writes: in between it asks for the
 * end of the write-ahead log, which costs nothing, and remembers the last answer. Used by one
 * thread.
 */
final class QuietWal {

  private static final SqlFile WAL_END = SqlFile.of(QuietWal.class, "wal_end.sql");
  private static final Duration QUIET = Duration.ofSeconds(1);

  private final Connection watch;
  private Mark last = Mark.NONE;
  private long end;
  private long movedNanos;

  /** The look. */
  @FunctionalInterface
  interface Counting {
    Mark count() throws SQLException;
  }

  QuietWal(Connection watch) {
    this.watch = watch;
  }

  /** An attempt begins. */
  void begin() {
    last = Mark.NONE;
    movedNanos = System.nanoTime();
  }

  /** Looks, if nothing was there at the last look or nobody has written for a second. */
  Mark look(Counting counting) throws SQLException {
    long now = walEnd();
    if (now != end) {
      end = now;
      movedNanos = System.nanoTime();
    }
    if (last.events() == 0) {
      last = counting.count();
    } else if (System.nanoTime() - movedNanos > QUIET.toNanos()) {
      last = counting.count();
      movedNanos = System.nanoTime();
    }
    return last;
  }

  private long walEnd() throws SQLException {
    try (PreparedStatement statement = WAL_END.prepare(watch);
        ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong("bytes");
    }
  }
}
