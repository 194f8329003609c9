SELECT r.result
FROM pg_background_launch_v2('SELECT 1') AS h, LATERAL pg_background_result_v2(h.pid, h.cookie) AS r(result int)
