package org.bookvotes.app;

import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.bookvotes.ingest.Coordinates;
import org.bookvotes.ingest.Letter;
import org.bookvotes.ingest.LetterFilter;
import org.bookvotes.ingest.LetterReader;
import org.bookvotes.ingest.LetterState;
import org.bookvotes.ingest.LetterStore;
import org.bookvotes.postgres.Database;
import picocli.CommandLine.Mixin;

/**
 * A command that goes through the dead-letter topic from its beginning to its present end, in
 * chunks, so that its length does not matter.
 */
abstract class LetterCommand extends SettingsCommand {

  @Mixin private LetterFilterOptions filterOptions = new LetterFilterOptions();

  @Override
  final Set<Setting> settings() {
    Set<Setting> settings = EnumSet.copyOf(DATABASE);
    settings.addAll(
        EnumSet.of(
            Setting.KAFKA_BOOTSTRAP_SERVERS, Setting.KAFKA_PROPERTIES, Setting.DEAD_LETTER_TOPIC));
    return settings;
  }

  @Override
  final int run(ProcessorConfig config) throws Exception {
    LetterFilter filter = filterOptions.filter();
    try (Database database = openForLongStatements(config);
        LetterReader reader =
            LetterReader.open(Processor.kafkaClient(config), config.deadLetterTopic(), filter)) {
      LetterStore store = new LetterStore(database.transactions());
      return run(reader, store, filter);
    }
  }

  /** Does the work and returns the exit code. */
  abstract int run(LetterReader reader, LetterStore store, LetterFilter filter) throws Exception;

  /** Those of a chunk that are meant, their reasons looked at. */
  static List<Letter> meant(List<Letter> chunk, Map<Coordinates, LetterState> states) {
    return chunk.stream().filter(letter -> states.containsKey(letter.at())).toList();
  }

  /** What the summary says of records that were left out; empty if none were. */
  static String leftOut(LetterReader reader) {
    StringBuilder leftOut = new StringBuilder();
    if (reader.duplicateCount() > 0) {
      leftOut.append(
          String.format(
              Locale.ROOT,
              "%,d letters are on the topic more than once%n",
              reader.duplicateCount()));
    }
    if (reader.foreignCount() > 0) {
      leftOut.append(
          String.format(
              Locale.ROOT,
              "%,d records are no letters: they do not say where their event was%n",
              reader.foreignCount()));
    }
    return leftOut.toString();
  }
}
