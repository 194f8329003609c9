-- For people at a SQL prompt: docs/sql-toolkit.md.

CREATE FUNCTION ${bookstore}.try_background_launch(sql text, retries int)
RETURNS TABLE (pid int, cookie bigint)
LANGUAGE plpgsql AS $try_background_launch$
DECLARE
    attempt int := 0;
BEGIN
    IF sql IS NULL THEN
        RAISE EXCEPTION 'sql is NULL, needed is a command' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF retries IS NULL OR retries < 0 THEN
        RAISE EXCEPTION 'retries is %, allowed is 0 and more', retries USING ERRCODE = 'invalid_parameter_value';
    END IF;

    LOOP
        BEGIN
            RETURN QUERY
                SELECT h.pid, nullif(h.cookie, 0) FROM bookvotes.start_worker(bookvotes.engine('pg_background'), sql) AS h;
            RETURN;
        EXCEPTION
            -- This condition is all of class 53: the pool is empty (53000), shared memory has no room (53100, 53200), and whatever
            -- else others may give back. But 53400 does not get better by waiting: this session has not detached its former
            -- workers.
            WHEN insufficient_resources THEN
                IF SQLSTATE = '53400' OR attempt >= retries THEN
                    RAISE;
                END IF;
                attempt := attempt + 1;
                RAISE NOTICE '% (%), try % of % follows in a second', SQLERRM, SQLSTATE, attempt, retries;
                PERFORM pg_sleep(1);
        END;
    END LOOP;
END
$try_background_launch$;

COMMENT ON FUNCTION ${bookstore}.try_background_launch(text, int) IS
'Runs one SQL command in a background worker of pg_background and returns its handle, without a cookie before pg_background 1.6. '
'While the server has no room for it '
'(SQLSTATE class 53, but for 53400) it tries again after a second, at most "retries" times; then the error is raised.';

-- Whether a vacuum is worth it after so many rows of books were updated: from a fiftieth of the table on. So a walk over all books has
-- fifty vacuums at most, however large its batches are. What the server has not counted yet it counts in the vacuum.
CREATE FUNCTION bookvotes.is_worth_vacuum(updated bigint) RETURNS boolean
LANGUAGE sql STABLE AS $is_worth_vacuum$
    SELECT updated > 0 AND updated >= coalesce(sum(greatest(c.reltuples, 0)), 0) / 50
    FROM pg_class c
    WHERE c.oid = '${bookstore}.books'::regclass
       OR c.oid IN (SELECT p.relid FROM pg_partition_tree('${bookstore}.books') p WHERE p.isleaf)
$is_worth_vacuum$;

-- Vacuums books in a background worker and waits for it. A vacuum that cannot be had now is no error: the next one does its work.
-- updated is how many rows were updated since the last one, which is how many old versions there are to remove. It returns how many
-- of them still wait for a vacuum: all if this one did nothing, else none.
CREATE PROCEDURE bookvotes.vacuum_books(INOUT updated bigint)
LANGUAGE plpgsql AS $vacuum_books$
DECLARE
    engine  text;
    worker  record;
    outcome record;
    dead    bigint;
BEGIN
    -- Without the right to it a vacuum ends well and does nothing.
    IF NOT (has_table_privilege('${bookstore}.books', 'MAINTAIN')
            OR pg_has_role((SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()), 'USAGE')) THEN
        RAISE NOTICE 'no vacuum: % has no right to (GRANT MAINTAIN ON books)', current_user;
        RETURN;
    END IF;

    BEGIN
        engine := bookvotes.engine('pg_background');
        SELECT h.pid, coalesce(h.cookie, 0) AS cookie INTO STRICT worker
        FROM ${bookstore}.try_background_launch('VACUUM (PARALLEL 0) ${bookstore}.books', 3) AS h;
    EXCEPTION WHEN insufficient_resources OR undefined_object THEN
        RAISE NOTICE 'no vacuum: % (%)', SQLERRM, SQLSTATE;
        RETURN;
    END;
    LOOP
        -- Nothing may be locked or seen by this transaction while it waits for the worker.
        COMMIT;
        SELECT * INTO outcome FROM bookvotes.await_worker(engine, worker.pid, worker.cookie, 100, false);
        EXIT WHEN outcome.has_ended;
    END LOOP;
    PERFORM pg_stat_clear_snapshot();
    SELECT sum(pg_stat_get_dead_tuples(c.oid)) INTO dead
    FROM pg_class c
    WHERE c.oid = '${bookstore}.books'::regclass
       OR c.oid IN (SELECT p.relid FROM pg_partition_tree('${bookstore}.books') p WHERE p.isleaf);
    IF outcome.worker_message IS NOT NULL THEN
        RAISE NOTICE 'the vacuum failed: % (%)', outcome.worker_message, outcome.worker_sqlstate;
    ELSIF dead >= updated THEN
        RAISE NOTICE 'vacuumed in vain: an older snapshot may still see the % dead rows', dead;
    ELSE
        RAISE NOTICE 'vacuumed';
        updated := 0;
    END IF;
    COMMIT;
