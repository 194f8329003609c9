SELECT r.result FROM pg_background_result(pg_background_launch('SELECT 1')) AS r(result int)
