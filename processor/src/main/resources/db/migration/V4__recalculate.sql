-- Rates books, each from the votes that are committed when its lock is had: an UPDATE that had to wait for a row, or finds it
-- changed since it began, evaluates its expressions again on what it finds.
--
-- It locks in ascending order (docs/decisions/0002) by construction: with the other joins off it is a merge join, both sides
-- of which come ascending by book_id, by index or sorted, whatever the planner thinks and however the table is
-- partitioned. A plan for any ids is as good as one for these, and planning for a thousand of them is dear.
CREATE FUNCTION bookvotes.rate(ids bigint[]) RETURNS void
LANGUAGE plpgsql
SET enable_nestloop = off
SET enable_hashjoin = off
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
AS $rate$
BEGIN
    UPDATE ${bookstore}.books b
    SET rating = ${bookstore}.rating(b.votes_up, b.votes_down),
        rating_at = clock_timestamp()
    FROM unnest(ids) AS wanted(book_id)
    WHERE b.book_id = wanted.book_id
      AND b.book_id = ANY (ids); -- for the index: the join alone would read all books

    -- What the bookstore's own triggers would check only at the commit fails here, where it can be told whose fault it is.
    -- It lasts until the transaction ends, or until a failure is caught.
    SET CONSTRAINTS ALL IMMEDIATE;
END
$rate$;

-- Adds to a histogram how long it took from each mark to the fresh rating.
CREATE FUNCTION bookvotes.tally_freshness(
    bounds double precision[],
    marks timestamptz[],
    fresh_at timestamptz,
    INOUT counts bigint[],
    INOUT seconds double precision[])
LANGUAGE plpgsql AS $tally_freshness$
BEGIN
    SELECT array_agg(old.n + coalesce(fresh.n, 0) ORDER BY old.bucket),
           array_agg(old.seconds + coalesce(fresh.seconds, 0) ORDER BY old.bucket)
    INTO counts, seconds
    FROM unnest(counts, seconds) WITH ORDINALITY AS old(n, seconds, bucket)
    LEFT JOIN (SELECT width_bucket(aged.age, bounds) + 1 AS bucket, count(*) AS n, sum(aged.age) AS seconds
               FROM (SELECT greatest(0, extract(epoch FROM fresh_at - mark.marked_at))::double precision AS age
                     FROM unnest(marks) AS mark(marked_at)) AS aged
               GROUP BY 1) AS fresh USING (bucket);
END
$tally_freshness$;

-- Takes (locks) the next marks that are due and that nobody else has taken. NULLs if there are none.
--
-- The planner's statistics of a table that fills and empties all day are always wrong. By its index, in order, is the way:
-- it ends with the limit, and it remembers which of its entries are dead, of which there are more than live ones.
CREATE FUNCTION bookvotes.take_marks(
    after_id bigint,
    take int,
    OUT ids bigint[],
    OUT marks timestamptz[],
    OUT states text[])
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_sort = off
SET plan_cache_mode = force_generic_plan
AS $take_marks$
BEGIN
    SELECT array_agg(taken.book_id), array_agg(taken.marked_at), array_agg(taken.sqlstate)
    INTO ids, marks, states
    FROM (SELECT m.book_id, m.marked_at, m.sqlstate
          FROM bookvotes.stale_marks m
          WHERE m.book_id > after_id AND (m.retry_at IS NULL OR m.retry_at <= clock_timestamp())
          ORDER BY m.book_id
          LIMIT take
          FOR UPDATE SKIP LOCKED) AS taken;
END
$take_marks$;

-- Recalculates the books whose marks the calling transaction has taken (locked). The marks go last: only who holds the
-- book may take its mark away, and by then this transaction waits for nothing any more.
CREATE FUNCTION bookvotes.recalculate_taken(ids bigint[]) RETURNS void
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
AS $recalculate_taken$
BEGIN
    PERFORM bookvotes.rate(ids);
    DELETE FROM bookvotes.stale_marks m WHERE m.book_id = ANY (ids);
END
$recalculate_taken$;

-- One worker does many batches: it takes stale marks, recalculates their books and commits, again and again,
-- until less than a batch was found in a walk over all marks or its turn ends.
--
-- Walks go by book_id, so that a batch lies together in the heap, and the first one starts at a random place, so that
-- no book is always last and several workers do not tread on each other.
--
-- A batch that fails is tried again book by book. Books that fail alone stay stale, with the reason, and are due again
-- after a growing pause: they do not hold up the others. Their number comes back in failed_books with the first error.
-- Books that somebody holds for longer than lock_timeout are left out in the same way. Only if the whole table is held does
-- the run end, with 55P03.
--
-- A batch can also hang, for ever if a trigger of the bookstore does. Then the statement_timeout of the session, which its
-- caller sets beyond the time budget, ends the batch, its books are suspects, and the run ends. Suspects are tried one at a
-- time: the innocent become fresh, and the one that hangs is left alone for ten times as long as it took, so that it costs
-- no more than a tenth of a worker.
CREATE PROCEDURE bookvotes.recalculate_marked(
    batch_size int,
    turn_ends timestamptz,
    deadline timestamptz,
    freshness_bounds double precision[],
    INOUT books bigint,
    INOUT batches int,
    INOUT failed_books bigint,
    INOUT error_sqlstate text,
    INOUT error_message text,
    INOUT freshness_counts bigint[],
    INOUT freshness_seconds double precision[])
