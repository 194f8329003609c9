SELECT sum(votes_up::bigint) AS up,
       sum(votes_down::bigint) AS down,
       sum(book_id * (votes_up - votes_down)) AS book_sum
FROM books
