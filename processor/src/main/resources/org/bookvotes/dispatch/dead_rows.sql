-- Of a partitioned table the partitions count: it has no rows itself. What rows keep out of line (TOAST) dies with them.
-- A vacuum is permitted to who owns the database, too.
SELECT t.place,
       sum(s.n_dead_tup + coalesce(o.n_dead_tup, 0)) AS dead,
       sum(s.n_live_tup) AS live,
       sum(s.vacuum_count + s.autovacuum_count) AS vacuums,
       coalesce(extract(epoch FROM clock_timestamp() - max(greatest(s.last_vacuum, s.last_autovacuum))), 1000000000)::bigint
           AS seconds_since_vacuum,
       bool_and(has_table_privilege(s.relid, 'MAINTAIN')
                OR pg_has_role((SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()), 'USAGE')) AS permitted
FROM (SELECT to_regclass(w.name) AS relid, w.place FROM unnest(?::text[]) WITH ORDINALITY AS w(name, place)) t
JOIN pg_stat_all_tables s ON s.relid = t.relid OR s.relid IN (SELECT p.relid FROM pg_partition_tree(t.relid) p WHERE p.isleaf)
JOIN pg_class c ON c.oid = s.relid
LEFT JOIN pg_stat_all_tables o ON o.relid = c.reltoastrelid
GROUP BY t.place
