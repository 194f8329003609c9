-- The engines: what runs a command in a process of its own. All that differs between them, and between the generations of
-- pg_background, is in this file (docs/decisions/0021):
--
--   pg_background 1.0   1.0 to 1.5: a worker's handle is its pid, and nothing tells that it has ended but its absence
--   pg_background 1.6   1.6 to 1.10: functions named _v2, the handle is (pid, cookie)
--   pg_background 2.0   2.0 and later: the same without the suffix
--   dblink              a second session on this server, through the foreign server bookvotes_workers
--
-- The functions are looked for in the schema of their extension whenever they are called: it may be made, moved or updated later.

-- The engine to launch with. choice is auto, pg_background or dblink; auto prefers pg_background.
CREATE FUNCTION bookvotes.engine(choice text) RETURNS text
LANGUAGE plpgsql STABLE AS $engine$
DECLARE
    version int[];
BEGIN
    IF choice IN ('auto', 'pg_background') THEN
        SELECT regexp_match(e.extversion, '^(\d+)(?:\.(\d+))?') INTO version FROM pg_extension e WHERE e.extname = 'pg_background';
        IF FOUND THEN
            RETURN CASE
                WHEN version >= ARRAY[2, 0] THEN 'pg_background 2.0'
                WHEN version >= ARRAY[1, 6] THEN 'pg_background 1.6'
                ELSE 'pg_background 1.0'
            END;
        END IF;
    END IF;
    IF choice IN ('auto', 'dblink')
        AND EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'dblink')
        AND EXISTS (SELECT FROM pg_foreign_server s WHERE s.srvname = 'bookvotes_workers')
    THEN
        RETURN 'dblink';
    END IF;
    RAISE EXCEPTION 'this database has nothing to launch workers with (WORKER_ENGINE is %)', choice
        USING ERRCODE = 'undefined_object', HINT = '''bookvotes doctor'' tells what is missing.';
END
$engine$;

COMMENT ON FUNCTION bookvotes.engine(text) IS 'What workers are launched with: a generation of pg_background, or dblink.';

-- Where the functions of an engine are, quoted.
CREATE FUNCTION bookvotes.engine_schema(engine text) RETURNS text
LANGUAGE sql STABLE
RETURN (SELECT quote_ident(n.nspname)
        FROM pg_extension e
        JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname = split_part(engine, ' ', 1));

-- Whether the limit of the server's, the database's or the role's connections is reached, or one short of it: who was refused
-- for it looks a moment later. As far as other roles' sessions can be told from background workers.
CREATE FUNCTION bookvotes.connections_are_exhausted() RETURNS boolean
LANGUAGE plpgsql AS $connections_are_exhausted$
BEGIN
    PERFORM pg_stat_clear_snapshot();
    RETURN (
        SELECT count(*) + 1 >= current_setting('max_connections')::int
                   - CASE WHEN r.rolsuper THEN 0
                          ELSE current_setting('superuser_reserved_connections')::int
                               + coalesce(current_setting('reserved_connections', true)::int, 0)
                     END
               OR NOT r.rolsuper AND d.datconnlimit >= 0
                   AND count(*) FILTER (WHERE a.datid = d.oid) + 1 >= d.datconnlimit
               OR NOT r.rolsuper AND r.rolconnlimit >= 0
                   AND count(*) FILTER (WHERE a.usesysid = r.oid) + 1 >= r.rolconnlimit
        FROM pg_roles r, pg_database d, pg_stat_activity a
        WHERE r.rolname = current_user
          AND d.datname = current_database()
          AND coalesce(a.backend_type, 'client backend') = 'client backend'
        GROUP BY r.oid, r.rolsuper, r.rolconnlimit, d.oid, d.datconnlimit);
END
$connections_are_exhausted$;

-- Opens the session of a dblink worker under the name and with the settings of this one, and returns its pid. It does nothing yet:
-- should this session end, so does it.
CREATE FUNCTION bookvotes.open_dblink_worker() RETURNS int
LANGUAGE plpgsql AS $open_dblink_worker$
DECLARE
    functions CONSTANT text := bookvotes.engine_schema('dblink');
    worker    int;
    reason    text;
BEGIN
    -- dblink would take the name for a connection string.
    IF NOT EXISTS (SELECT FROM pg_foreign_server s WHERE s.srvname = 'bookvotes_workers') THEN
        RAISE EXCEPTION 'there is no foreign server bookvotes_workers'
            USING ERRCODE = 'undefined_object', HINT = '''bookvotes doctor'' tells how to make it.';
    END IF;
    -- The statement names the foreign server only: nobody can read an address or a secret in it.
    BEGIN
        EXECUTE format('SELECT %s.dblink_connect($1, $2)', functions) USING 'bookvotes worker', 'bookvotes_workers';
    EXCEPTION WHEN sqlclient_unable_to_establish_sqlconnection THEN
        -- Why is in the message of the library, and nowhere as a SQLSTATE. A connection that was refused for want of one is told from
        -- others by looking whether there are any.
        -- Not 08001: who gets that from this function would think that it is this session which is broken.
        GET STACKED DIAGNOSTICS reason = PG_EXCEPTION_DETAIL;
        RAISE EXCEPTION 'no connection back to this server: %', reason
            USING ERRCODE = CASE WHEN bookvotes.connections_are_exhausted() THEN '53300' ELSE 'HV00N' END;
    END;

    -- What a worker of pg_background inherits. A server that looks after its clients would end a worker together with its replica.
    EXECUTE format('SELECT w.pid FROM %s.dblink($1, $2) AS w(pid int)', functions)
    INTO STRICT worker
    USING 'bookvotes worker',
          (SELECT format('SELECT pg_backend_pid() FROM (SELECT %s OFFSET 0) AS settings',
                         string_agg(format('set_config(%L, %L, false)', s.name, s.value), ', '))
           FROM (SELECT 'client_connection_check_interval' AS name, '0' AS value
                 UNION ALL
                 SELECT n.name, current_setting(n.name)
                 FROM unnest(ARRAY['application_name', 'search_path', 'statement_timeout', 'lock_timeout', 'transaction_timeout',
                                   'idle_session_timeout', 'idle_in_transaction_session_timeout',
                                   'default_transaction_isolation', 'timezone']) AS n(name)) AS s);

    PERFORM pg_stat_clear_snapshot();
    IF worker = pg_backend_pid() OR NOT EXISTS (
        SELECT FROM pg_stat_get_activity(worker) a
        JOIN pg_database d ON d.oid = a.datid
        WHERE d.datname = current_database() AND a.application_name = current_setting('application_name'))
    THEN
        RAISE EXCEPTION 'the foreign server bookvotes_workers leads to another server or database'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Workers there would not be counted.';
    END IF;
    RETURN worker;
