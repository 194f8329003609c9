package org.bookvotes.app;

import java.sql.SQLException;
import org.apache.kafka.common.KafkaException;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.ParameterException;

/** The command line {@code bookvotes}. */
@Command(
    name = "bookvotes",
    description = {
      "Counts votes from Kafka exactly once and keeps ratings fresh with PostgreSQL background workers."
    },
    subcommands = {
      RunCommand.class,
      MigrateCommand.class,
      DoctorCommand.class,
      ProduceCommand.class,
      ValidateCommand.class,
      StatusCommand.class,
      RecalculateCommand.class,
      DeadLettersCommand.class,
      BenchCommand.class,
      HelpCommand.class
    },
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Exit codes: 0 done, 1 failed (the message says why), 2 wrong usage or settings."
    })
public final class Main {

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"bookvotes " + version()};
    }
  }

  private Main() {}

  public static void main(String[] args) {
    System.exit(execute(args));
  }

  /** Runs one command and returns its exit code. */
  static int execute(String... args) {
    // Until the settings have been read: quiet libraries, plain lines.
    Logging.configure("plain", "info");
    return commandLine().execute(args);
  }

  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    commandLine.setUsageHelpAutoWidth(true);
    commandLine.setAbbreviatedOptionsAllowed(false);
    commandLine.setExecutionExceptionHandler(
        (e, command, parsed) -> {
          command.getErr().println(command.getColorScheme().errorText("bookvotes: " + message(e)));
          LoggerFactory.getLogger(Main.class).debug("{} failed", command.getCommandName(), e);
          return e instanceof ProcessorConfig.InvalidSettingsException
                  || e instanceof ParameterException
              ? CommandLine.ExitCode.USAGE
              : CommandLine.ExitCode.SOFTWARE;
        });
    return commandLine;
  }

  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private static String message(Exception e) {
    return switch (e) {
      case ProcessorConfig.InvalidSettingsException invalid -> String.valueOf(invalid.getMessage());
      case SQLException sql ->
          "the database said: "
              + root(sql)
              + " ("
              + sql.getSQLState()
              + "); 'bookvotes doctor' finds out more";
      case KafkaException kafka ->
          "Kafka said: " + root(kafka) + "; 'bookvotes doctor' finds out more";
      case FlywayException flyway ->
          "the migration failed and was rolled back: " + flyway.getMessage();
      default -> String.valueOf(e.getMessage() == null ? e : e.getMessage());
    };
  }

  private static String root(Throwable e) {
    Throwable cause = e.getCause();
    if (cause == null) {
      return String.valueOf(e.getMessage());
    }
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return e.getMessage() + ": " + cause.getMessage();
  }
}
