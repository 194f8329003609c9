package org.bookvotes.ingest;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.bookvotes.contracts.VoteEvent;

/** Votes summed per book. Not thread-safe. */
final class VoteSums {

  /** Sums of one book. */
  private static final class Sum {
    private int up;
    private int down;
  }

  /**
   * The sums, by book, in ascending order of the ids: the order in which everybody locks books.
   *
   * @param bookIds which differ
   * @param ups up-votes of each
   * @param downs down-votes of each
   */
  // Made for the driver, which takes arrays; nobody compares it.
  @SuppressWarnings("ArrayRecordComponent")
  record Columns(long[] bookIds, int[] ups, int[] downs) {}

  private final Map<Long, Sum> sums = new HashMap<>();

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
  long[] bookIds() {
    return sums.keySet().stream().mapToLong(Long::longValue).sorted().toArray();
  }

  Columns columns() {
    long[] bookIds = bookIds();
    int[] ups = new int[bookIds.length];
    int[] downs = new int[bookIds.length];
    for (int i = 0; i < bookIds.length; i++) {
      Sum sum = sums.getOrDefault(bookIds[i], new Sum());
      ups[i] = sum.up;
      downs[i] = sum.down;
    }
    return new Columns(bookIds, ups, downs);
  }

  long upCount() {
    return sums.values().stream().mapToLong(sum -> sum.up).sum();
  }

  long downCount() {
    return sums.values().stream().mapToLong(sum -> sum.down).sum();
  }

  /** The lower and the upper half of at least two books. They change with this. */
  List<VoteSums> halves() {
    long[] bookIds = bookIds();
    long middle = bookIds[bookIds.length / 2];
    VoteSums lower = new VoteSums();
    VoteSums upper = new VoteSums();
    sums.forEach((bookId, sum) -> (bookId < middle ? lower : upper).sums.put(bookId, sum));
    return List.of(lower, upper);
  }
}
