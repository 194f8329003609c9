-- A double of pg_background 1.8, which no package has for the server of the tests: of versions 1.6 to 1.10 the functions that make,
-- wait for, read and forget a worker, with their exact signatures, over the library of 2.0.
CREATE TYPE public.pg_background_handle AS (pid pg_catalog.int4, cookie pg_catalog.int8);

CREATE FUNCTION pg_background_launch_v2(sql pg_catalog.text, queue_size pg_catalog.int4 DEFAULT 65536)
RETURNS public.pg_background_handle
AS 'MODULE_PATHNAME', 'pg_background_launch' LANGUAGE C STRICT;

CREATE FUNCTION pg_background_result_v2(pid pg_catalog.int4, cookie pg_catalog.int8) RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_background_result' LANGUAGE C STRICT;

CREATE FUNCTION pg_background_detach_v2(pid pg_catalog.int4, cookie pg_catalog.int8) RETURNS pg_catalog.void
AS 'MODULE_PATHNAME', 'pg_background_detach' LANGUAGE C STRICT;

CREATE FUNCTION pg_background_wait_v2_timeout(pid pg_catalog.int4, cookie pg_catalog.int8, timeout_ms pg_catalog.int4)
RETURNS pg_catalog.bool
AS 'MODULE_PATHNAME', 'pg_background_wait' LANGUAGE C STRICT;

CREATE FUNCTION pg_background_list_v2() RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_background_list' LANGUAGE C;

-- What this session tracks.
CREATE VIEW double_handles AS
SELECT l.pid, l.cookie
FROM pg_background_list_v2()
    AS l(pid pg_catalog.int4, cookie pg_catalog.int8, launched_at pg_catalog.timestamptz, user_id pg_catalog.oid,
         queue_size pg_catalog.int4, state pg_catalog.text, sql_preview pg_catalog.text,
         last_error pg_catalog.text, consumed pg_catalog.bool, label pg_catalog.text);
GRANT SELECT ON double_handles TO public;

REVOKE ALL ON FUNCTION pg_background_launch_v2(pg_catalog.text, pg_catalog.int4) FROM public;
REVOKE ALL ON FUNCTION pg_background_result_v2(pg_catalog.int4, pg_catalog.int8) FROM public;
REVOKE ALL ON FUNCTION pg_background_detach_v2(pg_catalog.int4, pg_catalog.int8) FROM public;
REVOKE ALL ON FUNCTION pg_background_wait_v2_timeout(pg_catalog.int4, pg_catalog.int8, pg_catalog.int4) FROM public;
