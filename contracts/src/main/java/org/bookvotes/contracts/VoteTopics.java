package org.bookvotes.contracts;

/** Names on Kafka: topics, keys, and the headers of a dead letter. */
public final class VoteTopics {

  /** Vote events; the key is {@link #key}, so that a book's votes stay in one partition. */
  public static final String VOTES = "book-votes";

  /** Events that could not be counted: key, value and headers unchanged, plus the headers below. */
  public static final String DEAD_LETTERS = "book-votes.dead-letters";

  /** Header, UTF-8 text: one of the {@code REASON_} constants. */
  public static final String DEAD_LETTER_REASON = "dead-letter-reason";

  /** Header, UTF-8 text: what exactly was wrong, for people. */
  public static final String DEAD_LETTER_DETAIL = "dead-letter-detail";

  /** Header, UTF-8 text: the topic the event came from. */
  public static final String DEAD_LETTER_TOPIC = "dead-letter-topic";

  /** Header, decimal number as UTF-8 text: the partition the event came from. */
  public static final String DEAD_LETTER_PARTITION = "dead-letter-partition";

  /** Header, decimal number as UTF-8 text: the event's offset in that partition. */
  public static final String DEAD_LETTER_OFFSET = "dead-letter-offset";

  /** The record is no vote event: {@link VoteRecord#decode} refused it. */
  public static final String REASON_MALFORMED = "malformed";

  /** The event is fine, but there is no such book. */
  public static final String REASON_UNKNOWN_BOOK = "unknown-book";

  /**
   * The event is fine, but the row of its book refuses the vote, as one whose count is at its limit
   * does.
   */
  public static final String REASON_REFUSED = "refused";

  private VoteTopics() {}

  /** The record key of a vote: the book's id as decimal text. */
  public static String key(long bookId) {
    return Long.toString(bookId);
  }
}
