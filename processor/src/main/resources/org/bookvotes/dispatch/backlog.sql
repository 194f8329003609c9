-- Batches are few, as long as there are workers, and ranges always. A book that is in several of them, or has a mark, too, counts as often.
SELECT counted.books + batches.books + ranges.books AS books,
       counted.failing,
       coalesce(extract(epoch FROM clock_timestamp() - least(counted.oldest, batches.oldest, ranges.oldest)), 0) AS oldest_seconds,
       due.books + batches.books + ranges.books AS due,
       coalesce(extract(epoch FROM clock_timestamp() - least(due.since, batches.oldest, ranges.oldest)), 0) AS overdue_seconds
FROM (SELECT count(*) AS books, count(*) FILTER (WHERE failures > 0) AS failing, min(marked_at) AS oldest
      FROM (SELECT marked_at, failures FROM bookvotes.stale_marks LIMIT ?) AS looked_at) AS counted,
     (SELECT count(*) AS books, min(due_at) AS since
      FROM (SELECT coalesce(retry_at, marked_at) AS due_at
            FROM bookvotes.stale_marks
            WHERE retry_at IS NULL OR retry_at <= clock_timestamp()
            LIMIT ?) AS looked_at) AS due,
     (SELECT coalesce(sum(looked_at.books), 0) AS books, min(looked_at.marked_at) AS oldest
      FROM (SELECT b.books, b.marked_at FROM bookvotes.stale_batches b ORDER BY b.batch_id LIMIT 1000) AS looked_at) AS batches,
     (SELECT coalesce(sum(r.books), 0) AS books, min(r.marked_at) AS oldest FROM bookvotes.stale_ranges r) AS ranges
