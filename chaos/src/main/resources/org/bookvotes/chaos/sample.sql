-- A worker bears no name for the first moments of its life: then it counts as ours as well.
SELECT 'worker' AS kind, a.application_name AS name, NULL AS address, 0 AS count
FROM pg_stat_activity a
WHERE a.backend_type = 'pg_background' AND a.datname = current_database()
UNION ALL
SELECT 'slot', l.objid::text, host(a.client_addr), 0
FROM pg_locks l
JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.classid = 1651470187 AND l.granted
UNION ALL
SELECT 'deadlocks', '', NULL, d.deadlocks
FROM pg_stat_database d
WHERE d.datname = current_database()
