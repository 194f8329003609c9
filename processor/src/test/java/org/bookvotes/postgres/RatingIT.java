package org.bookvotes.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.bookvotes.testing.Servers;
import org.bookvotes.testing.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Properties of rating(), over numbers of votes of every size. */
class RatingIT {

  private static final int MOST = Integer.MAX_VALUE;
  private static final MathContext EXACT = new MathContext(60);
  private static final BigDecimal Z = new BigDecimal("1.96");

  private static TestDatabase database;

  /** Votes for one book. */
  private record Votes(int up, int down) {}

  @BeforeAll
  static void create() {
    database = Servers.newDatabase();
  }

  @AfterAll
  static void drop() {
    database.close();
  }

  @Test
  void isTheLowerBoundOfTheWilsonScoreInterval() {
    List<Votes> votes = new ArrayList<>(random(20_000, 1));
    for (int up : List.of(0, 1, 2, 10, MOST - 1, MOST)) {
      for (int down : List.of(0, 1, 2, 10, MOST - 1, MOST)) {
        votes.add(new Votes(up, down));
      }
    }
    List<Double> ratings = ratings(votes);
    for (int i = 0; i < votes.size(); i++) {
      double expected = wilson(votes.get(i));
      assertThat(ratings.get(i))
          .as("%s", votes.get(i))
          .isCloseTo(expected, within(1e-12 * expected));
    }
  }

  @Test
  void liesBetweenZeroAndOne() {
    assertThat(ratings(random(20_000, 2))).allSatisfy(r -> assertThat(r).isBetween(0.0, 1.0));
  }

  @Test
  void isZeroWithoutUpVotes() {
    List<Votes> none = random(1000, 3).stream().map(v -> new Votes(0, v.down())).toList();
    assertThat(ratings(none)).containsOnly(0.0);
    assertThat(database.queryDouble("SELECT rating(0, 0)")).isZero();
  }

  @Test
  void nullCountsAsNoVotes() {
    assertThat(database.queryDouble("SELECT rating(NULL, NULL)")).isZero();
    assertThat(database.queryDouble("SELECT rating(NULL, 5)")).isZero();
    assertThat(database.queryDouble("SELECT rating(5, NULL) - rating(5, 0)")).isZero();
  }

  @Test
  void manyVotesRankAboveFew() {
    assertThat(database.queryDouble("SELECT rating(100, 1) - rating(1, 0)")).isPositive();
    assertThat(database.queryDouble("SELECT rating(90, 10) - rating(9, 1)")).isPositive();
  }

  @Test
  void growsWithUpVotes() {
    List<Votes> fewer = random(10_000, 4);
    List<Votes> more =
        fewer.stream()
            .map(v -> new Votes((int) Math.min(MOST, v.up() + 1L + v.up() / 1000), v.down()))
            .toList();
    assertAllLess(fewer, more);
  }

  @Test
  void fallsWithDownVotes() {
    List<Votes> fewer =
        random(10_000, 5).stream().map(v -> new Votes(Math.max(1, v.up()), v.down())).toList();
    List<Votes> more =
        fewer.stream()
            .map(v -> new Votes(v.up(), (int) Math.min(MOST, v.down() + 1L + v.down() / 1000)))
            .toList();
    assertAllLess(more, fewer);
  }

  @Test
  void itsCommentTellsTheMethod() {
    assertThat(database.queryString("SELECT obj_description('rating(int, int)'::regprocedure)"))
        .contains("Wilson", "95 %", "1.96");
  }

  /**
   * Less, where the numbers are small enough for neighbours to differ; never more than a rounding
   * greater.
   */
  private static void assertAllLess(List<Votes> lessVotes, List<Votes> greaterVotes) {
    List<Double> less = ratings(lessVotes);
    List<Double> greater = ratings(greaterVotes);
    for (int i = 0; i < less.size(); i++) {
      String pair = lessVotes.get(i) + " and " + greaterVotes.get(i);
      assertThat(less.get(i)).as(pair).isLessThanOrEqualTo(greater.get(i) + 1e-15);
      if (!lessVotes.get(i).equals(greaterVotes.get(i))
          && Math.max(greaterVotes.get(i).up(), lessVotes.get(i).down()) < 1_000_000
          && Math.max(greaterVotes.get(i).down(), lessVotes.get(i).up()) < 1_000_000) {
        assertThat(less.get(i)).as(pair).isLessThan(greater.get(i));
      }
    }
  }

  /** Numbers of every size: as many of two digits as of nine. */
  private static List<Votes> random(int count, long seed) {
    Random random = new Random(seed);
    return Stream.generate(() -> new Votes(anyNumber(random), anyNumber(random)))
        .limit(count)
        .toList();
  }

  private static int anyNumber(Random random) {
    return random.nextInt() >>> (1 + random.nextInt(31));
  }

  private static List<Double> ratings(List<Votes> votes) {
    try (Connection connection = database.connect();
        PreparedStatement statement =
            connection.prepareStatement(
                "SELECT rating(v.up, v.down) FROM unnest(?::int[], ?::int[]) WITH ORDINALITY"
                    + " AS v(up, down, n) ORDER BY v.n")) {
      statement.setArray(
          1, connection.createArrayOf("int", votes.stream().map(Votes::up).toArray()));
      statement.setArray(
          2, connection.createArrayOf("int", votes.stream().map(Votes::down).toArray()));
      try (ResultSet row = statement.executeQuery()) {
        List<Double> ratings = new ArrayList<>();
        while (row.next()) {
          ratings.add(row.getDouble(1));
        }
        assertThat(ratings).hasSameSizeAs(votes);
        return ratings;
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The formula as the textbooks have it, in 60 digits. */
  private static double wilson(Votes votes) {
    if (votes.up() == 0) {
      return 0;
    }
    BigDecimal n = BigDecimal.valueOf((long) votes.up() + votes.down());
    BigDecimal p = BigDecimal.valueOf(votes.up()).divide(n, EXACT);
    BigDecimal zz = Z.multiply(Z);
    BigDecimal two = BigDecimal.TWO;
    BigDecimal spread =
        p.multiply(BigDecimal.ONE.subtract(p))
            .divide(n, EXACT)
            .add(zz.divide(two.multiply(two).multiply(n).multiply(n), EXACT))
            .sqrt(EXACT)
            .multiply(Z);
    return p.add(zz.divide(two.multiply(n), EXACT))
        .subtract(spread)
        .divide(BigDecimal.ONE.add(zz.divide(n, EXACT)), EXACT)
        .doubleValue();
  }
}
