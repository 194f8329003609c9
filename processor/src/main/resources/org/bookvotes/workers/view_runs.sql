-- Backwards from where the numbers have come to, place by place: an index on the numbers would end HOT updates. A server that crashed
-- skips up to 32 numbers, and a write that was rolled back its own: hence a look further back than asked for.
SELECT r.run_id, r.command, r.table_name, r.slot, r.replica, r.pid, r.started_at, r.finished_at, r.books, r.batches, r.outcome,
       r.sqlstate, r.message, r.removed_rows
FROM bookvotes.worker_runs r
WHERE r.place = ANY (ARRAY(SELECT ((s.last_value - back) % 100000)::int
                           FROM bookvotes.worker_runs_run_id_seq s, generate_series(0, 2 * ?::int + 200) AS back))
ORDER BY r.run_id DESC
LIMIT ?
