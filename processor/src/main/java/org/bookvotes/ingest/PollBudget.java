package org.bookvotes.ingest;

import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Ends a poll when it has about {@value #MOST_BYTES} bytes. Kafka's own bounds are on compressed
 * batches and on the number of records: a batch of one MiB can hold a GiB of records, which one
 * poll would return.
 *
 * <p>It deserializes by passing the bytes on. When the budget is spent it refuses the next record:
 * {@code KafkaConsumer} then returns the records before that one and tries it again at the next
 * poll. The first record of a poll is always let through, so that none can be refused for ever; a
 * poll goes over its budget by at most one record. Used by the consumer's thread.
 */
final class PollBudget {

  static final int MOST_BYTES = 16 << 20;

  // What the objects around a header take, about.
  private static final int BYTES_PER_HEADER = 64;

  /** The budget is spent: no fault, so without a stack trace. */
  private static final class SpentException extends SerializationException {
    SpentException() {
      super("the poll has its bytes");
    }

    @Override
    public Throwable fillInStackTrace() {
      return this;
    }
  }

  private long usedBytes;
  private @Nullable Headers current;

  /** A poll begins. */
  void renew() {
    usedBytes = 0;
    current = null;
  }

  /** For keys and for values. */
  Deserializer<byte[]> deserializer() {
    return new Deserializer<>() {
      @Override
      public byte @Nullable [] deserialize(String topic, byte @Nullable [] bytes) {
        return bytes;
      }

      // The variant that takes a ByteBuffer comes here.
      @Override
      public byte @Nullable [] deserialize(String topic, Headers headers, byte @Nullable [] bytes) {
        spend(headers, bytes == null ? 0 : bytes.length);
        return bytes;
      }
    };
  }

  // It is the same object or another record.
  @SuppressWarnings("ReferenceEquality")
  private void spend(Headers headers, int bytes) {
    // Key and value of a record come with the same headers.
    if (headers != current) {
      if (usedBytes >= MOST_BYTES) {
        throw new SpentException();
      }
      current = headers;
      usedBytes += bytes(headers);
    }
    usedBytes += bytes;
  }

  /** What an event takes, about. */
  static long bytes(Headers headers, byte @Nullable [] key, byte @Nullable [] value) {
    return bytes(headers) + (key == null ? 0 : key.length) + (value == null ? 0 : value.length);
  }

  private static long bytes(Headers headers) {
    long bytes = 0;
    for (Header header : headers) {
      byte[] value = header.value();
      bytes += BYTES_PER_HEADER + header.key().length() + (value == null ? 0 : value.length);
    }
    return bytes;
  }
}
