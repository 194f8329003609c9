package org.bookvotes.contracts;

import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.jspecify.annotations.Nullable;

/**
 * Reads vote events as {@link VoteRecord} does. Needs no configuration; thread-safe.
 *
 * <p>A {@code KafkaConsumer} cannot step over a value its deserializer refuses. A consumer that
 * must not stop reads bytes and calls {@link VoteRecord#decode} itself.
 */
public final class VoteEventDeserializer implements Deserializer<VoteEvent> {

  /**
   * The event of a record without headers; null, a tombstone, stays null.
   *
   * @throws SerializationException if the value is malformed; the cause is the {@link
   *     MalformedVoteException}
   */
  @Override
  public @Nullable VoteEvent deserialize(String topic, byte @Nullable [] value) {
    return deserialize(topic, new RecordHeaders(), value);
  }

  /**
   * The event; null, a tombstone, stays null.
   *
   * @throws SerializationException if the record is malformed; the cause is the {@link
   *     MalformedVoteException}
   */
  @Override
  public @Nullable VoteEvent deserialize(String topic, Headers headers, byte @Nullable [] value) {
    if (value == null) {
      return null;
    }
    try {
      return VoteRecord.decode(headers, value);
    } catch (MalformedVoteException e) {
      throw new SerializationException("malformed vote on " + topic + ": " + e.getMessage(), e);
    }
  }
}
