SELECT count(*) AS books,
       (SELECT count(*)
        FROM (SELECT
              FROM bookvotes.stale_books
              WHERE retry_at IS NULL OR retry_at <= clock_timestamp()
              LIMIT ?) AS due_now) AS due,
       coalesce(extract(epoch FROM clock_timestamp() - min(marked_at)), 0) AS oldest_seconds
FROM (SELECT marked_at FROM bookvotes.stale_books LIMIT ?) AS counted
