package org.bookvotes.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SqlTroubleTest {

  @ParameterizedTest
  @CsvSource({
    "08001, UNREACHABLE",
    "08006, UNREACHABLE",
    "57P01, UNREACHABLE",
    "57P03, UNREACHABLE",
    "57014, CANCELED",
    "53000, EXHAUSTED",
    "53100, DISK_FULL",
    "53300, EXHAUSTED",
    "55P03, LOCKED",
    "40001, COLLISION",
    "40P01, COLLISION",
    "42P01, NEEDS_A_PERSON",
    "42501, NEEDS_A_PERSON",
    "28P01, NEEDS_A_PERSON",
    "3D000, NEEDS_A_PERSON",
    "3F000, NEEDS_A_PERSON",
    "25006, NEEDS_A_PERSON",
    "22003, UNKNOWN",
    "XX000, UNKNOWN",
    ", UNKNOWN"
  })
  void isToldByTheSqlState(String sqlState, SqlTrouble trouble) {
    assertThat(SqlTrouble.of(new SQLException("message", sqlState))).isEqualTo(trouble);
  }

  @Test
  void isDescribedWithTheServersMessageAndItsState() {
    assertThat(SqlTrouble.describe(new SQLException("could not extend file", "53100")))
        .isEqualTo(
            "the disk of the database is full, this goes on by itself when there is room:"
                + " could not extend file (53100)");
    assertThat(SqlTrouble.describe(new SQLException("something else")))
        .isEqualTo("something else (?????)");
  }

  @Test
  void summarizesForAnybodyWithoutWhatTheServerSays() {
    assertThat(SqlTrouble.summarize(new SQLException("hunter2 is wrong", "08001")))
        .isEqualTo("the database cannot be reached or is restarting (08001)");
    assertThat(SqlTrouble.summarize(new SQLException("hunter2 is wrong", "XX000")))
        .isEqualTo("the database refuses a statement (XX000)");
  }
}
