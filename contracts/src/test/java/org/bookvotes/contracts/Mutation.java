package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.List;
import java.util.random.RandomGenerator;

/** Damages bytes the way disks, networks and careless producers do, only more often. */
final class Mutation {

  /** Bytes as Latin-1 text. */
  private static final List<String> FRAGMENTS =
      List.of(
          "\"",
          "{",
          "}",
          "[",
          "]",
          ",",
          ":",
          "\\",
          "\\u0000",
          "\\ud800",
          "\0",
          "\n",
          " ",
          "null",
          "true",
          "NaN",
          "-",
          "0",
          "9",
          ".0",
          "e3",
          "+02:00",
          "Z",
          "60",
          "UP",
          "DOWN",
          "\"x\":{},",
          "\"vote\":\"UP\",",
          "\"bookId\":7,",
          "/**/",
          "//",
          "#",
          "'",
          "\u00ef\u00bb\u00bf",
          "\u00c0\u0080",
          "\u00ed\u00a0\u0080",
          "\u00c3\u00a4",
          "\u00ff");

  private Mutation() {}

  /** The bytes after one to three changes; sometimes they are the same as before. */
  static byte[] of(byte[] original, RandomGenerator random) {
    return changed(new String(original, ISO_8859_1), random);
  }

  /** The beginning of one and the end of the other, and then one to three changes or none. */
  static byte[] splice(byte[] one, byte[] other, RandomGenerator random) {
    String spliced =
        new String(one, 0, random.nextInt(one.length + 1), ISO_8859_1)
            + new String(other, ISO_8859_1).substring(random.nextInt(other.length + 1));
    return random.nextBoolean() ? spliced.getBytes(ISO_8859_1) : changed(spliced, random);
  }

  private static byte[] changed(String bytes, RandomGenerator random) {
    for (int changes = random.nextInt(1, 4); changes > 0; changes--) {
      bytes = change(bytes, random);
    }
    return bytes.getBytes(ISO_8859_1);
  }

  private static String change(String bytes, RandomGenerator random) {
    int start = random.nextInt(bytes.length() + 1);
    int end = random.nextInt(start, Math.min(bytes.length(), start + 30) + 1);
    String before = bytes.substring(0, start);
    String part = bytes.substring(start, end);
    String after = bytes.substring(end);
    return switch (random.nextInt(9)) {
      case 0, 1 -> flipBit(bytes, random);
      case 2 -> before;
      case 3 -> before + after;
      case 4 -> before + part + part + after;
      case 5 -> before + fragment(random) + after;
      case 6 -> before + fragment(random) + part + after;
      case 7 -> before + (char) random.nextInt(256) + after;
      default -> {
        int from = random.nextInt(bytes.length() + 1);
        yield before + bytes.substring(from) + after;
      }
    };
  }

  private static String flipBit(String bytes, RandomGenerator random) {
    if (bytes.isEmpty()) {
      return bytes;
    }
    StringBuilder flipped = new StringBuilder(bytes);
    int at = random.nextInt(bytes.length());
    flipped.setCharAt(at, (char) (bytes.charAt(at) ^ (1 << random.nextInt(8))));
    return flipped.toString();
  }

  private static String fragment(RandomGenerator random) {
    return FRAGMENTS.get(random.nextInt(FRAGMENTS.size()));
  }
}
