package org.bookvotes.app;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.bookvotes.contracts.MalformedVoteException;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;

/**
 * The events of a stream with one on each line, NDJSON. A line ends with LF or CR LF, the last one
 * also where the stream ends. However long a line is, no more of it is kept than an event may have.
 * Used by one thread.
 */
final class EventLines {

  // One more, because the line may end with CR.
  private static final int MOST_KEPT_BYTES = VoteEventCodec.MAX_EVENT_BYTES + 1;

  private final InputStream in;
  private final byte[] buffer = new byte[64 << 10];
  private int position;
  private int limit;

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private long byteCount;
  private byte lastByte;
  private long number;

  /** The caller closes {@code in}. */
  EventLines(InputStream in) {
    this.in = in;
  }

  /**
   * Goes to the next line.
   *
   * @return false if there is none
   * @throws IOException if the stream cannot be read
   */
  boolean next() throws IOException {
    kept.reset();
    byteCount = 0;
    if (!fill()) {
      return false;
    }
    number++;
    do {
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      keep(end);
      if (end < limit) {
        position = end + 1;
        return true;
      }
      position = limit;
    } while (fill());
    return true;
  }

  /** Returns false at the end of the stream. */
  private boolean fill() throws IOException {
    if (position == limit) {
      position = 0;
      // Never 0: the buffer has room.
      limit = Math.max(0, in.read(buffer));
    }
    return limit > 0;
  }

  private void keep(int end) {
    int count = end - position;
    if (count > 0) {
      kept.write(buffer, position, Math.min(count, MOST_KEPT_BYTES - kept.size()));
      byteCount += count;
      lastByte = buffer[end - 1];
    }
  }

  /** The number of the line that {@link #next} went to; the first is 1. */
  long number() {
    return number;
  }

  /**
   * The event on that line, as ingest would read it from a record without headers.
   *
   * @throws MalformedVoteException if it is none
   */
  VoteEvent event() throws MalformedVoteException {
    long length = byteCount > 0 && lastByte == '\r' ? byteCount - 1 : byteCount;
    VoteEventCodec.requireLength(length);
    byte[] line = kept.toByteArray();
    return VoteEventCodec.decode(line.length == length ? line : Arrays.copyOf(line, (int) length));
  }
}