END
$open_dblink_worker$;

-- Starts a worker and returns its handle. cookie is 0 where the engine has none.
CREATE FUNCTION bookvotes.start_worker(engine text, command text, OUT pid int, OUT cookie bigint)
LANGUAGE plpgsql AS $start_worker$
DECLARE
    functions CONSTANT text := bookvotes.engine_schema(engine);
    sent      int;
BEGIN
    CASE engine
        WHEN 'pg_background 2.0' THEN
            EXECUTE format('SELECT h.pid, h.cookie FROM %s.pg_background_launch($1) AS h', functions)
            INTO STRICT pid, cookie USING command;
        WHEN 'pg_background 1.6' THEN
            EXECUTE format('SELECT h.pid, h.cookie FROM %s.pg_background_launch_v2($1) AS h', functions)
            INTO STRICT pid, cookie USING command;
        WHEN 'pg_background 1.0' THEN
            EXECUTE format('SELECT %s.pg_background_launch($1), 0', functions) INTO STRICT pid, cookie USING command;
        WHEN 'dblink' THEN
            pid := bookvotes.open_dblink_worker();
            cookie := 0;
            EXECUTE format('SELECT %s.dblink_send_query($1, $2)', functions) INTO STRICT sent USING 'bookvotes worker', command;
            IF sent <> 1 THEN
                RAISE EXCEPTION 'the command could not be sent to the worker' USING ERRCODE = 'HV000';
            END IF;
    END CASE;
END
$start_worker$;

-- Whether a worker has ended, waiting for that at most timeout_ms milliseconds, at least one.
CREATE FUNCTION bookvotes.worker_has_ended(engine text, pid int, cookie bigint, timeout_ms int) RETURNS boolean
LANGUAGE plpgsql AS $worker_has_ended$
DECLARE
    functions CONSTANT text := bookvotes.engine_schema(engine);
    deadline  CONSTANT timestamptz := clock_timestamp() + timeout_ms * interval '1 millisecond';
    has_ended boolean;
BEGIN
    LOOP
        CASE engine
            WHEN 'pg_background 2.0' THEN
                EXECUTE format('SELECT %s.pg_background_wait($1, $2, $3)', functions) INTO has_ended USING pid, cookie, timeout_ms;
                RETURN has_ended;
            WHEN 'pg_background 1.6' THEN
                EXECUTE format('SELECT %s.pg_background_wait_v2_timeout($1, $2, $3)', functions)
                INTO has_ended USING pid, cookie, timeout_ms;
                RETURN has_ended;
            WHEN 'pg_background 1.0' THEN
                -- What it had to say is in its queue before it goes.
                PERFORM pg_stat_clear_snapshot();
                has_ended := NOT EXISTS (
                    SELECT FROM pg_stat_get_activity(worker_has_ended.pid) a
                    WHERE a.application_name = current_setting('application_name'));
            WHEN 'dblink' THEN
                EXECUTE format('SELECT %s.dblink_is_busy($1) = 0', functions) INTO has_ended USING 'bookvotes worker';
        END CASE;
        IF has_ended OR clock_timestamp() >= deadline THEN
            RETURN has_ended;
        END IF;
        PERFORM pg_sleep(0.001);
    END LOOP;
