package org.bookvotes.app;

import java.util.EnumSet;
import java.util.Set;
import picocli.CommandLine.Command;

@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description = {
      "Runs one replica: counts votes, keeps ratings fresh, serves health, metrics and status.",
      "SIGTERM stops it in order, with exit code 0. Exit code 1: it could not go on, the log says why.",
      ""
    })
final class RunCommand extends SettingsCommand {

  @Override
  Set<Setting> settings() {
    return EnumSet.allOf(Setting.class);
  }

  @Override
  int run(ProcessorConfig config) throws Exception {
    Logging.tellLeftOut();
    Processor processor = Processor.start(config);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("shutdown")
                .unstarted(
                    () -> {
                      try {
                        processor.close();
                        Logging.tellAllLeftOut();
                      } finally {
                        // After a signal the JVM would exit with 128 + its number, which reads as a
                        // failure.
                        Runtime.getRuntime().halt(processor.awaitStopped());
                      }
                    }));
    return processor.awaitStopped();
  }
}
