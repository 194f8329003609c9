-- Workers skip what others have locked. Locked for this statement only: who skips it meanwhile finds it in the next walk.
SELECT book_id
FROM (SELECT m.book_id
      FROM bookvotes.stale_books m
      WHERE m.retry_at IS NULL OR m.retry_at <= clock_timestamp()
      LIMIT 1
      FOR KEY SHARE SKIP LOCKED) AS marked
UNION ALL
SELECT book_id
FROM (SELECT r.first_id AS book_id FROM bookvotes.stale_ranges r LIMIT 1 FOR KEY SHARE SKIP LOCKED) AS in_range
LIMIT 1
