SELECT r.result
FROM pg_background_launch('SELECT 1') AS h, LATERAL pg_background_result(h.pid, h.cookie) AS r(result int)
