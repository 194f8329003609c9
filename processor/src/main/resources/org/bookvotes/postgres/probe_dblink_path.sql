-- dblink is found wherever it lives.
SELECT set_config('search_path', current_setting('search_path') || ', ' || quote_ident(n.nspname), false)
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'dblink'
