-- The roles of a deployment where whoever migrates is not whoever counts. To be run once by a superuser, in the bookstore's database.
-- Neither role has a password here: give them one each.
--   bookvotes_owner   migrates, and owns the table of books and the schema bookvotes
--   bookvotes_app     counts, recalculates and vacuums, and owns nothing
-- A role called bookvotes would look for the books in the schema of its own name: search_path begins with "$user".
DO $roles$
BEGIN
    IF to_regrole('bookvotes_owner') IS NULL THEN
        CREATE ROLE bookvotes_owner LOGIN;
    END IF;
    IF to_regrole('bookvotes_app') IS NULL THEN
        CREATE ROLE bookvotes_app LOGIN;
    END IF;
END
$roles$;

-- Only a superuser may make it.
CREATE EXTENSION IF NOT EXISTS pg_background;

GRANT USAGE, CREATE ON SCHEMA public TO bookvotes_owner;
CREATE SCHEMA IF NOT EXISTS bookvotes AUTHORIZATION bookvotes_owner;

GRANT USAGE ON SCHEMA public, bookvotes TO bookvotes_app;
GRANT pgbackground_role TO bookvotes_app;       -- to launch workers
GRANT pg_read_all_stats TO bookvotes_app;       -- to see others' workers and snapshots

-- What a migration makes, the replicas may use at once: nobody needs to grant anything after an update.
ALTER DEFAULT PRIVILEGES FOR ROLE bookvotes_owner IN SCHEMA public
    GRANT SELECT, UPDATE, MAINTAIN ON TABLES TO bookvotes_app;
ALTER DEFAULT PRIVILEGES FOR ROLE bookvotes_owner IN SCHEMA bookvotes
    GRANT SELECT, INSERT, UPDATE, DELETE, MAINTAIN ON TABLES TO bookvotes_app;
ALTER DEFAULT PRIVILEGES FOR ROLE bookvotes_owner IN SCHEMA bookvotes
    GRANT SELECT ON SEQUENCES TO bookvotes_app;

-- A table of books that is there already: only its owner may add the columns of the votes.
DO $books$
BEGIN
    IF to_regclass('public.books') IS NOT NULL THEN
        ALTER TABLE public.books OWNER TO bookvotes_owner;
        GRANT SELECT, UPDATE, MAINTAIN ON public.books TO bookvotes_app;
    END IF;
END
$books$;
