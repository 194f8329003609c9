package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The codec against what it must withstand, held against {@link ReferenceReader}. Every case has a
 * seed of its own, that a failure tells: {@code -Dbookvotes.fuzz.seed=N -Dbookvotes.fuzz.cases=1}
 * repeats it, and {@code -Dbookvotes.fuzz.cases=10000000} with another seed looks further.
 */
class VoteEventCodecFuzzTest {

  private static final long SEED = Long.getLong("bookvotes.fuzz.seed", 31_415_926L);
  private static final int CASES = Integer.getInteger("bookvotes.fuzz.cases", 100_000);

  // What decoding may allocate: a multiple of the length, however large. Most goes to an object of
  // many short names, which are all kept until its end to find one that comes twice.
  private static final int ALLOCATED_BYTES_PER_BYTE = 100;
  private static final int ALLOCATED_BYTES_AT_LEAST = 64 << 10;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Draws one value. */
  private interface Generator {
    byte[] next(Random random);
  }

  private static byte[] encoded(Random random) {
    return VoteEventCodec.encode(EventJson.random(random));
  }

  @Test
  void agreesWithTheReferenceOnEventsOfSomebodyWhoKnowsTheSchema() {
    int read = run(HostileEvents::next);
    // Else they would be too harmless, or too broken, to test anything.
    assertThat(read).isBetween(CASES / 20, Math.max(1, CASES / 2));
  }

  @Test
  void agreesWithTheReferenceOnDamagedEvents() {
    int read =
        run(
            random -> {
              byte[] event = random.nextInt(4) == 0 ? HostileEvents.next(random) : encoded(random);
              return random.nextInt(4) == 0
                  ? Mutation.splice(event, encoded(random), random)
                  : Mutation.of(event, random);
            });
    assertThat(read).isBetween(CASES / 100, Math.max(1, CASES / 3));
  }

  @Test
  void agreesWithTheReferenceOnNoise() {
    int read =
        run(
            random -> {
              byte[] noise = new byte[random.nextInt(64)];
              random.nextBytes(noise);
              return noise;
            });
    assertThat(read).isZero();
  }

  static Stream<Arguments> longValues() {
    int size = VoteEventCodec.MAX_EVENT_BYTES - 1000;
    StringBuilder names = new StringBuilder("{\"a\":1");
    for (int i = 0; names.length() < size; i++) {
      names.append(",\"").append(Integer.toString(i, 36)).append("\":1");
    }
    return Stream.of(
        Arguments.argumentSet("a string", '"' + "x".repeat(size) + '"'),
        Arguments.argumentSet("a string of three bytes", '"' + "\u4e16".repeat(size / 3) + '"'),
        Arguments.argumentSet("escapes", '"' + "\\u0000".repeat(size / 6) + '"'),
        Arguments.argumentSet("arrays", "[" + "[],".repeat(size / 3 - 1) + "0]"),
        Arguments.argumentSet("levels", "[".repeat(size)),
        Arguments.argumentSet("one number", "7".repeat(size)),
        Arguments.argumentSet("numbers", "[" + "1e9,".repeat(size / 4 - 1) + "0]"),
        Arguments.argumentSet("long numbers", "[" + ("7".repeat(999) + ",").repeat(900) + "0]"),
        Arguments.argumentSet("names", names.append('}').toString()),
        Arguments.argumentSet("one name", "{\"" + "x".repeat(size) + "\":1}"));
  }

  @ParameterizedTest
  @MethodSource("longValues")
  void allocatesNoMoreThanASmallMultipleOfTheLength(String value) throws Exception {
    for (String field : new String[] {"x", "eventId", "bookId", "vote", "votedAt"}) {
      byte[] json = EventJson.utf8(EventJson.with(field, value));
      check(json, "a long value of " + field);
    }
    byte[] tooLong = new byte[64 << 20];
    allocatedBytes(tooLong);
    assertThat(allocatedBytes(tooLong)).as("of what is too long").isLessThan(4_096);
  }

  /** Runs all cases and returns how many were read. */
  private static int run(Generator generator) {
    int read = 0;
    for (int i = 0; i < CASES; i++) {
      long seed = SEED + i;
      byte[] json = generator.next(new Random(seed));
      if (check(json, "-Dbookvotes.fuzz.seed=" + seed + " -Dbookvotes.fuzz.cases=1")) {
        read++;
      }
    }
    return read;
  }

  /** Whether the value was read, after checking all that holds for every value. */
  private static boolean check(byte[] json, String which) {
    Optional<VoteEvent> expected = ReferenceReader.read(json);
    long allowed = ALLOCATED_BYTES_AT_LEAST + (long) ALLOCATED_BYTES_PER_BYTE * json.length;
    long allocated = allocatedBytes(json);
    // Classes are loaded, and the parser's table of names grows, on somebody's account: not on this
    // value's, if it is less the next time.
    for (int i = 0; allocated > allowed && i < 3; i++) {
      allocated = allocatedBytes(json);
    }
    if (allocated > allowed) {
      throw failure("allocated " + allocated + " of " + allowed + " bytes", which, json, null);
    }
    try {
      VoteEvent event = VoteEventCodec.decode(json);
      if (!event.equals(expected.orElse(null))) {
        throw failure("read as " + event + ", not as " + expected, which, json, null);
      }
      if (!VoteEventCodec.decode(VoteEventCodec.encode(event)).equals(event)) {
        throw failure("does not survive writing", which, json, null);
      }
      return true;
    } catch (MalformedVoteException e) {
      if (expected.isPresent()) {
        throw failure("refused, but it is " + expected, which, json, e);
      }
      // A runtime exception as the cause is a fault in the parser that decode() had to hide.
      if (e.getCause() instanceof RuntimeException || !isShortAndPrintable(e.getMessage())) {
        throw failure("badly refused", which, json, e);
      }
      return false;
    } catch (RuntimeException | StackOverflowError e) {
      throw failure("neither read nor refused", which, json, e);
    }
  }

  /** What decoding allocates, read or refused. */
  private static long allocatedBytes(byte[] json) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      VoteEventCodec.decode(json);
    } catch (MalformedVoteException e) {
      return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  private static AssertionError failure(
      String what, String which, byte[] json, @Nullable Throwable cause) {
    String text = new String(json, ISO_8859_1);
    return new AssertionError(
        what
            + ", "
            + which
            + ", "
            + json.length
            + " bytes: "
            + (text.length() <= 2_000 ? text : text.substring(0, 2_000) + "..."),
        cause);
  }

  private static boolean isShortAndPrintable(@Nullable String message) {
    return message != null
        && !message.isEmpty()
        && message.length() <= 200
        && message.chars().allMatch(c -> c >= ' ' && c <= '~');
  }
}
