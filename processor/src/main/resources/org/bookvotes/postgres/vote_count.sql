SELECT coalesce(sum(coalesce(votes_up, 0)::bigint + coalesce(votes_down, 0)), 0)::bigint AS votes FROM books
