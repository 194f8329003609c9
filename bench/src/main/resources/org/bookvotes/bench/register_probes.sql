INSERT INTO books (book_id, title) SELECT n, 'Probe ' || n FROM generate_series(?::bigint, ?::bigint) AS n
