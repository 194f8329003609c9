SELECT count(*) FILTER (WHERE vote = 'UP') AS up,
       count(*) FILTER (WHERE vote = 'DOWN') AS down,
       sum(CASE vote WHEN 'UP' THEN book_id ELSE -book_id END) AS book_sum
FROM vote_events
