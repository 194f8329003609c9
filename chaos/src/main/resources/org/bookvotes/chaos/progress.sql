SELECT (SELECT count(*) FROM bookvotes.partition_offsets) AS partitions,
       (SELECT min(moved_at) FROM bookvotes.partition_offsets) AS slowest,
       (SELECT max(moved_at) FROM bookvotes.partition_offsets) AS fastest,
       (SELECT max(rating_at) FROM books) AS rated,
       (SELECT min(marked_at) FROM bookvotes.stale_books) AS oldest,
       pg_relation_size('books') AS books_bytes,
       pg_relation_size('bookvotes.stale_books') AS marks_bytes
