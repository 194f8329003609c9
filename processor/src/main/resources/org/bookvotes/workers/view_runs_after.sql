-- As view_runs.sql, from a number that has been seen already. Who took a lower number may have committed later: hence a look behind it.
-- One row with the last number at least.
SELECT s.last_value, r.run_id, extract(epoch FROM r.started_at) AS started, extract(epoch FROM r.finished_at) AS finished, r.books,
       r.fresh_p50_seconds, r.fresh_p99_seconds
FROM bookvotes.worker_runs_run_id_seq s
LEFT JOIN bookvotes.worker_runs r
    ON r.place = ANY (ARRAY(SELECT ((n.last_value - back) % 100000)::int
                            FROM bookvotes.worker_runs_run_id_seq n,
                                 generate_series(0, least(n.last_value - ?, ?) + 200) AS back))
    AND r.books > 0
    AND r.finished_at > clock_timestamp() - make_interval(secs => ?)
ORDER BY r.run_id
