package org.bookvotes.dispatch;

import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.bookvotes.observability.ProcessorListener.TableSize;
import org.bookvotes.postgres.SqlFile;
import org.bookvotes.postgres.SqlState;
import org.bookvotes.postgres.Transactions;
import org.bookvotes.workers.WorkerCommand.Table;
import org.jspecify.annotations.Nullable;

/**
 * Reads from the server's statistics how many dead rows a table has and what keeps a vacuum from
 * removing them. Thread-safe.
 */
public final class DeadRows {

  private static final SqlFile TABLES = SqlFile.of(DeadRows.class, "dead_rows.sql");
  private static final SqlFile BLOCKER = SqlFile.of(DeadRows.class, "vacuum_blocker.sql");

  private final Transactions transactions;

  public DeadRows(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * What the statistics say of one table.
   *
   * @param dead rows that a vacuum may remove
   * @param live rows
   * @param updates since the statistics began
   * @param hotUpdates those of them that touched no index
   * @param vacuums how often it was vacuumed, by whomever
   * @param sinceVacuum time since the last vacuum by whomever, very long if there was none
   * @param permitted whether our role may vacuum it
   * @param size on disk, null while somebody has locked the table so that it cannot be told
   */
  public record Activity(
      long dead,
      long live,
      long updates,
      long hotUpdates,
      long vacuums,
      Duration sinceVacuum,
      boolean permitted,
      @Nullable TableSize size) {}

  /**
   * What holds the oldest snapshot.
   *
   * @param cause {@code snapshot}, {@code prepared-transaction}, {@code replication-slot}, {@code
   *     standby}, or {@code unknown} if our role may not see it
   * @param holder who it is, shortened to 100 characters
   * @param detail the same with what else is known
   * @param held for how long, null if that cannot be told
   */
  public record Blocker(String cause, String holder, String detail, @Nullable Duration held) {}

  /** The state of {@code table} now. */
  public Activity of(Table table) throws SQLException {
    return Objects.requireNonNull(read(List.of(table)).get(table));
  }

  /** The state of all tables now, by one statement. */
  public Map<Table, Activity> ofAll() throws SQLException {
    return read(List.of(Table.values()));
  }

  private Map<Table, Activity> read(List<Table> tables) throws SQLException {
    return transactions.autoCommit(
        connection -> {
          Map<Table, Activity> activities = new EnumMap<>(Table.class);
          try (PreparedStatement statement = TABLES.prepare(connection)) {
            statement.setObject(
                1, tables.stream().map(Table::qualifiedName).toArray(String[]::new));
            try (ResultSet row = statement.executeQuery()) {
              while (row.next()) {
                activities.put(tables.get(row.getInt("place") - 1), activity(row));
              }
            }
          }
          for (Table table : tables) {
            if (!activities.containsKey(table)) {
              throw new SQLException(
                  "table " + table.qualifiedName() + " is missing: run 'bookvotes migrate'",
                  SqlState.UNDEFINED_TABLE.code());
            }
          }
          return activities;
        });
  }

  private static Activity activity(ResultSet row) throws SQLException {
    TableSize size =
        row.getBoolean("sized")
            ? new TableSize(
                row.getLong("heap_bytes"), row.getLong("toast_bytes"), row.getLong("index_bytes"))
            : null;
    return new Activity(
        row.getLong("dead"),
        row.getLong("live"),
        row.getLong("updates"),
        row.getLong("hot_updates"),
        row.getLong("vacuums"),
        Duration.ofSeconds(row.getLong("seconds_since_vacuum")),
        row.getBoolean("permitted"),
        size);
  }

  /**
   * Who has held the oldest snapshot for at least {@code duration}; empty if nobody has.
   *
   * @param duration since the vacuum began
   */
  public Optional<Blocker> blocker(Duration duration) throws SQLException {
    return transactions.autoCommit(
        connection -> {
          try (PreparedStatement statement = BLOCKER.prepare(connection)) {
            statement.setDouble(1, duration.toNanos() / 1e9);
            try (ResultSet row = statement.executeQuery()) {
              if (!row.next()) {
                return Optional.empty();
              }
              double seconds = row.getDouble("held_seconds");
              Duration held = row.wasNull() ? null : Duration.ofMillis(Math.round(seconds * 1000));
              return Optional.of(
                  new Blocker(
                      row.getString("cause"),
                      row.getString("holder"),
                      row.getString("detail"),
                      held));
            }
          }
        });
  }
}
