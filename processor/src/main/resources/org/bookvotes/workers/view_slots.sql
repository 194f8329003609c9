-- How far a vacuum is, the server tells; a recalculation only when it ends. Without pg_read_all_stats both are missing for workers of
-- other roles.
-- A worker of dblink is a client's session as its slot's holder is one, but does something. A holder that recalculates a small batch
-- itself is none.
SELECT s.slot,
       CASE WHEN l.pid IS NOT NULL THEN 'busy' WHEN w.pid IS NOT NULL THEN 'orphaned' ELSE 'free' END AS state,
       host(h.client_addr) AS address,
       w.pid,
       CASE WHEN w.query ILIKE 'VACUUM%' THEN 'vacuum' WHEN w.pid IS NOT NULL THEN 'recalculate' END AS command,
       extract(epoch FROM clock_timestamp() - w.backend_start) AS runs_seconds,
       v.relid::regclass::text AS vacuum_table,
       v.phase AS vacuum_phase,
       v.heap_blks_scanned AS vacuum_scanned,
       v.heap_blks_total AS vacuum_total
FROM generate_series(1, ?) AS s(slot)
LEFT JOIN pg_locks l
    ON l.locktype = 'advisory' AND l.granted AND l.classid = ?::int::oid AND l.objid = s.slot::oid AND l.objsubid = 2
    AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
LEFT JOIN pg_stat_activity h ON h.pid = l.pid
LEFT JOIN LATERAL (
    SELECT a.pid, a.query, a.backend_start
    FROM pg_stat_activity a
    WHERE a.datname = current_database() AND a.application_name = 'bookvotes slot ' || s.slot
      AND (a.backend_type = 'pg_background'
           OR a.backend_type = 'client backend' AND a.state = 'active' AND a.pid IS DISTINCT FROM l.pid)
    ORDER BY a.backend_start
    LIMIT 1) AS w ON true
LEFT JOIN pg_stat_progress_vacuum v ON v.pid = w.pid AND v.phase IS NOT NULL
ORDER BY s.slot
