SELECT count(*) + (SELECT coalesce(sum(r.books), 0) FROM bookvotes.stale_ranges r) AS books,
       count(*) FILTER (WHERE failures > 0) AS failing,
       min(error) AS error
FROM bookvotes.stale_books
