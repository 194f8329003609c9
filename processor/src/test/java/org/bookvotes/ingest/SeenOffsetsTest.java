package org.bookvotes.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SeenOffsetsTest {

  @Test
  void knowsWhatWasAddedWhereverItLies() {
    SeenOffsets seen = new SeenOffsets();
    Set<Coordinates> expected = new HashSet<>();
    Random random = new Random(7);
    for (int i = 0; i < 200_000; i++) {
      // Close together, far apart, and the numbers 0 and near the largest among them.
      long offset =
          switch (i % 4) {
            case 0 -> random.nextInt(20_000);
            case 1 -> random.nextLong(Long.MAX_VALUE);
            case 2 -> Long.MAX_VALUE - random.nextInt(1_000);
            default -> 64L * random.nextInt(50_000);
          };
      Coordinates at = new Coordinates("votes" + i % 2, i % 3, offset);
      assertThat(seen.add(at)).as("%s", at).isEqualTo(expected.add(at));
    }
  }
}
