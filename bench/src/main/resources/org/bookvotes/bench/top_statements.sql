SELECT s.calls, left(regexp_replace(s.query, '\s+', ' ', 'g'), 70) AS query
FROM pg_stat_statements s
WHERE s.query NOT LIKE '%pg\_stat\_statements%' AND s.toplevel
ORDER BY s.calls DESC
LIMIT 6
