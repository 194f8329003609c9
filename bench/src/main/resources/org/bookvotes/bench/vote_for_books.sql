-- As ingest does: a vote more, and a mark. Which books is left to chance.
WITH voted AS (
    UPDATE books b
    SET votes_up = b.votes_up + 1
    FROM (SELECT book_id FROM books ORDER BY random() LIMIT ?) AS chosen
    WHERE b.book_id = chosen.book_id
    RETURNING b.book_id)
INSERT INTO bookvotes.stale_books (book_id)
SELECT book_id FROM voted
