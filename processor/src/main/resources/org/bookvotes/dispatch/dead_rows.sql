SELECT s.n_dead_tup AS dead,
       s.n_live_tup AS live,
       s.vacuum_count + s.autovacuum_count AS vacuums,
       coalesce(extract(epoch FROM clock_timestamp() - greatest(s.last_vacuum, s.last_autovacuum)), 1000000000)::bigint
           AS seconds_since_vacuum,
       has_table_privilege(s.relid, 'MAINTAIN') AS permitted
FROM pg_stat_all_tables s
WHERE s.relid = to_regclass(?)
