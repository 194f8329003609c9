package org.bookvotes.workers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.lang.reflect.Proxy;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.bookvotes.observability.ProcessorListener.Run;
import org.bookvotes.postgres.Transactions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The journal while the database is away. */
class RunJournalTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final Run RUN =
      new Run("recalculate", null, 1, 2, "completed", null, null, Duration.ofMillis(3), 4, 1, null);

  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final AtomicInteger tries = new AtomicInteger();
  private final CountDownLatch hanging = new CountDownLatch(1);

  @BeforeEach
  void recordTheLog() {
    log.start();
    logger().addAppender(log);
  }

  @AfterEach
  void release() {
    hanging.countDown();
    logger().detachAppender(log);
  }

  @Test
  void aRunNeverWaitsForADatabaseThatHangsAndNorDoesAStopForLong() {
    RunJournal journal = new RunJournal(new Transactions(hangs()), "test");
    journal.start();
    journal.runEnded(RUN);
    await().atMost(PATIENCE).until(() -> tries.get() == 1);

    long startNanos = System.nanoTime();
    journal.runEnded(RUN);
    assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isLessThan(PATIENCE);

    journal.close();
    assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
        .isLessThan(RunJournal.CLOSE_TIMEOUT.plus(PATIENCE));
    assertThat(warnings())
        .last()
        .asString()
        .contains("missing in bookvotes.worker_runs: 2, this log has those that failed");
    // Its thread writes into the log once more: not into that of the next test.
    hanging.countDown();
    journal.close();
  }

  @Test
  void saysOnceThatItCannotWriteAndKeepsNoMoreThanItsBound() {
    RunJournal journal = new RunJournal(new Transactions(refuses()), "test", Duration.ofMillis(1));
    journal.start();
    for (int i = 0; i < RunJournal.MOST_WAITING + 50; i++) {
      journal.runEnded(RUN);
    }
    await().atMost(PATIENCE).until(() -> tries.get() > 5);
    assertThat(journal.unwritten()).isEqualTo(RunJournal.MOST_WAITING + 50);
    // What is being tried comes on top until it is back.
    await().atMost(PATIENCE).until(() -> journal.kept() == RunJournal.MOST_WAITING);
    assertThat(warnings())
        .singleElement()
        .asString()
        .contains("the database cannot be reached", "08001");

    journal.close();
    assertThat(warnings())
        .hasSize(2)
        .last()
        .asString()
        .contains("missing in bookvotes.worker_runs: " + (RunJournal.MOST_WAITING + 50));
  }

  @Test
  void aStopTriesOnceMoreAtOnce() {
    RunJournal journal = new RunJournal(new Transactions(refuses()), "test", Duration.ofHours(1));
    journal.start();
    journal.runEnded(RUN);
    await().atMost(PATIENCE).until(() -> tries.get() == 1);
    journal.close();
    assertThat(tries).hasValue(2);
  }

  @Test
  void closesTwiceAndWithoutHavingStarted() {
    RunJournal journal = new RunJournal(new Transactions(refuses()), "test");
    journal.close();
    journal.close();
    assertThat(tries).hasValue(0);
    assertThat(warnings()).isEmpty();
  }

  private List<String> warnings() {
    return log.list.stream()
        .filter(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
        .map(ILoggingEvent::getFormattedMessage)
        .filter(message -> !message.startsWith("the database takes no runs"))
        .toList();
  }

  private static Logger logger() {
    return (Logger) org.slf4j.LoggerFactory.getLogger(RunJournal.class);
  }

  private DataSource refuses() {
    return dataSource(
        () -> {
          throw new SQLException("connection refused", "08001");
        });
  }

  private DataSource hangs() {
    return dataSource(
        () -> {
          hanging.await();
          throw new SQLException("connection refused", "08001");
        });
  }

  @FunctionalInterface
  private interface Attempt {
    void connect() throws SQLException, InterruptedException;
  }

  private DataSource dataSource(Attempt attempt) {
    return (DataSource)
        Proxy.newProxyInstance(
            DataSource.class.getClassLoader(),
            new Class<?>[] {DataSource.class},
            (proxy, method, args) -> {
              tries.incrementAndGet();
              attempt.connect();
              throw new AssertionError("an attempt ends with an exception");
            });
  }
}