END
$worker_has_ended$;

-- Launches a worker and returns once it is to be seen in pg_stat_activity under the name of this session, or has ended.
--
-- A worker is invisible, then without a database, then without its name for the first milliseconds of its life. If this
-- session ended in that time, nobody could tell whose worker it is, and its slot would be given away although it runs.
-- A session that executes a statement does not notice that its client has gone: so the statement ends no sooner than that.
-- A worker of dblink has its name before it has its command; it is waited for until it has begun.
CREATE FUNCTION bookvotes.launch(engine text, command text, OUT pid int, OUT cookie bigint)
LANGUAGE plpgsql AS $launch$
DECLARE
    -- Only a server that is about to stop takes longer to show a worker. The oldest generation cannot tell a worker that has
    -- ended so soon from one that is not to be seen yet.
    deadline CONSTANT timestamptz := clock_timestamp()
        + CASE engine WHEN 'pg_background 1.0' THEN interval '1 second' ELSE interval '10 seconds' END;
BEGIN
    SELECT w.pid, w.cookie INTO STRICT pid, cookie FROM bookvotes.start_worker(engine, command) AS w;
    LOOP
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN EXISTS (
            SELECT FROM pg_stat_get_activity(launch.pid) a
            WHERE a.application_name = current_setting('application_name')
              AND (engine <> 'dblink' OR a.state IS DISTINCT FROM 'idle'));
        EXIT WHEN clock_timestamp() >= deadline;
        -- Takes a millisecond, less if the worker ends.
        IF engine = 'pg_background 1.0' THEN
            PERFORM pg_sleep(0.001);
        ELSE
            EXIT WHEN bookvotes.worker_has_ended(engine, launch.pid, launch.cookie, 1);
        END IF;
    END LOOP;
END
$launch$;

COMMENT ON FUNCTION bookvotes.launch(text, text) IS
'Runs one SQL command in a worker and returns its handle once the worker bears the application_name of this session.';

-- Waits for a worker, at most timeout_ms milliseconds, and says how it ended: with an error (worker_sqlstate, worker_message) or, if
-- it was to report, with the report of bookvotes.recalculate. Nothing of the worker is left in this session then.
CREATE FUNCTION bookvotes.await_worker(
    engine text,
    pid int,
    cookie bigint,
    timeout_ms int,
    reports boolean,
    OUT has_ended boolean,
    OUT worker_sqlstate text,
    OUT worker_message text,
    OUT books bigint,
    OUT batches int,
    OUT failed_books bigint,
    OUT error_sqlstate text,
    OUT error_message text,
    OUT freshness_counts bigint[],
    OUT freshness_seconds double precision[])
LANGUAGE plpgsql AS $await_worker$
DECLARE
    functions CONSTANT text := bookvotes.engine_schema(engine);
    result    CONSTANT text :=
        'SELECT * FROM ' || functions
            || CASE engine
                   WHEN 'pg_background 2.0' THEN '.pg_background_result($1, $2)'
                   WHEN 'pg_background 1.6' THEN '.pg_background_result_v2($1, $2)'
                   WHEN 'pg_background 1.0' THEN '.pg_background_result($1)'
                   WHEN 'dblink' THEN '.dblink_get_result($3)'
               END
            || CASE WHEN reports
                   THEN ' AS report(books bigint, batches int, failed_books bigint, error_sqlstate text, error_message text, '
                        'freshness_counts bigint[], freshness_seconds double precision[])'
                   ELSE ' AS done(command text)'
               END;
    report    record;
BEGIN
    has_ended := bookvotes.worker_has_ended(engine, pid, cookie, timeout_ms);
    IF NOT has_ended THEN
        RETURN;
    END IF;

    -- An error of the worker's is raised here, with its SQLSTATE.
    BEGIN
        EXECUTE result INTO report USING pid, cookie, 'bookvotes worker';
        IF reports THEN
            books := report.books;
            batches := report.batches;
            failed_books := report.failed_books;
            error_sqlstate := report.error_sqlstate;
            error_message := report.error_message;
            freshness_counts := report.freshness_counts;
            freshness_seconds := report.freshness_seconds;
            IF books IS NULL THEN
                worker_message := 'the worker ended without its report';
            END IF;
        ELSIF report.command IS NULL THEN
            worker_message := 'the worker ended without saying how';
        END IF;
    EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
        worker_sqlstate := SQLSTATE;
        worker_message := SQLERRM;
    END;

    -- A worker of pg_background is off this session's books once its result has been read, be that an error.
    IF engine = 'dblink' THEN
        EXECUTE format('SELECT %s.dblink_disconnect($1)', functions) USING 'bookvotes worker';
    END IF;
END
$await_worker$;

COMMENT ON FUNCTION bookvotes.await_worker(text, int, bigint, int, boolean) IS
'Waits a moment for a worker that bookvotes.launch() started in this session, and says how it ended.';
