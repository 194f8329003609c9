package org.bookvotes.bench.connect;

import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.storage.Converter;
import org.bookvotes.contracts.MalformedVoteException;
import org.bookvotes.contracts.VoteEvent;
import org.bookvotes.contracts.VoteEventCodec;
import org.jspecify.annotations.Nullable;

/**
 * Gives a sink connector the columns of a vote event. It reads with the same codec as Bookvotes, so
 * that neither side wins by its JSON parser. Thread-safe.
 */
public final class VoteConverter implements Converter {

  /** Columns by name; the names of the types are those by which Debezium knows them. */
  private static final Schema SCHEMA =
      SchemaBuilder.struct()
          .name("org.bookvotes.VoteEvent")
          .field("event_id", SchemaBuilder.string().name("io.debezium.data.Uuid").build())
          .field("book_id", Schema.INT64_SCHEMA)
          .field("vote", Schema.STRING_SCHEMA)
          .field("voted_at", SchemaBuilder.string().name("io.debezium.time.ZonedTimestamp").build())
          .build();

  @Override
  public void configure(Map<String, ?> configs, boolean isKey) {
    // Nothing to choose.
  }

  @Override
  public byte[] fromConnectData(String topic, Schema schema, Object value) {
    throw new DataException("only for sinks");
  }

  @Override
  public SchemaAndValue toConnectData(String topic, byte @Nullable [] value) {
    if (value == null) {
      return SchemaAndValue.NULL;
    }
    VoteEvent event;
    try {
      event = VoteEventCodec.decode(value);
    } catch (MalformedVoteException e) {
      throw new DataException("malformed vote on " + topic, e);
    }
    return new SchemaAndValue(
        SCHEMA,
        new Struct(SCHEMA)
            .put("event_id", event.eventId().toString())
            .put("book_id", event.bookId())
            .put("vote", event.vote().name())
            .put("voted_at", event.votedAt().toString()));
  }
}
