-- Workers skip what others have locked. Locked for this statement only: who skips it meanwhile finds it in the next walk.
SELECT book_id
FROM bookvotes.stale_books
WHERE retry_at IS NULL OR retry_at <= clock_timestamp()
LIMIT 1
FOR KEY SHARE SKIP LOCKED
