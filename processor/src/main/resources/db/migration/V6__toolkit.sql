-- For people at a SQL prompt.

CREATE FUNCTION ${bookstore}.try_background_launch(sql text, retries int)
RETURNS TABLE (pid int, cookie bigint)
LANGUAGE plpgsql AS $try_background_launch$
DECLARE
    attempt int := 0;
BEGIN
    LOOP
        BEGIN
            RETURN QUERY
                SELECT h.pid, nullif(h.cookie, 0) FROM bookvotes.start_worker(bookvotes.engine('pg_background'), sql) AS h;
            RETURN;
        EXCEPTION
            -- This condition is all of class 53. Of it, 53400 does not get better by waiting: this session has not
            -- detached its former workers.
            WHEN insufficient_resources THEN
                IF SQLSTATE = '53400' OR attempt >= retries THEN
                    RAISE;
                END IF;
                attempt := attempt + 1;
                RAISE NOTICE 'no background worker free, try % of % follows in a second', attempt, retries;
                PERFORM pg_sleep(1);
        END;
    END LOOP;
END
$try_background_launch$;

COMMENT ON FUNCTION ${bookstore}.try_background_launch(text, int) IS
'Runs one SQL command in a background worker of pg_background and returns its handle, without a cookie before pg_background 1.6. '
'While the server has no room for it '
'(SQLSTATE class 53, but for 53400) it tries again after a second, at most "retries" times; then the error is raised.';

-- Vacuums books in a background worker and waits for it. A vacuum that cannot be had now is no error: the next one does its work.
CREATE PROCEDURE bookvotes.vacuum_books()
LANGUAGE plpgsql AS $vacuum_books$
DECLARE
    engine  text;
    worker  record;
    outcome record;
BEGIN
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
    IF outcome.worker_message IS NOT NULL THEN
        RAISE NOTICE 'the vacuum failed: % (%)', outcome.worker_message, outcome.worker_sqlstate;
    END IF;
    COMMIT;
END
$vacuum_books$;

CREATE PROCEDURE ${bookstore}.update_rating(batch_size int, age_threshold interval DEFAULT '0 sec')
LANGUAGE plpgsql AS $update_rating$
DECLARE
    -- A vacuum costs a worker and a walk over the table: it comes after so many batches, and at the end.
    batches_per_vacuum CONSTANT int := 20;
    older_than CONSTANT timestamptz := clock_timestamp() - age_threshold;
    lowest     CONSTANT bigint := -9223372036854775808;
    last_id    bigint := lowest;
    updated    bigint := 0;
    failed     boolean := false;
    unvacuumed int := 0;
    ids        bigint[];
    rated      bigint[];
    one        bigint;
BEGIN
    IF batch_size IS NULL OR batch_size < 1 THEN
        RAISE EXCEPTION 'batch_size is %, allowed is 1 and more', batch_size USING ERRCODE = 'invalid_parameter_value';
    END IF;

    LOOP
        SELECT array_agg(old.book_id) INTO ids
        FROM (SELECT b.book_id
              FROM ${bookstore}.books b
              WHERE b.book_id > last_id AND (b.rating_at IS NULL OR b.rating_at < older_than)
              ORDER BY b.book_id
              LIMIT batch_size
              FOR NO KEY UPDATE SKIP LOCKED) AS old;

        IF ids IS NULL THEN
            -- The end of a walk. Books that others had locked were skipped: walk again, until none is left.
            EXIT WHEN NOT EXISTS (
                SELECT FROM ${bookstore}.books b WHERE b.rating_at IS NULL OR b.rating_at < older_than);
            COMMIT;
            IF updated = 0 THEN
                EXIT WHEN failed;
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
                    failed := true;
                    RAISE WARNING 'book % was not updated: % (%)', one, SQLERRM, SQLSTATE;
                END;
            END LOOP;
        END;
        -- A mark that a worker has taken is left to it: waiting for it while holding its book would be a deadlock.
        DELETE FROM bookvotes.stale_marks m
        USING (SELECT t.book_id FROM bookvotes.stale_marks t WHERE t.book_id = ANY (rated) FOR UPDATE SKIP LOCKED) AS free
        WHERE m.book_id = free.book_id;
        updated := updated + cardinality(rated);
        RAISE NOTICE 'updated % rows', cardinality(rated);
        COMMIT;

        unvacuumed := unvacuumed + 1;
        IF unvacuumed = batches_per_vacuum THEN
            CALL bookvotes.vacuum_books();
            unvacuumed := 0;
        END IF;
    END LOOP;

    COMMIT;
    IF unvacuumed > 0 THEN
        CALL bookvotes.vacuum_books();
    END IF;
END
$update_rating$;

COMMENT ON PROCEDURE ${bookstore}.update_rating(int, interval) IS
'Recalculates the rating of every book that has none or one older than age_threshold, batch_size books a transaction, and vacuums '
'books in a background worker now and then, which is not one of the worker slots. Skips books that others have locked and comes back for them. '
'Call it outside of a transaction block.';
