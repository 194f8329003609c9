package org.bookvotes.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.EncoderBase;
import java.time.Duration;
import java.util.Objects;
import org.bookvotes.app.RepeatedLines.LeftOut;
import org.slf4j.LoggerFactory;

/**
 * Sets the log's form and level, as the settings say. Logs go to standard error, results of
 * commands to standard output.
 */
final class Logging {

  private static final Duration LEFT_OUT_INTERVAL = Duration.ofSeconds(10);

  private Logging() {}

  static void configure(String format, String level) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();

    EncoderBase<ILoggingEvent> encoder = encoder(format);
    encoder.setContext(context);
    encoder.start();

    ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
    appender.setContext(context);
    appender.setTarget("System.err");
    appender.setEncoder(encoder);
    RepeatedLines repeated = new RepeatedLines();
    repeated.setContext(context);
    repeated.start();
    appender.addFilter(repeated);
    appender.start();
    context.putObject(RepeatedLines.class.getName(), repeated);

    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(appender);
    root.setLevel(Level.WARN);
    context.getLogger("org.bookvotes").setLevel(Level.toLevel(level));
    // A line for each step of a migration: on a large table one can take long.
    context.getLogger("org.flywaydb.core.internal.command.DbMigrate").setLevel(Level.INFO);
    // One line for each retry of a connection: ours already says that the database or the broker is
    // away.
    context.getLogger("org.apache.kafka.clients.NetworkClient").setLevel(Level.ERROR);
    // A broken connection with its stack, and advice that does not fit a server that restarts: ours
    // says what came of it.
    context.getLogger("com.zaxxer.hikari.pool.ProxyConnection").setLevel(Level.ERROR);
    context.getLogger("com.zaxxer.hikari.pool.PoolBase").setLevel(Level.ERROR);
    // Calls it an error that a member who was away may not commit: those offsets are for lag tools.
    context
        .getLogger("org.apache.kafka.clients.consumer.internals.CommitRequestManager")
        .setLevel(Level.OFF);
    // Takes the end of a poll whose bytes are spent, which is every poll of large events, for an
    // error. A real one is thrown too.
    context
        .getLogger("org.apache.kafka.clients.consumer.internals.CompletedFetch")
        .setLevel(Level.OFF);
  }

  /** Says from now on, as long as this process lives, what was left out of the log. */
  static void tellLeftOut() {
    RepeatedLines repeated = repeated();
    Thread.ofVirtual()
        .name("repeated-lines")
        .start(
            () -> {
              try {
                while (true) {
                  Thread.sleep(LEFT_OUT_INTERVAL);
                  repeated.takeLeftOut(System.currentTimeMillis()).forEach(LeftOut::log);
                }
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
  }

  /** Says what has been left out until now. */
  static void tellAllLeftOut() {
    repeated().takeAll().forEach(LeftOut::log);
  }

  private static RepeatedLines repeated() {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    return (RepeatedLines)
        Objects.requireNonNull(
            context.getObject(RepeatedLines.class.getName()), "the log is not configured");
  }

  private static EncoderBase<ILoggingEvent> encoder(String format) {
    if (format.equals("json")) {
      JsonEncoder json = new JsonEncoder();
      json.setWithContext(false);
      json.setWithMDC(false);
      json.setWithMessage(false);
      json.setWithArguments(false);
      json.setWithFormattedMessage(true);
      json.setWithSequenceNumber(false);
      json.setWithNanoseconds(false);
      return json;
    }
    PatternLayoutEncoder plain = new PatternLayoutEncoder();
    plain.setPattern(
        "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %-14.14thread %logger{0} - %msg %kvp%n");
    return plain;
  }
}
