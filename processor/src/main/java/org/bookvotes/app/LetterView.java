package org.bookvotes.app;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.ingest.Letter;
import org.bookvotes.ingest.LetterState;

/** One letter as a line of text or of JSON, neither of which does anything to a terminal. */
final class LetterView {

  private static final int MOST_KEY_CHARS = 40;
  private static final int MOST_REASON_CHARS = 20;
  private static final int MOST_DETAIL_CHARS = 100;

  private static final ObjectMapper JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private LetterView() {}

  /** For people. */
  static String text(Letter letter, LetterState state) {
    VoteEvent event = letter.event();
    return String.format(
        Locale.ROOT,
        "%s  %s  %-12s  %-13s  key %s  book %s  %s",
        Printable.of(letter.at().toString(), Integer.MAX_VALUE),
        letter.sentAt(),
        Printable.of(state.reason(), MOST_REASON_CHARS),
        name(state),
        letter.key() == null ? "-" : "\"" + Printable.of(letter.key(), MOST_KEY_CHARS) + "\"",
        event == null ? "-" : event.bookId(),
        Printable.of(letter.detail(), MOST_DETAIL_CHARS));
  }

  /** For programs: one JSON object, of printable ASCII only. */
  static String json(Letter letter, LetterState state) throws JsonProcessingException {
    ObjectNode json = JSON.createObjectNode();
    json.put("topic", letter.at().topic());
    json.put("partition", letter.at().partition());
    json.put("offset", letter.at().offset());
    json.put("deadLetteredAt", letter.sentAt().toString());
    json.put("reason", state.reason());
    json.put("detail", letter.detail());
    json.put("state", name(state));
    if (state instanceof LetterState.Redriven redriven) {
      json.put("redrivenAt", redriven.at().toString());
    }
    json.put("key", letter.key());
    VoteEvent event = letter.event();
    if (event != null) {
      json.put("eventId", event.eventId().toString());
      json.put("bookId", event.bookId());
      json.put("vote", event.vote().name());
      json.put("votedAt", event.votedAt().toString());
    }
    // Of ASCII's control characters the only one that JSON allows in a string.
    return JSON.writeValueAsString(json).replace("\u007f", "\\u007f");
  }

  /** {@code waiting}, {@code redriven} or {@code not committed}. */
  static String name(LetterState state) {
    return switch (state) {
      case LetterState.Waiting w -> "waiting";
      case LetterState.Redriven r -> "redriven";
      case LetterState.NotCommitted n -> "not committed";
    };
  }
}
