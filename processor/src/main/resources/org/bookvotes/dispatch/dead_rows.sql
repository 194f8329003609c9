-- Of a partitioned table the partitions count: it has no rows itself. What rows keep out of line (TOAST) dies with them.
-- A vacuum is permitted to who owns the database, too. Who asks for a size waits behind ACCESS EXCLUSIVE locks: it is left out
-- while somebody has one, or waits for one.
WITH shut AS MATERIALIZED (
    SELECT l.relation FROM pg_locks l
    WHERE l.mode = 'AccessExclusiveLock' AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
)
SELECT t.place,
       sum(s.n_dead_tup + coalesce(o.n_dead_tup, 0)) AS dead,
       sum(s.n_live_tup) AS live,
       sum(s.n_tup_upd) AS updates,
       sum(s.n_tup_hot_upd) AS hot_updates,
       sum(s.vacuum_count + s.autovacuum_count) AS vacuums,
       coalesce(extract(epoch FROM clock_timestamp() - max(greatest(s.last_vacuum, s.last_autovacuum))), 1000000000)::bigint
           AS seconds_since_vacuum,
       bool_and(has_table_privilege(s.relid, 'MAINTAIN')
                OR pg_has_role((SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()), 'USAGE')) AS permitted,
       bool_and(size.heap IS NOT NULL) AS sized,
       sum(size.heap) AS heap_bytes,
       sum(size.toast) AS toast_bytes,
       sum(size.index) AS index_bytes
FROM (SELECT to_regclass(w.name) AS relid, w.place FROM unnest(?::text[]) WITH ORDINALITY AS w(name, place)) t
JOIN pg_stat_all_tables s ON s.relid = t.relid OR s.relid IN (SELECT p.relid FROM pg_partition_tree(t.relid) p WHERE p.isleaf)
JOIN pg_class c ON c.oid = s.relid
LEFT JOIN pg_stat_all_tables o ON o.relid = c.reltoastrelid
LEFT JOIN LATERAL (
    SELECT pg_relation_size(c.oid) AS heap,
           CASE WHEN c.reltoastrelid = 0 THEN 0 ELSE pg_total_relation_size(c.reltoastrelid) END AS toast,
           pg_indexes_size(c.oid) AS index
    WHERE NOT EXISTS (SELECT FROM shut
                      WHERE shut.relation IN (c.oid, c.reltoastrelid)
                         OR shut.relation IN (SELECT i.indexrelid FROM pg_index i WHERE i.indrelid IN (c.oid, c.reltoastrelid)))
) AS size ON true
GROUP BY t.place
