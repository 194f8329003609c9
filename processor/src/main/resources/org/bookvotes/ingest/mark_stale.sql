INSERT INTO bookvotes.stale_books (book_id)
SELECT unnest(?::bigint[])
ON CONFLICT (book_id) DO NOTHING
