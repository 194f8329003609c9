-- Books that somebody holds are no witnesses worth waiting for.
SELECT book_id
FROM books
WHERE book_id <> ALL (?)
ORDER BY book_id
LIMIT 10
FOR NO KEY UPDATE SKIP LOCKED
