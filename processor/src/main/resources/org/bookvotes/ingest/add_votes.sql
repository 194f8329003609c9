UPDATE books b
SET votes_up = coalesce(b.votes_up, 0) + v.up,
    votes_down = coalesce(b.votes_down, 0) + v.down
FROM unnest(?::bigint[], ?::int[], ?::int[]) AS v(book_id, up, down)
WHERE b.book_id = v.book_id
