SELECT count(*)
           + (SELECT coalesce(sum(b.books), 0) FROM bookvotes.stale_batches b)
           + (SELECT coalesce(sum(r.books), 0) FROM bookvotes.stale_ranges r) AS books,
       count(*) FILTER (WHERE failures > 0) AS failing,
       min(error) AS error
FROM bookvotes.stale_marks
