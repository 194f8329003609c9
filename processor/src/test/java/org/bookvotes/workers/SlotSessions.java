package org.bookvotes.workers;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;

/** Changes settings of a slot's session, which its workers inherit. */
public final class SlotSessions {

  private SlotSessions() {}

  /** How long workers launched from {@code slot} from now on wait for a lock. */
  public static void setLockTimeout(WorkerSlot slot, Duration timeout) throws SQLException {
    try (PreparedStatement statement =
        slot.connection().prepareStatement("SELECT set_config('lock_timeout', ?, false)")) {
      statement.setString(1, timeout.toMillis() + "ms");
      statement.execute();
    }
  }
}
