SELECT (SELECT count(*) FROM bookvotes.partition_offsets) AS partitions,
       (SELECT min(moved_at) FROM bookvotes.partition_offsets) AS slowest,
       (SELECT max(moved_at) FROM bookvotes.partition_offsets) AS fastest,
       (SELECT max(rating_at) FROM books) AS rated,
       least((SELECT min(marked_at) FROM bookvotes.stale_batches), (SELECT min(marked_at) FROM bookvotes.stale_marks)) AS oldest,
       pg_relation_size('books') AS books_bytes,
       pg_total_relation_size('bookvotes.stale_batches') + pg_total_relation_size('bookvotes.stale_marks') AS marks_bytes
