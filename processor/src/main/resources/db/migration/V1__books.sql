-- The bookstore's table of books: made if it is not there, adopted if it is.
-- Adopting adds what is missing and rewrites no row: a column with a constant default is a change of the catalog only.
-- ${bookstore} is the schema that unqualified names resolved to when the migration began, usually "public";
-- ${pg_background} is the schema of the extension, the same unless it was made elsewhere before.

-- There are servers that have no pg_background, and roles that may not make it: dblink will do (docs/decisions/0021).
DO $extension$
BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions a WHERE a.name = 'pg_background') THEN
        CREATE EXTENSION IF NOT EXISTS pg_background SCHEMA ${pg_background};
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'the extension pg_background was not made: %', SQLERRM
        USING HINT = '''bookvotes doctor'' tells what a start needs.';
END
$extension$;

CREATE TABLE IF NOT EXISTS ${bookstore}.books (
    book_id    bigint PRIMARY KEY,
    title      text,
    authors    text,
    votes_up   int              NOT NULL DEFAULT 0,
    votes_down int              NOT NULL DEFAULT 0,
    rating     double precision NOT NULL DEFAULT 0,
    rating_at  timestamptz
);

DO $adopt$
DECLARE
    books   CONSTANT regclass := '${bookstore}.books'::regclass;
    problem text;
    missing record;
BEGIN
    SELECT string_agg(format('column %s is %s, needed is %s', a.attname, format_type(a.atttypid, NULL), needed.types), '; ')
    INTO problem
    FROM (VALUES ('book_id',    '{bigint,integer}'::text[]),
                 ('votes_up',   '{integer}'),
                 ('votes_down', '{integer}'),
                 ('rating',     '{"double precision"}'),
                 ('rating_at',  '{"timestamp with time zone"}')) AS needed(name, types)
    JOIN pg_attribute a ON a.attrelid = books AND a.attname = needed.name AND NOT a.attisdropped
    WHERE format_type(a.atttypid, NULL) <> ALL (needed.types);

    IF problem IS NULL AND NOT EXISTS (
        SELECT FROM pg_index i
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = books AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1 AND a.attname = 'book_id')
    THEN
        problem := 'book_id has no primary key or unique index of its own';
    END IF;

    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'table % cannot be adopted: %', books, problem
            USING ERRCODE = 'datatype_mismatch',
                  HINT = 'Change the table, or let DATABASE_URL lead to a schema with a books table of the documented form '
                         '(README, "Your own books table"), then migrate again.';
    END IF;

    FOR missing IN
        SELECT needed.name, needed.definition
        FROM (VALUES ('title',      'text'),
                     ('authors',    'text'),
                     ('votes_up',   'int NOT NULL DEFAULT 0'),
                     ('votes_down', 'int NOT NULL DEFAULT 0'),
                     ('rating',     'double precision NOT NULL DEFAULT 0'),
                     ('rating_at',  'timestamptz')) AS needed(name, definition)
        WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = books AND a.attname = needed.name AND NOT a.attisdropped)
    LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', books, missing.name, missing.definition);
    END LOOP;

    -- A book without votes has the rating 0: also one that the bookstore adds tomorrow.
    FOR missing IN
        SELECT a.attname AS name
        FROM pg_attribute a
        WHERE a.attrelid = books AND a.attname IN ('votes_up', 'votes_down', 'rating') AND NOT a.atthasdef
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT 0', books, missing.name);
    END LOOP;

    -- Free space in each page keeps updates on the page (HOT): it holds for pages filled from now on.
    -- A partitioned table has no storage of its own to set it on.
    IF EXISTS (SELECT FROM pg_class WHERE oid = books AND relkind = 'r' AND coalesce(array_to_string(reloptions, ','), '') !~ 'fillfactor') THEN
        EXECUTE format('ALTER TABLE %s SET (fillfactor = 80)', books);
    END IF;
END
$adopt$;
