package org.bookvotes.app;

import java.util.Set;
import org.bookvotes.postgres.Database;
import org.bookvotes.postgres.Schema;
import picocli.CommandLine.Command;

@Command(
    name = "migrate",
    mixinStandardHelpOptions = true,
    description = {
      "Brings the database to this version: makes or adopts the table books, and makes the schema bookvotes.",
      "Safe to run again and from several places at once. Needs a role that may create schemas and extensions.",
      ""
    })
final class MigrateCommand extends SettingsCommand {

  @Override
  Set<Setting> settings() {
    return DATABASE;
  }

  @Override
  int run(ProcessorConfig config) throws Exception {
    try (Database database =
        Database.openForMigration(
            config.databaseUrl(), config.databaseUser(), config.databasePassword(), 3)) {
      Schema.Migration migration = new Schema(database.pool()).migrate();
      out()
          .printf(
              "applied %d migrations, the schema is at version %s%n",
              migration.applied(), migration.version());
      return 0;
    }
  }
}
