SELECT pg_relation_size('books') AS heap, pg_indexes_size('books') AS indexes, s.n_tup_upd AS updates, s.n_tup_hot_upd AS hot
FROM pg_stat_user_tables s
WHERE s.relid = 'books'::regclass
