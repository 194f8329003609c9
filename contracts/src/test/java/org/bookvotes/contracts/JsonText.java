package org.bookvotes.contracts;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * What is in a text of JSON and not in its tree: how it is written. Read by another version of the
 * parser than the codec's, set to take almost anything.
 *
 * @param nameTwice an object has two fields of one name
 * @param bookIdAsFraction {@code bookId} is written with a fraction or an exponent
 * @param followed something but blanks follows the first value
 * @param levels of objects and arrays
 * @param longestNumber digits
 * @param longestName bytes of UTF-8
 */
record JsonText(
    boolean nameTwice,
    boolean bookIdAsFraction,
    boolean followed,
    int levels,
    int longestNumber,
    int longestName) {

  private static final JsonFactory LENIENT =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(Integer.MAX_VALUE)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .build())
          .build();

  /**
   * Looks at the first value of the text.
   *
   * @throws JacksonException if that is no JSON
   */
  static JsonText of(String text) {
    Look look = new Look();
    try (JsonParser parser = LENIENT.createParser(ObjectReadContext.empty(), text)) {
      do {
        look.at(parser, parser.nextToken());
      } while (look.open());
      int end = (int) parser.currentLocation().getCharOffset();
      // A number at the root ends where the parser has looked, perhaps beyond it.
      String rest = text.substring(Math.min(end, text.length()));
      return new JsonText(
          look.nameTwice,
          look.bookIdAsFraction,
          rest.chars().anyMatch(c -> " \t\r\n".indexOf(c) < 0),
          look.levels,
          look.longestNumber,
          look.longestName);
    }
  }

  private static final class Look {
    private final Deque<Set<String>> names = new ArrayDeque<>();
    private boolean nameTwice;
    private boolean bookIdAsFraction;
    private int levels;
    private int longestNumber;
    private int longestName;

    boolean open() {
      return !names.isEmpty();
    }

    @SuppressWarnings(
        "NullAway") // At the end of the text the parser throws while anything is open.
    void at(JsonParser parser, JsonToken token) {
      switch (token) {
        case START_OBJECT, START_ARRAY -> {
          names.push(new HashSet<>());
          levels = Math.max(levels, names.size());
        }
        case END_OBJECT, END_ARRAY -> names.pop();
        case PROPERTY_NAME -> name(parser.currentName());
        case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
          int digits = (int) parser.getString().chars().filter(Character::isDigit).count();
          longestNumber = Math.max(longestNumber, digits);
          bookIdAsFraction |=
              token == JsonToken.VALUE_NUMBER_FLOAT
                  && names.size() == 1
                  && "bookId".equals(parser.currentName());
        }
        default -> {}
      }
    }

    private void name(String name) {
      nameTwice |= !names.element().add(name);
      longestName = Math.max(longestName, name.getBytes(UTF_8).length);
    }
  }
}
