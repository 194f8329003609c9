-- Ascending, like everybody who takes several books at once.
INSERT INTO books (book_id, title, authors)
SELECT b.book_id, b.title, b.authors
FROM unnest(?::bigint[], ?::text[], ?::text[]) AS b(book_id, title, authors)
ORDER BY b.book_id
ON CONFLICT (book_id) DO NOTHING
