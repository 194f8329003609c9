-- The one lock order: ascending. An UPDATE joined to the votes would lock in whatever order its plan yields.
SELECT book_id FROM books WHERE book_id = ANY (?) ORDER BY book_id FOR NO KEY UPDATE
