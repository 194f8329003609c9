-- Times are by the server's clock, which all replicas share: it is given how long ago. The condition is for a writer that was
-- overtaken by a whole ring.
INSERT INTO bookvotes.worker_runs AS ring
    (command, table_name, slot, replica, pid, started_at, finished_at, books, batches, outcome, sqlstate, message, removed_rows)
VALUES (?, ?, ?, ?, ?, clock_timestamp() - make_interval(secs => ?), clock_timestamp() - make_interval(secs => ?), ?, ?, ?, ?, ?, ?)
ON CONFLICT (place) DO UPDATE
SET run_id = excluded.run_id,
    command = excluded.command,
    table_name = excluded.table_name,
    slot = excluded.slot,
    replica = excluded.replica,
    pid = excluded.pid,
    started_at = excluded.started_at,
    finished_at = excluded.finished_at,
    books = excluded.books,
    batches = excluded.batches,
    outcome = excluded.outcome,
    sqlstate = excluded.sqlstate,
    message = excluded.message,
    removed_rows = excluded.removed_rows
WHERE ring.run_id < excluded.run_id
