package org.bookvotes.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.flywaydb.core.api.FlywayException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MigrationIT {

  private TestDatabase database;

  @BeforeEach
  void create() {
    database = Servers.newEmptyDatabase();
  }

  @AfterEach
  void drop() {
    database.close();
  }

  @Test
  void makesTheTableOfBooksWhereThereIsNone() throws SQLException {
    Schema.Migration first = migrate("");
    assertThat(first.applied()).isPositive();
    assertThat(migrate("")).isEqualTo(new Schema.Migration(0, first.version()));

    assertThat(columns("public"))
        .contains(
            entry("book_id", "bigint"),
            entry("title", "text"),
            entry("votes_up", "integer"),
            entry("votes_down", "integer"),
            entry("rating", "double precision"),
            entry("rating_at", "timestamp with time zone"));
    assertThat(fillfactor()).contains("fillfactor=80");
    assertThat(
            database.queryLong("SELECT count(*) FROM pg_index WHERE indrelid = 'books'::regclass"))
        .as("an index on a changing column would cost every HOT update")
        .isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 50_000})
  void adoptsAnExistingTableWithoutRewritingARow(int books) throws SQLException {
    database.execute("CREATE TABLE books (book_id int PRIMARY KEY, isbn text, votes_up int)");
    database.execute(
        "INSERT INTO books SELECT id, 'isbn ' || id, CASE WHEN id % 5 > 0 THEN id END"
            + " FROM generate_series(1, ?) AS id",
        books);
    String before = rows();

    migrate("");

    assertThat(rows()).isEqualTo(before);
    assertThat(columns("public"))
        .contains(
            entry("book_id", "integer"),
            entry("isbn", "text"),
            entry("title", "text"),
            entry("votes_down", "integer"),
            entry("rating", "double precision"),
            entry("rating_at", "timestamp with time zone"));
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books"))
        .as("books with votes are to be rated, those without are")
        .isEqualTo(books - books / 5);

    recalculate("");
    assertThat(wrong("public")).isZero();
    assertThat(database.queryLong("SELECT count(*) FROM books WHERE rating > 0"))
        .isEqualTo(books - books / 5);
    database.execute("INSERT INTO books (book_id) VALUES (-1)");
    assertThat(
            database.queryRows("SELECT votes_up, votes_down, rating FROM books WHERE book_id < 0"))
        .containsExactly(List.of(0, 0, 0.0));
  }

  @ParameterizedTest
  @CsvSource({
    "book_id, text, bigint",
    "votes_up, bigint, integer",
    "votes_down, smallint, integer",
    "rating, numeric, double precision",
    "rating_at, timestamp without time zone, timestamp with time zone"
  })
  void refusesAColumnOfAnotherTypeAndNamesIt(String column, String type, String needed) {
    Map<String, String> types =
        new TreeMap<>(
            Map.of(
                "book_id", "bigint",
                "votes_up", "int",
                "votes_down", "int",
                "rating", "double precision",
                "rating_at", "timestamptz"));
    types.put(column, type);
    StringBuilder definition = new StringBuilder();
    types.forEach((name, t) -> definition.append(name).append(' ').append(t).append(", "));
    database.execute("CREATE TABLE books (" + definition + "PRIMARY KEY (book_id))");

    assertThatThrownBy(() -> migrate(""))
        .isInstanceOf(FlywayException.class)
        .hasMessageContaining("column " + column + " is " + type)
        .hasMessageContaining(needed);
    assertThat(columns("public")).as("nothing was changed").hasSize(types.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "CREATE INDEX ON books (book_id)",
        "CREATE UNIQUE INDEX ON books (book_id, isbn)",
        "CREATE UNIQUE INDEX ON books (book_id) WHERE isbn IS NOT NULL",
        "CREATE UNIQUE INDEX ON books (isbn) INCLUDE (book_id)",
        "CREATE UNIQUE INDEX ON books ((book_id + 1))"
      })
  void refusesATableWithoutAnIdOfItsOwn(String index) {
    database.execute("CREATE TABLE books (book_id bigint, isbn text)");
    database.execute(index);
    assertThatThrownBy(() -> migrate(""))
        .isInstanceOf(FlywayException.class)
        .hasMessageContaining("book_id has no primary key or unique index of its own");
  }

  @Test
  void aUniqueIndexIsAsGoodAsAPrimaryKey() throws SQLException {
    database.execute("CREATE TABLE books (isbn text PRIMARY KEY, book_id bigint NOT NULL UNIQUE)");
    database.execute("INSERT INTO books VALUES ('x', 1)");
    migrate("");
    assertThat(columns("public")).containsKeys("votes_up", "rating_at");
  }

  @Test
  void keepsAFillfactorThatSomebodyHasSet() throws SQLException {
    database.execute("CREATE TABLE books (book_id bigint PRIMARY KEY) WITH (fillfactor = 55)");
    migrate("");
    assertThat(fillfactor()).contains("fillfactor=55").doesNotContain("80");
  }

  @Test
  void livesInTheSchemaThatTheAddressLeadsTo() throws SQLException {
    database.execute("CREATE SCHEMA \"Book Shop\"");
    String address = "?currentSchema=%22Book%20Shop%22";
    migrate(address);

    assertThat(columns("Book Shop")).containsKeys("book_id", "rating");
    assertThat(database.queryRows("SELECT to_regclass('public.books')::text"))
        .containsExactly(Collections.singletonList(null));
    database.execute("INSERT INTO \"Book Shop\".books (book_id, votes_up) VALUES (1, 9)");
    database.execute("INSERT INTO bookvotes.stale_marks VALUES (1)");
    recalculate(address);
    assertThat(wrong("\"Book Shop\"")).isZero();
    database.execute("CALL \"Book Shop\".update_rating(10)");
  }

  @Test
  void refusesASchemaThatDoesNotExist() {
    assertThatThrownBy(() -> migrate("?currentSchema=nowhere"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("schema");
  }

  @Test
  void usesTheExtensionWhereverItLives() throws SQLException {
    database.execute("CREATE SCHEMA extensions");
    database.execute("CREATE EXTENSION pg_background SCHEMA extensions");
    migrate("");
    database.insertBooks(3);
    database.execute("UPDATE books SET votes_up = 3");
    database.execute("CALL update_rating(2)");
    assertThat(wrong("public")).isZero();
    assertThat(
            database.queryLong(
                "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'books'"))
        .isPositive();
  }

  @Test
  void twoAtTheSameTimeDoTheWorkOnce() throws Exception {
    List<CompletableFuture<Schema.Migration>> migrations =
        Stream.generate(
                () ->
                    CompletableFuture.supplyAsync(
                        () -> {
                          try {
                            return migrate("");
                          } catch (SQLException e) {
                            throw new IllegalStateException(e);
                          }
                        },
                        Thread::startVirtualThread))
            .limit(3)
            .toList();
    int applied = 0;
    for (CompletableFuture<Schema.Migration> migration : migrations) {
      applied += migration.get(60, TimeUnit.SECONDS).applied();
    }
    assertThat(applied)
        .isEqualTo(
            (int)
                database.queryLong(
                    "SELECT count(*) FROM bookvotes.flyway_schema_history WHERE success AND version IS NOT NULL"));
  }

  @Test
  void adoptsAPartitionedTable() throws SQLException {
    database.execute(
        """
        CREATE TABLE books (book_id bigint PRIMARY KEY, votes_up int) PARTITION BY RANGE (book_id);
        CREATE TABLE books_1 PARTITION OF books FOR VALUES FROM (1) TO (51);
        CREATE TABLE books_2 PARTITION OF books FOR VALUES FROM (51) TO (101);
        INSERT INTO books SELECT id, id FROM generate_series(1, 100) AS id
        """);
    migrate("");
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books")).isEqualTo(100);
    recalculate("");
    assertThat(wrong("public")).isZero();
    assertThat(database.queryLong("SELECT count(*) FROM books WHERE rating > 0")).isEqualTo(100);
  }

  @Test
  void aStepTakesAsLongAsItNeeds() throws SQLException {
    // Longer than a session of ours may be idle in a transaction, as the one is meanwhile that
    // holds Flyway's lock.
    database.execute(
        """
        CREATE TABLE slow_step (tag text);
        CREATE FUNCTION be_slow() RETURNS event_trigger LANGUAGE plpgsql AS $slow$
        BEGIN
          IF NOT EXISTS (TABLE public.slow_step) THEN
            INSERT INTO public.slow_step VALUES (tg_tag);
            PERFORM pg_sleep(6);
          END IF;
        END
        $slow$;
        CREATE EVENT TRIGGER be_slow ON ddl_command_end
            WHEN TAG IN ('CREATE PROCEDURE') EXECUTE FUNCTION be_slow()
        """);

    assertThat(migrate("").applied()).isPositive();
    assertThat(database.queryString("TABLE slow_step")).isEqualTo("CREATE PROCEDURE");
  }

  private Schema.Migration migrate(String parameters) throws SQLException {
    try (Database pool =
        Database.openForMigration(
            database.url() + parameters, database.user(), database.password(), 3)) {
      Schema schema = new Schema(pool.pool());
      Schema.Migration migration = schema.migrate();
      assertThat(schema.isCurrent()).isTrue();
      return migration;
    }
  }

  private Database open(String parameters) {
    return Database.open(database.url() + parameters, database.user(), database.password(), 2);
  }

  private void recalculate(String parameters) throws SQLException {
    try (Database pool = open(parameters)) {
      pool.transactions()
          .autoCommit(
              connection -> {
                try (var call =
                    connection.prepareStatement(
                        "CALL bookvotes.recalculate(1000, '1 minute', '{}')")) {
                  return call.execute();
                }
              });
    }
    assertThat(database.queryLong("SELECT count(*) FROM bookvotes.stale_books")).isZero();
  }

  private Map<String, String> columns(String schema) {
    Map<String, String> columns = new TreeMap<>();
    for (List<?> row :
        database.queryRows(
            "SELECT column_name::text, data_type::text FROM information_schema.columns"
                + " WHERE table_schema = ? AND table_name = 'books'",
            schema)) {
      columns.put(String.valueOf(row.getFirst()), String.valueOf(row.getLast()));
    }
    return columns;
  }

  private String fillfactor() {
    return database.queryString(
        "SELECT reloptions::text FROM pg_class WHERE oid = 'books'::regclass");
  }

  /** Where the table's file is, and where and by whom each row was written. */
  private String rows() {
    return database.queryString(
        "SELECT pg_relation_filenode('books') || ' '"
            + " || md5(string_agg(ctid::text || xmin::text || xmax::text, ',' ORDER BY book_id))"
            + " FROM books");
  }

  private long wrong(String schema) {
    return database.queryLong(
        "SELECT count(*) FROM "
            + schema
            + ".books WHERE rating IS DISTINCT FROM "
            + schema
            + ".rating(votes_up, votes_down)");
  }
}
