package org.bookvotes.contracts;

import org.apache.kafka.common.serialization.Serializer;
import org.jspecify.annotations.Nullable;

/** Writes vote events as {@link VoteEventCodec} does. Needs no configuration; thread-safe. */
public final class VoteEventSerializer implements Serializer<VoteEvent> {

  /** The event as JSON; null, a tombstone, stays null. */
  @Override
  public byte @Nullable [] serialize(String topic, @Nullable VoteEvent event) {
    return event == null ? null : VoteEventCodec.encode(event);
  }
}
