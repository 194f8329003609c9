-- pgbackground_role comes with newer versions of the extension and holds the rights to its functions.
SELECT (SELECT a.default_version FROM pg_available_extensions a WHERE a.name = 'pg_background') AS available,
       e.extversion AS created,
       CASE WHEN e.oid IS NULL THEN '{}'::text[] ELSE ARRAY(
           SELECT format('GRANT USAGE ON SCHEMA %I TO %I;', e.extnamespace::regnamespace::name, current_user)
           WHERE NOT has_schema_privilege(e.extnamespace, 'USAGE')
           UNION
           SELECT CASE WHEN EXISTS (
                                SELECT FROM pg_roles r
                                WHERE r.rolname = 'pgbackground_role' AND has_function_privilege(r.oid, p.oid, 'EXECUTE'))
                       THEN format('GRANT pgbackground_role TO %I;', current_user)
                       ELSE format('GRANT EXECUTE ON FUNCTION %I.%I(%s) TO %I;', e.extnamespace::regnamespace::name, p.proname,
                                   pg_get_function_identity_arguments(p.oid), current_user)
                  END
           FROM pg_proc p
           WHERE p.pronamespace = e.extnamespace
             AND p.proname ~ '^pg_background_(launch|result|detach|wait)(_v2)?(_timeout)?$'
             AND NOT has_function_privilege(p.oid, 'EXECUTE'))
       END AS missing_rights
FROM (VALUES (1)) AS always
LEFT JOIN pg_extension e ON e.extname = 'pg_background'
