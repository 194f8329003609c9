package org.bookvotes.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What a reader sees is what the tests run. */
class ExamplesInDocsTest {

  private static final Path ROOT = Path.of("..");

  /** A block of code under the name of its file. */
  private static final Pattern BLOCK =
      Pattern.compile("<!-- (\\S+) -->\\n```\\w+\\n(.*?)```\\n", Pattern.DOTALL);

  @Test
  void examplesStandInTheDocsAsTheyAre() throws IOException {
    Map<String, String> shown = new TreeMap<>();
    Matcher blocks = BLOCK.matcher(Files.readString(ROOT.resolve("docs/producers.md")));
    while (blocks.find()) {
      shown.put(blocks.group(1), blocks.group(2));
    }
    assertThat(shown.keySet())
        .containsExactlyInAnyOrder(
            "contracts/examples/kcat/vote.sh",
            "contracts/examples/kcat/cloudevent.sh",
            "contracts/examples/python/vote.py",
            "contracts/examples/node/vote.js",
            "contracts/examples/java/SendVote.java");
    for (Map.Entry<String, String> block : shown.entrySet()) {
      assertThat(block.getValue())
          .as(block.getKey())
          .isEqualTo(Files.readString(ROOT.resolve(block.getKey())));
    }
  }

  @Test
  void theDocsNameTheRecommendedSettings() throws IOException {
    String docs = Files.readString(ROOT.resolve("docs/producers.md"));
    VoteProducerSettings.recommended()
        .forEach(
            (name, value) -> {
              if (!name.endsWith(".serializer")) {
                assertThat(docs).contains("| `" + name + "` | `" + value + "` |");
              }
            });
  }
}
