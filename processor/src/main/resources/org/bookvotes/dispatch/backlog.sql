SELECT count(*) AS books,
       count(*) FILTER (WHERE retry_at IS NULL OR retry_at <= clock_timestamp()) AS due,
       coalesce(extract(epoch FROM clock_timestamp() - min(marked_at)), 0) AS oldest_seconds
FROM (SELECT marked_at, retry_at FROM bookvotes.stale_books LIMIT ?) AS counted
