SELECT v.book_id
FROM unnest(?) AS v(book_id)
WHERE NOT EXISTS (SELECT FROM books b WHERE b.book_id = v.book_id)
