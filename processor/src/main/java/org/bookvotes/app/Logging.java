package org.bookvotes.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.EncoderBase;
import org.slf4j.LoggerFactory;

/**
 * Sets the log's form and level, as the settings say. Logs go to standard error, results of
 * commands to standard output.
 */
final class Logging {
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
    appender.start();

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
