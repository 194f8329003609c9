-- As ingest does: a vote more, and batches of stale books. Which books is left to chance.
WITH voted AS (
    UPDATE books b
    SET votes_up = b.votes_up + 1
    FROM (SELECT book_id FROM books ORDER BY random() LIMIT ?) AS chosen
    WHERE b.book_id = chosen.book_id
    RETURNING b.book_id)
INSERT INTO bookvotes.stale_batches (book_ids)
SELECT array_agg(numbered.book_id)
FROM (SELECT book_id, row_number() OVER (ORDER BY random()) AS place FROM voted) AS numbered
GROUP BY (numbered.place - 1) / 5000
