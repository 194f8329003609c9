package org.bookvotes.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class MarkTest {

  @Test
  void takesTheLastMarkAmongOtherOutput() {
    String output = "starting\nmark 1000000 2 1 30\nwarning: mark my words\nmark 2500000 5 3 -7\n";
    assertThat(Mark.last(output)).isEqualTo(new Mark(Instant.ofEpochMilli(2500), 8));
    assertThat(Mark.totals(output)).isEqualTo(new VoteTotals(5, 3, -7));
  }

  @Test
  void leavesOutALineThatIsBeingWritten() {
    assertThat(Mark.last("mark 1000000 2 1 30\nmark 2500000 5"))
        .extracting(Mark::events)
        .isEqualTo(3L);
  }

  @Test
  void isNoneBeforeTheFirst() {
    assertThat(Mark.last("starting\n")).isEqualTo(Mark.NONE);
    assertThat(Mark.last("")).isEqualTo(Mark.NONE);
    assertThat(Mark.totals("")).isEqualTo(VoteTotals.NONE);
  }
}
