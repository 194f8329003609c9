-- The limits of a database and of a role do not hold for superusers, and the reserved connections are theirs.
SELECT current_setting('server_version') AS version,
       current_setting('server_version_num')::int AS version_number,
       quote_ident(current_user) AS quoted_user,
       quote_ident(current_database()) AS quoted_database,
       pg_is_in_recovery() AS standby,
       current_setting('default_transaction_read_only')::boolean AS read_only,
       current_setting('max_worker_processes')::int AS worker_processes,
       coalesce((SELECT s.source FROM pg_settings s WHERE s.name = 'max_worker_processes'), '') AS worker_processes_source,
       current_setting('max_parallel_workers')::int AS parallel_workers,
       current_setting('max_logical_replication_workers')::int > 0 AS replication_launcher,
       allowed.connections,
       allowed.limited_by AS connections_limited_by,
       (SELECT sum(b.numbackends) FROM pg_stat_database b)::int AS connections_in_use,
       pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS reads_all_stats
FROM pg_roles r
CROSS JOIN LATERAL (
    SELECT most.connections, most.limited_by
    FROM (VALUES
        (current_setting('max_connections')::int
             - CASE WHEN r.rolsuper THEN 0
                    ELSE current_setting('superuser_reserved_connections')::int
                         + coalesce(current_setting('reserved_connections', true)::int, 0)
               END,
         'max_connections'),
        ((SELECT nullif(d.datconnlimit, -1) FROM pg_database d WHERE d.datname = current_database() AND NOT r.rolsuper),
         'database'),
        (CASE WHEN NOT r.rolsuper THEN nullif(r.rolconnlimit, -1) END,
         'role')) AS most(connections, limited_by)
    WHERE most.connections IS NOT NULL
    ORDER BY most.connections
    LIMIT 1) AS allowed
WHERE r.rolname = current_user
