package org.bookvotes.app;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.bookvotes.contracts.MalformedVoteException;
import org.bookvotes.contracts.VoteEventCodec;
import org.junit.jupiter.api.Test;

class EventLinesTest {

  private static final String EVENT =
      "{\"eventId\":\"4b1d7c62-0d0c-4f0a-9a55-0f1f8f3f6f5e\",\"bookId\":7,\"vote\":\"UP\",\"votedAt\":\"2026-01-31T12:34:56Z\"}";

  @Test
  void aLineEndsWithLfOrCrLfOrTheStream() throws IOException {
    assertThat(verdicts("")).isEmpty();
    assertThat(verdicts(EVENT)).containsExactly("1 ok");
    assertThat(verdicts(EVENT + "\n")).containsExactly("1 ok");
    assertThat(verdicts(EVENT + "\r\n" + EVENT + "\r\n")).containsExactly("1 ok", "2 ok");
    assertThat(verdicts(EVENT + "\n" + EVENT)).containsExactly("1 ok", "2 ok");
    assertThat(verdicts("\n\r\n" + EVENT))
        .containsExactly("1 event: empty", "2 event: empty", "3 ok");
    assertThat(verdicts("\r")).containsExactly("1 event: empty");
  }

  @Test
  void aLineSaysWhatTheCodecSaysOfItsBytes() throws IOException {
    assertThat(verdicts(EVENT.replace("UP", "up") + "\n" + EVENT + "{}\n\ufeff" + EVENT))
        .containsExactly(
            "1 vote: must be \"UP\" or \"DOWN\", is \"up\"",
            "2 event: something follows the object: an object",
            "3 " + refusal(("\ufeff" + EVENT).getBytes(UTF_8)));
  }

  @Test
  void linesDoNotDependOnHowTheyAreRead() throws IOException {
    Random random = new Random(24_494_897);
    for (int i = 0; i < 300; i++) {
      StringBuilder text = new StringBuilder();
      List<String> expected = new ArrayList<>();
      int lineCount = random.nextInt(1, 6);
      for (int line = 1; line <= lineCount; line++) {
        // About as long as the buffer, or as an event may be.
        int length =
            random.nextInt(4) == 0
                ? VoteEventCodec.MAX_EVENT_BYTES + random.nextInt(-2, 3)
                : (64 << 10) + random.nextInt(-200, 3);
        boolean good = random.nextBoolean();
        String event =
            (good ? EVENT : EVENT.replace("UP", "up")) + " ".repeat(length - EVENT.length());
        text.append(event).append(random.nextBoolean() ? "\n" : "\r\n");
        expected.add(line + " " + refusal(event.getBytes(UTF_8)));
      }
      byte[] bytes = text.toString().getBytes(UTF_8);
      assertThat(verdicts(new Trickle(bytes, new Random(i)))).as("round %d", i).isEqualTo(expected);
    }
  }

  @Test
  void keepsNoMoreOfAnEndlessLineThanAnEventMayHave() throws IOException {
    long length = 2L << 30;
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    List<String> verdicts = verdicts(new Zeros(length));
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(20L << 20);
    assertThat(verdicts)
        .containsExactly("1 event: has 2147483648 bytes, at most 1048576 are allowed");
  }

  private static List<String> verdicts(String text) throws IOException {
    return verdicts(new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  private static List<String> verdicts(InputStream in) throws IOException {
    EventLines lines = new EventLines(in);
    List<String> verdicts = new ArrayList<>();
    while (lines.next()) {
      try {
        assertThat(lines.event().bookId()).isEqualTo(7);
        verdicts.add(lines.number() + " ok");
      } catch (MalformedVoteException e) {
        verdicts.add(lines.number() + " " + e.getMessage());
      }
    }
    return verdicts;
  }

  private static String refusal(byte[] event) {
    try {
      VoteEventCodec.decode(event);
      return "ok";
    } catch (MalformedVoteException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Gives some of what is there each time it is asked. */
  private static final class Trickle extends ByteArrayInputStream {
    private final Random random;

    Trickle(byte[] bytes, Random random) {
      super(bytes);
      this.random = random;
    }

    @Override
    public synchronized int read(byte[] buffer, int offset, int length) {
      return super.read(buffer, offset, random.nextInt(1, length + 1));
    }
  }

  /** Many characters and not one end of a line. */
  private static final class Zeros extends InputStream {
    private static final byte[] ZEROS = "0".repeat(64 << 10).getBytes(ISO_8859_1);
    private long left;

    Zeros(long count) {
      left = count;
    }

    @Override
    public int read() {
      return left-- > 0 ? '0' : -1;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) {
      if (left == 0) {
        return -1;
      }
      int count = (int) Math.min(left, Math.min(length, ZEROS.length));
      System.arraycopy(ZEROS, 0, buffer, offset, count);
      left -= count;
      return count;
    }
  }
}
