package org.bookvotes.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * One SQL statement from a file beside the class that runs it. Only its parameters vary. Immutable.
 *
 * @param name file name, for messages
 * @param text the statement
 */
public record SqlFile(String name, String text) {

  /**
   * Reads {@code name} from the package of {@code owner}. Meant for static fields, so that a
   * missing file fails the start.
   *
   * @throws IllegalStateException if there is no such file
   */
  public static SqlFile of(Class<?> owner, String name) {
    try (InputStream in = owner.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(
            "SQL file "
                + name
                + " is missing beside "
                + owner.getName()
                + ": the jar is broken, build it again");
      }
      return new SqlFile(name, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException("SQL file " + name + " cannot be read", e);
    }
  }

  /**
   * Prepares the statement on {@code connection}; the caller closes it.
   *
   * @throws SQLException if the server refuses it
   */
  public PreparedStatement prepare(Connection connection) throws SQLException {
    return connection.prepareStatement(text);
  }
}
