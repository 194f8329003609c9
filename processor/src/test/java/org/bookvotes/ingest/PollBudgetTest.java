package org.bookvotes.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Deserializer;
import org.junit.jupiter.api.Test;

class PollBudgetTest {

  private static final int MIB = 1 << 20;

  private final PollBudget budget = new PollBudget();
  private final Deserializer<byte[]> keys = budget.deserializer();
  private final Deserializer<byte[]> values = budget.deserializer();

  private int recordsUntilSpent(int mostRecords, Headers headers, int keyBytes, int valueBytes) {
    for (int i = 0; i < mostRecords; i++) {
      try {
        Headers own = new RecordHeaders(headers);
        keys.deserialize("votes", own, ByteBuffer.allocate(keyBytes));
        values.deserialize("votes", own, ByteBuffer.allocate(valueBytes));
      } catch (SerializationException e) {
        return i;
      }
    }
    return mostRecords;
  }

  @Test
  void passesTheBytesOn() {
    byte[] bytes = "vote".getBytes(UTF_8);
    assertThat(values.deserialize("votes", new RecordHeaders(), ByteBuffer.wrap(bytes)))
        .isEqualTo(bytes);
  }

  @Test
  void endsAPollOfLargeKeysValuesOrHeaders() {
    assertThat(recordsUntilSpent(100, new RecordHeaders(), 0, MIB)).isEqualTo(16);
    budget.renew();
    assertThat(recordsUntilSpent(100, new RecordHeaders(), MIB, MIB)).isEqualTo(8);
    budget.renew();
    Headers large = new RecordHeaders().add("large", new byte[MIB]).add("none", null);
    assertThat(recordsUntilSpent(100, large, 1, 1)).isEqualTo(16);
    budget.renew();
    Headers many = new RecordHeaders();
    for (int i = 0; i < 10_000; i++) {
      many.add("", null);
    }
    assertThat(recordsUntilSpent(100, many, 1, 1)).isLessThan(30);
  }

  @Test
  void letsAPollOfVotesPass() {
    assertThat(recordsUntilSpent(10_000, new RecordHeaders(), 8, 150)).isEqualTo(10_000);
  }

  @Test
  void letsTheFirstRecordOfAPollPassWhateverItsSize() {
    assertThat(recordsUntilSpent(2, new RecordHeaders(), MIB, 40 * MIB)).isEqualTo(1);
    // The one that was refused comes again, first.
    budget.renew();
    assertThat(recordsUntilSpent(2, new RecordHeaders(), MIB, 40 * MIB)).isEqualTo(1);
  }

  @Test
  void refusesUntilItIsRenewed() {
    assertThat(recordsUntilSpent(100, new RecordHeaders(), 0, MIB)).isEqualTo(16);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(
              () -> keys.deserialize("votes", new RecordHeaders(), ByteBuffer.allocate(0)))
          .isInstanceOf(SerializationException.class);
    }
  }
}
