package org.bookvotes.postgres;

import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/** What the server said beside the results. Stateless. */
final class Notices {

  private Notices() {}

  /** Those of the last execution. */
  static List<String> of(Statement statement) throws SQLException {
    List<String> notices = new ArrayList<>();
    for (SQLWarning w = statement.getWarnings(); w != null; w = w.getNextWarning()) {
      notices.add(String.valueOf(w.getMessage()));
    }
    return notices;
  }
}