END
$vacuum_books$;

CREATE PROCEDURE ${bookstore}.update_rating(batch_size int, age_threshold interval DEFAULT '0 sec')
LANGUAGE plpgsql AS $update_rating$
DECLARE
    older_than CONSTANT timestamptz := clock_timestamp() - age_threshold;
    lowest     CONSTANT bigint := -9223372036854775808;
    last_id    bigint := lowest;
    updated    bigint := 0; -- in this walk
    unvacuumed bigint := 0;
    tried      bigint := 0; -- of those, when a vacuum did nothing
    failing    bigint[] := '{}'; -- in this walk
    failed     bigint[] := '{}'; -- in those before
    ids        bigint[];
    rated      bigint[];
    one        bigint;
BEGIN
    IF batch_size IS NULL OR batch_size < 1 THEN
        RAISE EXCEPTION 'batch_size is %, allowed is 1 and more', batch_size USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- With a threshold in the future a rating would be too old as soon as it is there.
    IF age_threshold IS NULL OR age_threshold < interval '0' THEN
        RAISE EXCEPTION 'age_threshold is %, allowed is 0 and more', age_threshold USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- In a transaction block this fails before anything is done.
    COMMIT;

    LOOP
        SELECT array_agg(old.book_id) INTO ids
        FROM (SELECT b.book_id
              FROM ${bookstore}.books b
              WHERE b.book_id > last_id AND (b.rating_at IS NULL OR b.rating_at < older_than) AND b.book_id <> ALL (failed)
              ORDER BY b.book_id
              LIMIT batch_size
              FOR NO KEY UPDATE SKIP LOCKED) AS old;

        IF ids IS NULL THEN
            -- The end of a walk. Books that others had locked were skipped: walk again, until none is left but those that fail.
            failed := failed || failing;
            failing := '{}';
            EXIT WHEN NOT EXISTS (
                SELECT FROM ${bookstore}.books b
                WHERE (b.rating_at IS NULL OR b.rating_at < older_than) AND b.book_id <> ALL (failed));
            COMMIT;
            IF updated = 0 THEN
                PERFORM pg_sleep(1);
            END IF;
            last_id := lowest;
            updated := 0;
            CONTINUE;
        END IF;

        last_id := ids[cardinality(ids)];
        rated := ids;
        BEGIN
            PERFORM bookvotes.rate(ids);
        EXCEPTION WHEN OTHERS THEN
            -- One book at a time, so that those that can be rated are.
            rated := '{}';
            FOREACH one IN ARRAY ids LOOP
                BEGIN
                    PERFORM bookvotes.rate(ARRAY[one]);
                    rated := rated || one;
                EXCEPTION WHEN OTHERS THEN
                    failing := failing || one;
                    RAISE WARNING 'book % was not updated: % (%)', one, SQLERRM, SQLSTATE;
                END;
            END LOOP;
        END;
        -- A mark that a worker has taken is left to it: waiting for it while holding its book would be a deadlock.
        DELETE FROM bookvotes.stale_marks m
        USING (SELECT t.book_id FROM bookvotes.stale_marks t WHERE t.book_id = ANY (rated) FOR UPDATE SKIP LOCKED) AS free
        WHERE m.book_id = free.book_id;
        updated := updated + cardinality(rated);
        COMMIT;
        -- After the commit: in a worker whose queue is full this waits until somebody reads.
        RAISE NOTICE 'updated % rows', cardinality(rated);

        unvacuumed := unvacuumed + cardinality(rated);
        IF bookvotes.is_worth_vacuum(unvacuumed - tried) THEN
            CALL bookvotes.vacuum_books(unvacuumed);
            tried := unvacuumed;
        END IF;
    END LOOP;

    COMMIT;
    -- What was in the way of an earlier vacuum may have gone.
    IF tried > 0 AND unvacuumed > tried AND bookvotes.is_worth_vacuum(unvacuumed) THEN
        CALL bookvotes.vacuum_books(unvacuumed);
    END IF;
END
$update_rating$;

COMMENT ON PROCEDURE ${bookstore}.update_rating(int, interval) IS
'Recalculates the rating of every book that has none or one older than age_threshold, batch_size books a transaction, and vacuums '
'books in a background worker, which is not one of the worker slots, whenever a fiftieth of the table was updated. Skips books that others '
'have locked and comes back for them; warns of a book that cannot be updated and leaves it. Call it outside of a transaction block.';
