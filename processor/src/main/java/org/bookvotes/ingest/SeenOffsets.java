package org.bookvotes.ingest;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;

/**
 * A set of coordinates that stays small for millions of them: a bit for each, in words of 64
 * neighbouring offsets that are kept in an open hash table. Takes up to 48 bytes for an offset far
 * from all others, and far less where they lie together. Not thread-safe.
 */
final class SeenOffsets {

  private final Map<TopicPartition, Words> partitions = new HashMap<>();

  /** Adds one, and returns whether it was not there before. */
  boolean add(Coordinates at) {
    return partitions
        .computeIfAbsent(new TopicPartition(at.topic(), at.partition()), partition -> new Words())
        .add(at.offset());
  }

  /** The offsets of one partition. */
  private static final class Words {
    private static final int FIRST_CAPACITY = 64;

    // A word of no bits is an empty place.
    private long[] numbers = new long[FIRST_CAPACITY];
    private long[] words = new long[FIRST_CAPACITY];
    private int count;

    boolean add(long offset) {
      if (3 * count >= 2 * words.length) {
        grow();
      }
      int place = place(offset >>> 6);
      long bit = 1L << (offset & 63);
      if ((words[place] & bit) != 0) {
        return false;
      }
      count += words[place] == 0 ? 1 : 0;
      numbers[place] = offset >>> 6;
      words[place] |= bit;
      return true;
    }

    /** Where the word of this number is, or belongs. */
    private int place(long number) {
      int mask = words.length - 1;
      int place = Long.hashCode(number * 0x9E3779B97F4A7C15L) & mask;
      while (words[place] != 0 && numbers[place] != number) {
        place = (place + 1) & mask;
      }
      return place;
    }

    private void grow() {
      long[] oldNumbers = numbers;
      long[] oldWords = words;
      numbers = new long[2 * oldWords.length];
      words = new long[2 * oldWords.length];
      for (int i = 0; i < oldWords.length; i++) {
        if (oldWords[i] != 0) {
          int place = place(oldNumbers[i]);
          numbers[place] = oldNumbers[i];
          words[place] = oldWords[i];
        }
      }
    }
  }
}
