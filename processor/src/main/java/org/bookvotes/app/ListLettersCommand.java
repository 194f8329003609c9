package org.bookvotes.app;

import java.util.List;
import java.util.Map;
import org.bookvotes.ingest.Coordinates;
import org.bookvotes.ingest.Letter;
import org.bookvotes.ingest.LetterFilter;
import org.bookvotes.ingest.LetterReader;
import org.bookvotes.ingest.LetterState;
import org.bookvotes.ingest.LetterStore;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the letters that are on the dead-letter topic now, a line each, and their sums by reason and state:",
      "  waiting        the vote was not counted; 'redrive' counts it if it can be counted now",
      "  redriven       the vote was counted by 'redrive'",
      "  not committed  the event was not given up: it was counted, or is on the topic again, or is being tried. Or, from"
          + " a replica that did not know the table bookvotes.dead_letters yet: nobody can tell, 'redrive' leaves it alone",
      "A letter is named by where its event was: topic, partition and offset. It is shown once, however often it is on the"
          + " topic. What does not print is shown as \\u001b.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  bookvotes dead-letters list --reason unknown-book",
      "  bookvotes dead-letters list --partition 3 --offsets 1000- --json"
    })
final class ListLettersCommand extends LetterCommand {

  @Option(
      names = "--json",
      description = "Print a JSON object a line, in ASCII. The sums go to standard error.")
  private boolean json;

  @Override
  int run(LetterReader reader, LetterStore store, LetterFilter filter) throws Exception {
    LetterTally tally = new LetterTally();
    for (List<Letter> chunk = reader.next(); !chunk.isEmpty(); chunk = reader.next()) {
      Map<Coordinates, LetterState> states = store.states(chunk, filter);
      for (Letter letter : chunk) {
        LetterState state = states.get(letter.at());
        if (state != null) {
          tally.add(state);
          out().println(json ? LetterView.json(letter, state) : LetterView.text(letter, state));
        }
      }
      if (out().checkError()) {
        // Whoever read this, as 'head' does, has seen enough.
        return 0;
      }
    }
    String sums = tally + leftOut(reader);
    if (json) {
      err().print(sums);
      err().flush();
    } else {
      out().print(System.lineSeparator() + sums);
      out().flush();
    }
    return 0;
  }
}
