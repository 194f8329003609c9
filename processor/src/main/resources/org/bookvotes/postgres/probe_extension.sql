-- pgbackground_role comes with the extension and holds the rights to its functions.
SELECT (SELECT a.default_version FROM pg_available_extensions a WHERE a.name = 'pg_background') AS available,
       e.extversion AS created,
       array_remove(ARRAY[
           CASE WHEN NOT has_schema_privilege(e.extnamespace, 'USAGE')
                THEN format('GRANT USAGE ON SCHEMA %I TO %I;', e.extnamespace::regnamespace::name, current_user)
           END,
           CASE WHEN EXISTS (SELECT FROM pg_proc p
                             WHERE p.pronamespace = e.extnamespace
                               AND p.proname IN ('pg_background_launch', 'pg_background_wait', 'pg_background_outcome',
                                                 'pg_background_result', 'pg_background_detach', 'pg_background_detach_all')
                               AND NOT has_function_privilege(p.oid, 'EXECUTE'))
                THEN format('GRANT pgbackground_role TO %I;', current_user)
           END], NULL) AS missing_rights
FROM (VALUES (1)) AS always
LEFT JOIN pg_extension e ON e.extname = 'pg_background'
