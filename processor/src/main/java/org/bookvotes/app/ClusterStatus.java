package org.bookvotes.app;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.bookvotes.dispatch.Backlog;
import org.bookvotes.dispatch.StaleBacklog;
import org.bookvotes.ingest.IngestView;
import org.bookvotes.ingest.IngestView.DeadLetterRow;
import org.bookvotes.postgres.Transactions;
import org.bookvotes.workers.WorkersView;
import org.bookvotes.workers.WorkersView.EndedRun;
import org.jspecify.annotations.Nullable;

/**
 * What the database tells of all replicas together.
 *
 * @param nowSeconds time of this reading by the server's clock, since 1970
 * @param countedEvents sum of the next offsets of the votes topic: grows by the events that are
 *     counted or put aside
 * @param staleBooks books whose rating does not show all votes
 * @param oldestStaleSeconds age of the oldest mark, 0 without any
 * @param replicas who reads the votes topic or holds a slot
 * @param lastRuns from the journal, the latest first
 * @param deadLetters the newest first
 */
record ClusterStatus(
    double nowSeconds,
    long countedEvents,
    long staleBooks,
    double oldestStaleSeconds,
    List<Slot> slots,
    Pool pool,
    List<Replica> replicas,
    List<EndedRun> lastRuns,
    List<DeadLetterRow> deadLetters) {

  private static final int DEAD_LETTERS_SHOWN = 10;

  /**
   * One worker slot. See {@link WorkersView.Slot}.
   *
   * @param replica name of the holder, if one of the last runs tells whose address it is
   */
  record Slot(
      int slot,
      String state,
      @Nullable String replica,
      @Nullable String address,
      @Nullable Integer pid,
      @Nullable String command,
      @Nullable Double runsSeconds,
      WorkersView.@Nullable VacuumProgress vacuum) {}

  /** The server's background workers. See {@link WorkersView.Pool}. */
  record Pool(int size, int ours, int others, int free) {}

  /**
   * What one replica does. See {@link IngestView.Reader}.
   *
   * @param name null for partitions that nobody has told his name for
   * @param idleSeconds since it last counted votes, null if it reads nothing
   * @param slots that it holds
   */
  record Replica(
      @Nullable String name,
      List<Integer> partitions,
      @Nullable Double idleSeconds,
      List<Integer> slots) {}

  /**
   * Asks the database.
   *
   * @param slotCount number of slots over all replicas
   * @param topic of the votes
   * @param mostRuns how many of the last runs are read
   * @throws SQLException if it does not answer
   */
  static ClusterStatus read(Transactions transactions, int slotCount, String topic, int mostRuns)
      throws SQLException {
    Backlog backlog = new StaleBacklog(transactions).measure(StaleBacklog.MOST_COUNTED);
    WorkersView workers = new WorkersView(transactions, slotCount);
    IngestView ingest = new IngestView(transactions);
    WorkersView.Pool pool = workers.pool();
    List<EndedRun> runs = workers.lastRuns(mostRuns);
    Map<String, String> names = names(runs);
    List<Slot> slots = workers.slots().stream().map(slot -> slot(slot, names)).toList();
    IngestView.Readers readers = ingest.readers(topic);
    return new ClusterStatus(
        readers.nowSeconds(),
        readers.nextOffsets(),
        backlog.books(),
        backlog.oldest().toNanos() / 1e9,
        slots,
        new Pool(pool.size(), pool.ours(), pool.others(), pool.free()),
        replicas(readers, slots),
        runs,
        ingest.newestLetters(DEAD_LETTERS_SHOWN));
  }

  private static Slot slot(WorkersView.Slot slot, Map<String, String> names) {
    return new Slot(
        slot.slot(),
        slot.state(),
        slot.address() == null ? null : names.get(slot.address()),
        slot.address(),
        slot.pid(),
        slot.command(),
        slot.runs() == null ? null : slot.runs().toNanos() / 1e9,
        slot.vacuum());
  }

  /** Names of replicas by their addresses, without addresses that several share. */
  static Map<String, String> names(List<EndedRun> runs) {
    Map<String, String> names = new HashMap<>();
    Set<String> shared = new HashSet<>();
    for (EndedRun run : runs) {
      if (run.address() != null
          && !run.replica().equals(names.getOrDefault(run.address(), run.replica()))) {
        shared.add(run.address());
      }
      if (run.address() != null) {
        names.put(run.address(), run.replica());
      }
    }
    names.keySet().removeAll(shared);
    return names;
  }

  private static List<Replica> replicas(IngestView.Readers readers, List<Slot> slots) {
    List<Replica> replicas = new ArrayList<>();
    Set<String> others = new TreeSet<>();
    for (Slot slot : slots) {
      if (slot.replica() != null) {
        others.add(slot.replica());
      }
    }
    for (IngestView.Reader reader : readers.readers()) {
      replicas.add(
          new Replica(
              reader.replica(),
              reader.partitions(),
              reader.idleSeconds(),
              held(slots, reader.replica())));
      if (reader.replica() != null) {
        others.remove(reader.replica());
      }
    }
    for (String other : others) {
      replicas.add(new Replica(other, List.of(), null, held(slots, other)));
    }
    return replicas;
  }

  private static List<Integer> held(List<Slot> slots, @Nullable String replica) {
    return slots.stream()
        .filter(slot -> replica != null && replica.equals(slot.replica()))
        .map(Slot::slot)
        .toList();
  }
}