LANGUAGE plpgsql AS $recalculate_marked$
DECLARE
    lowest     CONSTANT bigint := -9223372036854775808;
    hung       CONSTANT text := '57014';
    take       int := batch_size;
    suspect_at int;
    began      timestamptz;
    last_id    bigint;
    from_start boolean := false;
    walked     bigint := 0;
    ids        bigint[];
    marks      timestamptz[];
    alone      bigint[];
    poisoned   bigint[];
    states     text[];
    errors     text[];
    one        bigint;
    state      text;
    message    text;
    committed_at timestamptz;
BEGIN
    SELECT min(m.book_id) - 1 + floor(random() * (max(m.book_id)::double precision - min(m.book_id)))::bigint
    INTO last_id
    FROM bookvotes.stale_marks m;
    IF last_id IS NULL THEN
        RETURN;
    END IF;

    LOOP
        -- A crash of the server may lose the last moments of this, the marks' end and all (docs/decisions/0015).
        PERFORM set_config('synchronous_commit', 'off', true);

        SELECT taken.ids, taken.marks, array_position(taken.states, hung)
        INTO ids, marks, suspect_at
        FROM bookvotes.take_marks(last_id, take) AS taken;

        IF ids IS NULL THEN
            COMMIT;
            EXIT WHEN from_start AND walked < batch_size;
            last_id := lowest;
            from_start := true;
            walked := 0;
            take := batch_size;
            CONTINUE;
        END IF;

        take := batch_size;
        IF suspect_at IS NOT NULL THEN
            -- Up to the suspect, or the suspect alone. The marks beyond are taken in vain: not so many again for the next.
            ids := ids[1:greatest(1, suspect_at - 1)];
            marks := marks[1:greatest(1, suspect_at - 1)];
            take := 1;
        END IF;

        last_id := ids[cardinality(ids)];
        walked := walked + cardinality(ids);
        poisoned := '{}';
        states := '{}';
        errors := '{}';
        alone := '{}';
        began := clock_timestamp();
        BEGIN
            PERFORM bookvotes.recalculate_taken(ids);
        EXCEPTION
            WHEN query_canceled THEN
                -- Within the time budget it was somebody who wants this worker to end. Beyond, it was the timeout; that
                -- goes off once, so that there is time enough now to write down whom it met.
                IF clock_timestamp() < deadline THEN
                    RAISE;
                END IF;
                GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
                poisoned := ids;
                states := array_fill(hung, ARRAY[cardinality(poisoned)]);
                errors := array_fill(message, ARRAY[cardinality(poisoned)]);
            WHEN lock_not_available THEN
                GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
                LOCK TABLE ${bookstore}.books IN ROW EXCLUSIVE MODE;
                SELECT coalesce(array_agg(unheld.book_id), '{}') INTO alone
                FROM (SELECT b.book_id
                      FROM ${bookstore}.books b
                      WHERE b.book_id = ANY (ids)
                      ORDER BY b.book_id
                      FOR NO KEY UPDATE SKIP LOCKED) AS unheld;
                poisoned := ARRAY(SELECT id FROM unnest(ids) AS id WHERE id <> ALL (alone));
                states := array_fill(state, ARRAY[cardinality(poisoned)]);
                errors := array_fill(message, ARRAY[cardinality(poisoned)]);
            WHEN OTHERS THEN
                alone := ids;
        END;

        FOREACH one IN ARRAY alone LOOP
            BEGIN
                PERFORM bookvotes.recalculate_taken(ARRAY[one]);
            EXCEPTION
                WHEN query_canceled THEN
                    IF clock_timestamp() < deadline THEN
                        RAISE;
                    END IF;
                    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
                    -- With all that were not tried: nothing would end the next one that hangs.
                    poisoned := poisoned || alone[array_position(alone, one):];
                    states := states || array_fill(hung, ARRAY[cardinality(poisoned) - cardinality(states)]);
                    errors := errors || array_fill(message, ARRAY[cardinality(poisoned) - cardinality(errors)]);
                    EXIT;
                WHEN OTHERS THEN
                    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
                    poisoned := poisoned || one;
                    states := states || state;
                    errors := errors || message;
            END;
        END LOOP;

        IF cardinality(poisoned) > 0 THEN
            -- Last, when this transaction waits for nothing any more: others may wait for these rows.
            UPDATE bookvotes.stale_marks m
            SET failures = m.failures + 1,
                retry_at = clock_timestamp()
                    + CASE
                          WHEN p.state = hung AND cardinality(ids) = 1 THEN 10 * (clock_timestamp() - began)
                          ELSE least(interval '1 minute', interval '1 second' * 2 ^ least(m.failures, 10))
                      END,
                sqlstate = p.state,
                error = p.message
            FROM unnest(poisoned, states, errors) AS p(book_id, state, message)
            WHERE m.book_id = p.book_id;
            error_sqlstate := coalesce(error_sqlstate, states[1]);
            error_message := coalesce(error_message, format('book %s: %s', poisoned[1], errors[1]));
            failed_books := failed_books + cardinality(poisoned);
        END IF;

        books := books + cardinality(ids) - cardinality(poisoned);
        batches := batches + 1;
        COMMIT;
        committed_at := clock_timestamp();

        IF cardinality(poisoned) > 0 THEN
            marks := ARRAY(SELECT mark.marked_at
                           FROM unnest(ids, marks) AS mark(book_id, marked_at)
                           WHERE mark.book_id <> ALL (poisoned));
        END IF;
        SELECT t.counts, t.seconds
        INTO freshness_counts, freshness_seconds
        FROM bookvotes.tally_freshness(freshness_bounds, marks, committed_at, freshness_counts, freshness_seconds) AS t;

        EXIT WHEN clock_timestamp() >= turn_ends;
    END LOOP;
