-- Workers skip what others have locked. Locked for this statement only: who skips it meanwhile finds it in the next walk.
SELECT id
FROM (SELECT b.batch_id AS id FROM bookvotes.stale_batches b LIMIT 1 FOR KEY SHARE SKIP LOCKED) AS in_batch
UNION ALL
SELECT id
FROM (SELECT m.book_id AS id
      FROM bookvotes.stale_marks m
      WHERE m.retry_at IS NULL OR m.retry_at <= clock_timestamp()
      LIMIT 1
      FOR KEY SHARE SKIP LOCKED) AS marked
UNION ALL
SELECT id
FROM (SELECT r.range_id AS id FROM bookvotes.stale_ranges r LIMIT 1 FOR KEY SHARE SKIP LOCKED) AS in_range
LIMIT 1
