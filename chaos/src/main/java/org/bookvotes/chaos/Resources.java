package org.bookvotes.chaos;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Scanner;

/**
 * What a replica holds of things that can leak.
 *
 * @param threads of its process
 * @param files open file handles of its process, sockets among them
 * @param connections that PostgreSQL has of it
 */
record Resources(int threads, int files, int connections) {

  /** Counts them now. */
  static Resources of(Stack stack, Container replica) throws SQLException {
    Scanner counts =
        new Scanner(
            replica.execute(
                "bash",
                "-c",
                "grep Threads: /proc/1/status | tr -dc 0-9; echo; ls /proc/1/fd | wc -l"));
    try (Connection connection = stack.connect();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT count(*) FROM pg_stat_activity WHERE client_addr = ?::inet")) {
      statement.setString(1, replica.address());
      try (ResultSet row = statement.executeQuery()) {
        row.next();
        return new Resources(counts.nextInt(), counts.nextInt(), row.getInt(1));
      }
    }
  }
}
