package org.bookvotes.app;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.time.Instant;
import java.util.List;
import org.bookvotes.observability.ReplicaStatus;

/**
 * What {@code /api/status} answers.
 *
 * @param version of the processor
 * @param name of this replica
 * @param startedAt start of this replica
 * @param ready whether it is ready
 * @param notReady why it is not
 * @param workerTimeBudgetSeconds how long a recalculation of this replica goes on taking batches
 * @param settings of this replica, without secrets
 * @param cluster what is the same for all replicas
 * @param replica what this one has done since its start
 */
record StatusReport(
    String version,
    String name,
    Instant startedAt,
    boolean ready,
    List<String> notReady,
    double workerTimeBudgetSeconds,
    List<ProcessorConfig.Shown> settings,
    ClusterStatus cluster,
    ReplicaStatus.Snapshot replica) {

  /** Writes and reads this and its parts. */
  static final ObjectMapper JSON =
      JsonMapper.builder()
          .addModule(new JavaTimeModule())
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .enable(SerializationFeature.INDENT_OUTPUT)
          .build();
}
