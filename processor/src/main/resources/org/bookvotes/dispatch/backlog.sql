SELECT counted.books,
       coalesce(extract(epoch FROM clock_timestamp() - counted.oldest), 0) AS oldest_seconds,
       due.books AS due,
       coalesce(extract(epoch FROM clock_timestamp() - due.since), 0) AS overdue_seconds
FROM (SELECT count(*) AS books, min(marked_at) AS oldest
      FROM (SELECT marked_at FROM bookvotes.stale_books LIMIT ?) AS looked_at) AS counted,
     (SELECT count(*) AS books, min(due_at) AS since
      FROM (SELECT coalesce(retry_at, marked_at) AS due_at
            FROM bookvotes.stale_books
            WHERE retry_at IS NULL OR retry_at <= clock_timestamp()
            LIMIT ?) AS looked_at) AS due
