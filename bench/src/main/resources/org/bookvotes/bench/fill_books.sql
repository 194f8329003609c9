-- Titles of 20 to 40 characters, authors of 15 to 25. Ratings that are old, and wrong for every book that has an up-vote.
INSERT INTO books (book_id, title, authors, votes_up, votes_down, rating, rating_at)
SELECT id,
       rpad('Book ' || id || ' ', 20 + (id * 31 % 21)::int, 'and how it came to be written'),
       rpad('Author ' || id % 50021 || ' ', 15 + (id * 17 % 11)::int, 'and others'),
       (id * 7919 % 1009)::int,
       (id * 104729 % 307)::int,
       0,
       now() - interval '2 days'
FROM generate_series(1, ?::bigint) AS id
