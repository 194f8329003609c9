package org.bookvotes.app;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A value that is read again only when it is older than a limit, by one thread at a time.
 * Thread-safe.
 */
final class Cached<T> {

  private final Duration maxAge;
  private final Supplier<T> read;
  // Both guarded by this.
  private @Nullable T value;
  private long readNanos;

  Cached(Duration maxAge, Supplier<T> read) {
    this.maxAge = maxAge;
    this.read = read;
  }

  /** The value; what {@code read} throws is passed on and not kept. */
  synchronized T get() {
    T current = value;
    if (current == null || System.nanoTime() - readNanos > maxAge.toNanos()) {
      current = read.get();
      value = current;
      readNanos = System.nanoTime();
    }
    return current;
  }
}
