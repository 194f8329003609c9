package org.bookvotes.ingest;

/**
 * Where an event is on Kafka. A dead letter carries those of its event, and is identified by them.
 * Immutable.
 *
 * @param topic that the event came from
 * @param partition of that topic
 * @param offset in that partition
 */
public record Coordinates(String topic, int partition, long offset) {

  /** {@code topic-partition@offset}. */
  @Override
  public String toString() {
    return topic + "-" + partition + "@" + offset;
  }
}
