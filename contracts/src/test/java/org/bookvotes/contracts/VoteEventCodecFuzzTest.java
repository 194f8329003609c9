package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Seeded, so that a failure comes again. */
class VoteEventCodecFuzzTest {

  private static final int ROUNDS = 200_000;

  @Test
  void damagedEventsAreReadOrRefusedAndNothingElse() {
    Random random = new Random(31_415_926);
    int read = 0;
    for (int i = 0; i < ROUNDS; i++) {
      byte[] json = Mutation.of(VoteEventCodec.encode(EventJson.random(random)), random);
      if (isRead(json)) {
        read++;
      }
    }
    // Else the damage would be too small, or too big, to test anything.
    assertThat(read).isBetween(ROUNDS / 100, ROUNDS / 3);
  }

  @Test
  void noiseIsRefused() {
    Random random = new Random(27_182_818);
    for (int i = 0; i < ROUNDS; i++) {
      byte[] noise = new byte[random.nextInt(64)];
      random.nextBytes(noise);
      assertThat(isRead(noise)).isFalse();
    }
  }

  private static boolean isRead(byte[] json) {
    try {
      VoteEvent event = VoteEventCodec.decode(json);
      if (!VoteEventCodec.decode(VoteEventCodec.encode(event)).equals(event)) {
        throw new AssertionError("does not survive writing: " + show(json));
      }
      return true;
    } catch (MalformedVoteException e) {
      // A runtime exception as the cause is a fault in the parser that decode() had to hide.
      if (e.getCause() instanceof RuntimeException || !isShortAndPrintable(e.getMessage())) {
        throw new AssertionError("badly refused: " + show(json), e);
      }
      return false;
    } catch (RuntimeException | Error e) {
      throw new AssertionError("neither read nor refused: " + show(json), e);
    }
  }

  private static boolean isShortAndPrintable(@Nullable String message) {
    return message != null
        && !message.isEmpty()
        && message.length() <= 200
        && message.chars().allMatch(c -> c >= ' ' && c <= '~');
  }

  private static String show(byte[] json) {
    return new String(json, ISO_8859_1);
  }
}
