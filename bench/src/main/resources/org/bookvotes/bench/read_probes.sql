-- The row was written twice: with its vote, then with its rating. Who wrote it last made it fresh.
SELECT b.book_id, pg_xact_commit_timestamp(b.xmin) AS written_at
FROM books b
WHERE b.book_id BETWEEN ?::bigint AND ?::bigint
  AND b.votes_up = 1 AND b.votes_down = 0
  AND b.rating = rating(1, 0) AND b.rating_at IS NOT NULL
ORDER BY b.book_id
