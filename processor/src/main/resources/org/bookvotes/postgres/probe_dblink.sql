-- What dblink needs to open a second session of this user on this server, as statements. Since PostgreSQL 18 it passes on the keys
-- with which the first one has logged in; before, the password must be written down. The port is the one that the server itself
-- listens at.
SELECT (SELECT a.default_version FROM pg_available_extensions a WHERE a.name = 'dblink') IS NOT NULL AS available,
       s.oid IS NOT NULL AS has_server,
       (SELECT o.option_value FROM pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'host') AS host,
       host(inet_server_addr()) AS own_address,
       array_remove(ARRAY[
           CASE WHEN e.oid IS NULL THEN 'CREATE EXTENSION dblink;' END,
           CASE WHEN s.oid IS NULL
                THEN format('CREATE SERVER bookvotes_workers FOREIGN DATA WRAPPER dblink_fdw'
                            ' OPTIONS (host %L, port %L, dbname %L, connect_timeout ''5''%s);',
                            p.host, coalesce(inet_server_port()::text, current_setting('port')), current_database(),
                            CASE WHEN p.passes_keys THEN ', use_scram_passthrough ''true''' ELSE '' END)
           END,
           CASE WHEN s.oid IS NULL OR NOT has_server_privilege(s.oid, 'USAGE')
                THEN format('GRANT USAGE ON FOREIGN SERVER bookvotes_workers TO %I;', current_user)
           END,
           CASE WHEN m.is_missing AND NOT p.passes_keys THEN 'SET log_statement = ''none''; SET log_min_duration_statement = -1;' END,
           CASE WHEN m.is_missing
                THEN format('CREATE USER MAPPING FOR %I SERVER bookvotes_workers OPTIONS (user %L%s);', current_user, current_user,
                            CASE WHEN p.passes_keys THEN '' ELSE ', password ''...''' END)
           END], NULL) AS missing
FROM (SELECT ?::text AS host, current_setting('server_version_num')::int >= 180000 AS passes_keys) AS p
LEFT JOIN pg_extension e ON e.extname = 'dblink'
LEFT JOIN pg_foreign_server s ON s.srvname = 'bookvotes_workers'
CROSS JOIN LATERAL (
    SELECT NOT EXISTS (
        SELECT FROM pg_user_mappings u
        WHERE u.srvname = 'bookvotes_workers' AND u.usename IN (current_user, 'public')) AS is_missing) AS m
