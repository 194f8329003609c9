package org.bookvotes.app;

import java.util.random.RandomGenerator;

/**
 * Balls of several kinds, drawn one after another without putting any back: every order of all
 * balls is equally likely. Takes memory for the kinds only, however many balls there are. Not
 * thread-safe.
 *
 * <p>A binary indexed tree (P. M. Fenwick, A New Data Structure for Cumulative Frequency Tables,
 * 1994): a draw takes a number of steps logarithmic in the number of kinds.
 */
final class Urn {

  /** From index 1: how many balls are left of the kinds that this node stands for. */
  private final long[] tree;

  private final int highestBit;
  private long left;

  /**
   * @param counts how many balls there are of each kind, none negative
   * @throws ArithmeticException if all together are more than a long can count
   */
  Urn(long[] counts) {
    tree = new long[counts.length + 1];
    highestBit = Integer.highestOneBit(counts.length);
    for (int node = 1; node < tree.length; node++) {
      tree[node] += counts[node - 1];
      left = Math.addExact(left, counts[node - 1]);
      int parent = node + Integer.lowestOneBit(node);
      if (parent < tree.length) {
        tree[parent] += tree[node];
      }
    }
  }

  /** How many balls are left. */
  long left() {
    return left;
  }

  /**
   * Takes one ball out.
   *
   * @return its kind, an index of the counts
   * @throws IllegalArgumentException if none is left
   */
  int draw(RandomGenerator random) {
    long rest = random.nextLong(left);
    left--;
    int node = 0;
    for (int step = highestBit; step > 0; step >>= 1) {
      int next = node + step;
      if (next < tree.length && tree[next] <= rest) {
        rest -= tree[next];
        node = next;
      } else if (next < tree.length) {
        // The ball lies below this node.
        tree[next]--;
      }
    }
    return node;
  }
}
