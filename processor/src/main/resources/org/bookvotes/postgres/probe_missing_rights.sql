WITH bookstore AS (SELECT ?::text AS schema),
needed_schemas AS (
    SELECT n.oid, n.nspname FROM pg_namespace n, bookstore b WHERE quote_ident(n.nspname) IN (b.schema, 'bookvotes')),
needed_tables(schema, name, privileges) AS (
    SELECT b.schema, 'books', '{SELECT,UPDATE,MAINTAIN}'::text[] FROM bookstore b
    UNION ALL VALUES
        ('bookvotes', 'partition_offsets',      '{SELECT,INSERT,UPDATE}'::text[]),
        ('bookvotes', 'dead_letters',           '{SELECT,INSERT,UPDATE}'),
        ('bookvotes', 'stale_batches',          '{SELECT,INSERT,UPDATE,DELETE,MAINTAIN}'),
        ('bookvotes', 'stale_marks',            '{SELECT,INSERT,UPDATE,DELETE,MAINTAIN}'),
        ('bookvotes', 'stale_books',            '{SELECT,INSERT}'),
        ('bookvotes', 'stale_ranges',           '{SELECT,INSERT,UPDATE,DELETE}'),
        ('bookvotes', 'worker_runs',            '{SELECT,INSERT,UPDATE}'),
        ('bookvotes', 'worker_runs_run_id_seq', '{SELECT}'),
        ('bookvotes', 'flyway_schema_history',  '{SELECT}'))
SELECT format('GRANT USAGE ON SCHEMA %I TO %I;', s.nspname, current_user) AS fix
FROM needed_schemas s
WHERE NOT has_schema_privilege(s.oid, 'USAGE')
UNION ALL
SELECT format('GRANT %s ON %I.%I TO %I;', string_agg(p.privilege, ', ' ORDER BY p.place), s.nspname, c.relname, current_user)
FROM needed_tables t
JOIN needed_schemas s ON quote_ident(s.nspname) = t.schema
JOIN pg_class c ON c.relnamespace = s.oid AND c.relname = t.name
CROSS JOIN unnest(t.privileges) WITH ORDINALITY AS p(privilege, place)
WHERE NOT has_table_privilege(c.oid, p.privilege)
GROUP BY s.nspname, c.relname
UNION ALL
SELECT format('GRANT EXECUTE ON ROUTINE %I.%I(%s) TO %I;', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid), current_user)
FROM needed_schemas s
JOIN pg_proc p ON p.pronamespace = s.oid
WHERE (s.nspname = 'bookvotes' OR p.proname = 'rating') AND NOT has_function_privilege(p.oid, 'EXECUTE')
