package org.bookvotes.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.spi.FilterReply;
import java.util.stream.IntStream;
import org.bookvotes.app.RepeatedLines.LeftOut;
import org.junit.jupiter.api.Test;

class RepeatedLinesTest {

  private static final long WINDOW_MILLIS = RepeatedLines.WINDOW.toMillis();

  private final LoggerContext context = new LoggerContext();
  private final RepeatedLines lines = new RepeatedLines();
  private long nowMillis = 1_000_000;

  @Test
  void showsTheFirstOfAKindAndTellsHowManyWereLeftOut() {
    assertThat(shown(15, Level.WARN, "batch {} was not written")).isEqualTo(10);
    assertThat(lines.takeLeftOut(nowMillis)).isEmpty();

    nowMillis += WINDOW_MILLIS;
    assertThat(lines.takeLeftOut(nowMillis))
        .containsExactly(new LeftOut(Level.WARN, 5, "batch {} was not written"));
    assertThat(lines.takeLeftOut(nowMillis)).isEmpty();
    assertThat(shown(15, Level.WARN, "batch {} was not written")).isEqualTo(10);
  }

  @Test
  void countsKindsByThemselves() {
    assertThat(shown(15, Level.WARN, "this")).isEqualTo(10);
    assertThat(shown(3, Level.ERROR, "that")).isEqualTo(3);
    nowMillis += WINDOW_MILLIS;
    assertThat(shown(1, Level.INFO, "and another thing")).isEqualTo(1);
    assertThat(lines.takeAll()).containsExactly(new LeftOut(Level.WARN, 5, "this"));
  }

  @Test
  void leavesNothingOutThatWasAskedForByItsLevel() {
    assertThat(shown(1_000, Level.DEBUG, "run ended")).isEqualTo(1_000);
  }

  @Test
  void tellsAllAtTheEnd() {
    shown(12, Level.INFO, "a");
    shown(11, Level.ERROR, "b");
    assertThat(lines.takeAll())
        .containsExactly(new LeftOut(Level.INFO, 2, "a"), new LeftOut(Level.ERROR, 1, "b"));
  }

  @Test
  void doesNotGrowWithMessagesThatAreAllDifferent() {
    shown(11, Level.WARN, "the first kind");
    IntStream.range(0, 100_000).forEach(i -> shown(1, Level.WARN, "message " + i));
    assertThat(lines.kinds()).isLessThanOrEqualTo(1_000);
    // What it gave up to make room is told all the same.
    assertThat(lines.takeAll()).containsExactly(new LeftOut(Level.WARN, 1, "the first kind"));
  }

  @Test
  void itsOwnLinesPass() {
    assertThat(shown(100, Level.WARN, "left out", RepeatedLines.class.getName())).isEqualTo(100);
  }

  private int shown(int count, Level level, String message) {
    return shown(count, level, message, "org.bookvotes.Some");
  }

  private int shown(int count, Level level, String message, String logger) {
    int shown = 0;
    for (int i = 0; i < count; i++) {
      LoggingEvent event =
          new LoggingEvent(
              "", context.getLogger(logger), level, message, null, new Object[] {"argument " + i});
      event.setTimeStamp(nowMillis);
      if (lines.decide(event) != FilterReply.DENY) {
        shown++;
      }
    }
    return shown;
  }
}
