-- The Wilson bound as textbooks write it, not as the product does.
SELECT count(*) FILTER (WHERE b.rating_at >= ?::timestamptz) AS rated,
       count(*) FILTER (WHERE b.rating_at >= ?::timestamptz AND abs(b.rating - b.wilson) > 1e-9) AS wrong
FROM (SELECT rating_at, rating,
             CASE WHEN n = 0 THEN 0
                  ELSE (p + z * z / (2 * n) - z * sqrt((p * (1 - p) + z * z / (4 * n)) / n)) / (1 + z * z / n)
             END AS wilson
      FROM (SELECT rating_at, rating, 1.96::double precision AS z, (votes_up + votes_down)::double precision AS n,
                   votes_up / nullif(votes_up + votes_down, 0)::double precision AS p
            FROM books) AS counted) AS b