END
$recalculate_marked$;

-- Recalculates what is stale, batches, marked books and ranges in turn, until nothing is left that this worker can have or the
-- time budget is spent. Batches come first: somebody has just voted for their books.
--
-- freshness_bounds are the ascending upper bounds, in seconds, of a histogram of the time from mark to fresh rating.
-- freshness_counts and freshness_seconds return, for each bound and one beyond the last, how many books fell there and
-- the sum of their times.
CREATE PROCEDURE bookvotes.recalculate(
    batch_size int,
    time_budget interval,
    freshness_bounds double precision[],
    INOUT books bigint DEFAULT 0,
    INOUT batches int DEFAULT 0,
    INOUT failed_books bigint DEFAULT 0,
    INOUT error_sqlstate text DEFAULT NULL,
    INOUT error_message text DEFAULT NULL,
    INOUT freshness_counts bigint[] DEFAULT NULL,
    INOUT freshness_seconds double precision[] DEFAULT NULL)
LANGUAGE plpgsql AS $recalculate$
DECLARE
    deadline CONSTANT timestamptz := clock_timestamp() + time_budget;
    -- While others wait, nobody gets more than that at a time.
    turn     CONSTANT interval := '1 second';
    -- Who has no time at all gets one thing done: each in its turn, over many runs.
    phase    int := CASE WHEN time_budget > interval '0' THEN 0 ELSE floor(random() * 3)::int END;
    range_id bigint;
    before   int;
    in_vain  int := 0;
BEGIN
    freshness_counts := array_fill(0::bigint, ARRAY[cardinality(freshness_bounds) + 1]);
    freshness_seconds := array_fill(0::double precision, ARRAY[cardinality(freshness_bounds) + 1]);

    LOOP
        before := batches;
        IF phase % 3 = 0 THEN
            CALL bookvotes.recalculate_batches(
                batch_size, least(deadline, clock_timestamp() + turn), deadline, freshness_bounds, books, batches, failed_books,
                error_sqlstate, error_message, freshness_counts, freshness_seconds);
        ELSIF phase % 3 = 1 THEN
            CALL bookvotes.recalculate_marked(
                batch_size, least(deadline, clock_timestamp() + turn), deadline, freshness_bounds, books, batches, failed_books,
                error_sqlstate, error_message, freshness_counts, freshness_seconds);
        ELSE
            range_id := coalesce(range_id, 0);
            CALL bookvotes.recalculate_range(
                batch_size, deadline, freshness_bounds, range_id, books, batches, failed_books, error_sqlstate, error_message,
                freshness_counts, freshness_seconds);
        END IF;
        in_vain := CASE WHEN batches = before AND (phase % 3 < 2 OR range_id IS NULL) THEN in_vain + 1 ELSE 0 END;
        EXIT WHEN in_vain = 3 OR batches > 0 AND clock_timestamp() >= deadline;
        phase := phase + 1;
    END LOOP;

    IF batches > 0 THEN
        -- What is reported as done is on disk: this commit waits for its own log and thereby for all before it.
        PERFORM pg_logical_emit_message(true, 'bookvotes', ''::text);
        COMMIT;
    END IF;
END
$recalculate$;

COMMENT ON PROCEDURE bookvotes.recalculate IS 'Recalculates the ratings of stale books, batch by batch, within a time budget.';
COMMENT ON PROCEDURE bookvotes.recalculate_marked IS 'Recalculates the books that have marks. Called by bookvotes.recalculate.';
