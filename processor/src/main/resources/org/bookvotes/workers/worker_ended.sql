-- Whether the worker has ended within so many milliseconds, and how. OFFSET 0 keeps the steps in their order.
SELECT w.ended, o.has_error, o.sqlstate, o.error_message, o.completed
FROM (SELECT p.pid, p.cookie, pg_background_wait(p.pid, p.cookie, p.timeout) AS ended
      FROM (SELECT ?::int AS pid, ?::bigint AS cookie, ?::int AS timeout) AS p OFFSET 0) AS w
LEFT JOIN LATERAL (SELECT * FROM pg_background_outcome(w.pid, w.cookie) WHERE w.ended OFFSET 0) AS o ON true
