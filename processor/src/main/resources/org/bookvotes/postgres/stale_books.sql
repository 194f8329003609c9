SELECT count(*) AS books,
       count(*) FILTER (WHERE failures > 0) AS failing,
       min(error) AS error
FROM bookvotes.stale_books
