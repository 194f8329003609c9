package org.bookvotes.ingest;

import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import org.bookvotes.contracts.VoteEvent;

/** Votes summed per book, in the order in which everybody locks books. Not thread-safe. */
final class VoteSums {

  /** Sums of one book. */
  private static final class Sum {
    private int up;
    private int down;
  }

  private final NavigableMap<Long, Sum> sums;

  VoteSums() {
    this(new TreeMap<>());
  }

  private VoteSums(NavigableMap<Long, Sum> sums) {
    this.sums = sums;
  }

  void add(VoteEvent event) {
    Sum sum = sums.computeIfAbsent(event.bookId(), id -> new Sum());
    switch (event.vote()) {
      case UP -> sum.up++;
      case DOWN -> sum.down++;
    }
  }

  void remove(Set<Long> bookIds) {
    sums.keySet().removeAll(bookIds);
  }

  int bookCount() {
    return sums.size();
  }

  /** Books voted for, ascending. */
  Long[] bookIds() {
    return sums.keySet().toArray(Long[]::new);
  }

  /** Up-votes in the order of {@link #bookIds}. */
  Integer[] ups() {
    return sums.values().stream().map(sum -> sum.up).toArray(Integer[]::new);
  }

  /** Down-votes in the order of {@link #bookIds}. */
  Integer[] downs() {
    return sums.values().stream().map(sum -> sum.down).toArray(Integer[]::new);
  }

  long upCount() {
    return sums.values().stream().mapToLong(sum -> sum.up).sum();
  }

  long downCount() {
    return sums.values().stream().mapToLong(sum -> sum.down).sum();
  }

  /** The lower and the upper half of at least two books: views of this. */
  List<VoteSums> halves() {
    Long[] bookIds = bookIds();
    Long middle = bookIds[bookIds.length / 2];
    return List.of(
        new VoteSums(sums.headMap(middle, false)), new VoteSums(sums.tailMap(middle, true)));
  }
}
