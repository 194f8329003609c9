-- A double of pg_background 1.4, which no package has for the server of the tests: the functions of versions 1.0 to 1.5, with their
-- exact signatures, over the library of 2.0. What that library does not have (results by pid alone) is done here.
CREATE TYPE double_handle AS (pid pg_catalog.int4, cookie pg_catalog.int8);

CREATE FUNCTION double_launch(sql pg_catalog.text, queue_size pg_catalog.int4) RETURNS double_handle
AS 'MODULE_PATHNAME', 'pg_background_launch' LANGUAGE C STRICT;

CREATE FUNCTION double_result(pid pg_catalog.int4, cookie pg_catalog.int8) RETURNS SETOF pg_catalog.record
AS 'MODULE_PATHNAME', 'pg_background_result' LANGUAGE C STRICT;

CREATE FUNCTION double_detach(pid pg_catalog.int4, cookie pg_catalog.int8) RETURNS pg_catalog.void
AS 'MODULE_PATHNAME', 'pg_background_detach' LANGUAGE C STRICT;

CREATE FUNCTION double_list() RETURNS SETOF pg_catalog.record AS 'MODULE_PATHNAME', 'pg_background_list' LANGUAGE C;

-- What this session tracks.
CREATE VIEW double_handles AS
SELECT l.pid, l.cookie, l.sql_preview
FROM double_list() AS l(pid pg_catalog.int4, cookie pg_catalog.int8, launched_at pg_catalog.timestamptz, user_id pg_catalog.oid,
                        queue_size pg_catalog.int4, state pg_catalog.text, sql_preview pg_catalog.text,
                        last_error pg_catalog.text, consumed pg_catalog.bool, label pg_catalog.text);
GRANT SELECT ON double_handles TO public;

CREATE FUNCTION double_handle_of(worker_pid pg_catalog.int4, OUT cookie pg_catalog.int8, OUT sql_preview pg_catalog.text)
LANGUAGE plpgsql AS $$
BEGIN
    SELECT h.cookie, h.sql_preview INTO cookie, sql_preview FROM public.double_handles h WHERE h.pid = worker_pid;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'PID % is not attached to this session', worker_pid USING ERRCODE = 'undefined_object';
    END IF;
END
$$;

CREATE FUNCTION pg_background_launch(sql pg_catalog.text, queue_size pg_catalog.int4 DEFAULT 65536) RETURNS pg_catalog.int4
LANGUAGE sql STRICT AS 'SELECT h.pid FROM public.double_launch(sql, queue_size) AS h';

-- A function in SQL does not know which columns its caller has named: it goes by the command.
CREATE FUNCTION pg_background_result(pid pg_catalog.int4) RETURNS SETOF pg_catalog.record
LANGUAGE plpgsql STRICT AS $$
DECLARE
    handle record;
BEGIN
    SELECT * INTO handle FROM public.double_handle_of(pid);
    IF handle.sql_preview LIKE 'CALL bookvotes.recalculate(%' THEN
        RETURN QUERY SELECT * FROM public.double_result(pid, handle.cookie)
            AS r(a bigint, b int, c bigint, d text, e text, f bigint[], g double precision[]);
    ELSIF handle.sql_preview = 'SELECT 1' THEN
        RETURN QUERY SELECT * FROM public.double_result(pid, handle.cookie) AS r(a int);
    ELSE
        RETURN QUERY SELECT * FROM public.double_result(pid, handle.cookie) AS r(a text);
    END IF;
END
$$;

CREATE FUNCTION pg_background_detach(pid pg_catalog.int4) RETURNS pg_catalog.void
LANGUAGE plpgsql STRICT AS $$
BEGIN
    PERFORM public.double_detach(pid, h.cookie) FROM public.double_handle_of(pid) AS h;
END
$$;

REVOKE ALL ON FUNCTION pg_background_launch(pg_catalog.text, pg_catalog.int4) FROM public;
REVOKE ALL ON FUNCTION pg_background_result(pg_catalog.int4) FROM public;
REVOKE ALL ON FUNCTION pg_background_detach(pg_catalog.int4) FROM public;
