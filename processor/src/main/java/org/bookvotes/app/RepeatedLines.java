package org.bookvotes.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.LoggerFactory;

/**
 * Lets a kind of line into the log so many times a minute, and says afterwards how many more there
 * were. A kind is what one place in the code says: the same logger with the same message before its
 * arguments are put in. Lines below INFO, and ours about others, pass always. Thread-safe.
 */
final class RepeatedLines extends Filter<ILoggingEvent> {

  /** Lines of a kind that are shown in a {@link #WINDOW}. */
  static final int MOST_SHOWN = 10;

  static final Duration WINDOW = Duration.ofMinutes(1);

  // Libraries may put all there is to say into the message.
  private static final int MOST_KINDS = 1000;

  private record Kind(String logger, String message) {}

  private static final class Count {
    private final Level level;
    private final long startMillis;
    private int shown;
    private long hidden;

    private Count(Level level, long startMillis) {
      this.level = level;
      this.startMillis = startMillis;
    }

    private boolean hasEnded(long nowMillis) {
      return nowMillis - startMillis >= WINDOW.toMillis();
    }
  }

  /**
   * Lines that were left out.
   *
   * @param level theirs
   * @param count how many
   * @param message theirs, without arguments
   */
  record LeftOut(Level level, long count, String message) {

    void log() {
      LoggerFactory.getLogger(RepeatedLines.class)
          .atLevel(org.slf4j.event.Level.intToLevel(Level.toLocationAwareLoggerInteger(level)))
          .log("left out in a minute: {} more lines like: {}", count, message);
    }
  }

  // Guarded by this. In the order in which the windows began.
  private final Map<Kind, Count> counts = new LinkedHashMap<>();
  // Of windows that have ended; they are told by tellLeftOut, as a filter cannot log.
  private final List<LeftOut> leftOut = new ArrayList<>();

  @Override
  public synchronized FilterReply decide(ILoggingEvent event) {
    if (!event.getLevel().isGreaterOrEqual(Level.INFO)
        || event.getLoggerName().equals(RepeatedLines.class.getName())) {
      return FilterReply.NEUTRAL;
    }
    endWindows(event.getTimeStamp());
    Count count =
        counts.computeIfAbsent(
            new Kind(event.getLoggerName(), event.getMessage()),
            kind -> new Count(event.getLevel(), event.getTimeStamp()));
    if (count.shown < MOST_SHOWN) {
      count.shown++;
      return FilterReply.NEUTRAL;
    }
    count.hidden++;
    return FilterReply.DENY;
  }

  /** What was left out in windows that have ended, each told once. */
  synchronized List<LeftOut> takeLeftOut(long nowMillis) {
    endWindows(nowMillis);
    List<LeftOut> taken = List.copyOf(leftOut);
    leftOut.clear();
    return taken;
  }

  /** What was left out until now. */
  synchronized List<LeftOut> takeAll() {
    return takeLeftOut(Long.MAX_VALUE / 2);
  }

  /** How many kinds are counted now. */
  synchronized int kinds() {
    return counts.size();
  }

  private void endWindows(long nowMillis) {
    var oldest = counts.entrySet().iterator();
    while (oldest.hasNext()) {
      Map.Entry<Kind, Count> entry = oldest.next();
      Count count = entry.getValue();
      if (!count.hasEnded(nowMillis) && counts.size() < MOST_KINDS) {
        return;
      }
      if (count.hidden > 0) {
        leftOut.add(new LeftOut(count.level, count.hidden, entry.getKey().message()));
      }
      oldest.remove();
    }
  }
}
