package org.bookvotes.app;

import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import org.bookvotes.postgres.Database;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * A command that reads settings. Exit codes: 0 done, 1 what was asked for failed (the message says
 * why), 2 wrong usage or settings.
 */
abstract class SettingsCommand implements Callable<Integer> {

  /** What every command needs that talks to the database. */
  static final Set<Setting> DATABASE =
      EnumSet.of(
          Setting.DATABASE_URL,
          Setting.DATABASE_USER,
          Setting.DATABASE_PASSWORD,
          Setting.DATABASE_PASSWORD_FILE,
          Setting.LOG_FORMAT,
          Setting.LOG_LEVEL);

  /** What every command needs that talks to Kafka. */
  static final Set<Setting> KAFKA =
      EnumSet.of(
          Setting.KAFKA_BOOTSTRAP_SERVERS,
          Setting.KAFKA_PROPERTIES,
          Setting.VOTES_TOPIC,
          Setting.DEAD_LETTER_TOPIC,
          Setting.CONSUMER_GROUP);

  private @Nullable CommandSpec spec;

  /** Called by picocli: adds the settings as flags. */
  @Spec
  void setSpec(CommandSpec spec) {
    this.spec = spec;
    SettingsOptions.add(spec, settings());
  }

  /** The settings that this command uses, in the order of its help. */
  abstract Set<Setting> settings();

  /** Does the work and returns the exit code. */
  abstract int run(ProcessorConfig config) throws Exception;

  @Override
  public Integer call() throws Exception {
    ProcessorConfig config =
        ProcessorConfig.read(
            SettingsOptions.given(spec().commandLine().getParseResult()), System.getenv());
    Logging.configure(config.logFormat(), config.logLevel());
    return run(config);
  }

  final CommandSpec spec() {
    if (spec == null) {
      throw new IllegalStateException("the command line has not been parsed");
    }
    return spec;
  }

  /** Where results go. */
  final PrintWriter out() {
    return spec().commandLine().getOut();
  }

  /** Where progress and errors go. */
  final PrintWriter err() {
    return spec().commandLine().getErr();
  }

  /** Opens a pool whose statements have the limits that those of a replica have. */
  static Database openDatabase(ProcessorConfig config, int connectionCount) {
    return Database.open(
        config.databaseUrl(), config.databaseUser(), config.databasePassword(), connectionCount);
  }

  /** Opens a pool of one connection for statements that take longer the larger the bookstore is. */
  static Database openForLongStatements(ProcessorConfig config) {
    return Database.openForLongStatements(
        config.databaseUrl(), config.databaseUser(), config.databasePassword(), 1);
  }
}
