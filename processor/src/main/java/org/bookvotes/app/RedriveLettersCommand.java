package org.bookvotes.app;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.bookvotes.ingest.Letter;
import org.bookvotes.ingest.LetterFilter;
import org.bookvotes.ingest.LetterReader;
import org.bookvotes.ingest.LetterStore;
import org.bookvotes.ingest.LetterStore.Redriven;
import org.bookvotes.ingest.RedriveOutcome;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "redrive",
    mixinStandardHelpOptions = true,
    description = {
      "Counts the votes of the letters that can be counted now, as after their book was registered or its row mended.",
      "Each vote is counted once: the letter is marked as redriven in the same transaction. It can be stopped and run again"
          + " at any time, several times at once, and beside running replicas. Nothing is removed from the topic.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  bookvotes dead-letters redrive --dry-run",
      "  bookvotes dead-letters redrive --reason unknown-book",
      "",
      "Exit codes: 0 done, also if letters remain, 1 failed (what it had counted is counted: run it again), 2 wrong usage."
    })
final class RedriveLettersCommand extends LetterCommand {

  @Option(
      names = "--dry-run",
      description = "Say what would become of each letter: does the same, and takes it back.")
  private boolean dryRun;

  private final Map<RedriveOutcome, Long> counts = new EnumMap<>(RedriveOutcome.class);
  private @Nullable String refusal;

  @Override
  int run(LetterReader reader, LetterStore store, LetterFilter filter) throws Exception {
    boolean done = false;
    try (ProgressLine progress = new ProgressLine(err())) {
      for (List<Letter> chunk = reader.next(); !chunk.isEmpty(); chunk = reader.next()) {
        List<Letter> letters = meant(chunk, store.states(chunk, filter));
        if (!letters.isEmpty()) {
          add(store.redrive(letters, dryRun));
        }
        progress.show(
            () ->
                String.format(
                    Locale.ROOT,
                    "read %,d of %,d letters, counted %,d",
                    reader.readCount(),
                    reader.recordCount(),
                    counts.getOrDefault(RedriveOutcome.COUNTED, 0L)));
      }
      done = true;
    } finally {
      if (!done && !dryRun) {
        err()
            .printf(
                Locale.ROOT,
                "bookvotes: %,d votes were counted before it failed; run it again for the others%n",
                counts.getOrDefault(RedriveOutcome.COUNTED, 0L));
      }
    }
    out().print(summary() + leftOut(reader));
    out().flush();
    return 0;
  }

  private void add(Redriven redriven) {
    redriven.counts().forEach((outcome, count) -> counts.merge(outcome, (long) count, Long::sum));
    if (refusal == null) {
      refusal = redriven.refusal();
    }
  }

  private String summary() {
    StringBuilder lines = new StringBuilder();
    for (RedriveOutcome outcome : RedriveOutcome.values()) {
      lines.append(
          String.format(
              Locale.ROOT, "%-17s %,12d%n", name(outcome), counts.getOrDefault(outcome, 0L)));
    }
    if (refusal != null) {
      lines.append(
          String.format("refused, a first one because of: %s%n", Printable.of(refusal, 500)));
    }
    return lines.toString();
  }

  private String name(RedriveOutcome outcome) {
    return switch (outcome) {
      case COUNTED -> dryRun ? "would be counted" : "counted";
      case STILL_UNKNOWN -> "still unknown";
      case STILL_MALFORMED -> "still malformed";
      case REFUSED -> "refused";
      case ALREADY_REDRIVEN -> "already redriven";
      case NOT_COMMITTED -> "not committed";
    };
  }
}
