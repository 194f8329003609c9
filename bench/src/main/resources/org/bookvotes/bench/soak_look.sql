SELECT pg_relation_size('books') AS heap,
       pg_indexes_size('books') AS index,
       pg_total_relation_size('bookvotes.stale_batches') AS stale_heap,
       (SELECT count(*) FROM bookvotes.stale_books) AS stale_books,
       (SELECT s.n_dead_tup FROM pg_stat_user_tables s WHERE s.relid = 'books'::regclass) AS dead_rows,
       pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS wal,
       (SELECT coalesce(sum(o.next_offset), 0) FROM bookvotes.partition_offsets o) AS counted
