-- Takes (locks) stale batches that nobody else has in hand, the oldest first, until their books are most_books or more, and returns
-- which, their books in ascending order, each once, and since when each is stale. NULLs if there are none; no books if all have marks.
--
-- A book with a mark of its own is left to that mark: it hangs or fails, and would take its batch with it. But not if somebody
-- has the mark in hand (SKIP LOCKED): he may have rated the book before the votes of this batch were there to be seen.
CREATE FUNCTION bookvotes.take_batches(
    most_books int,
    OUT batch_ids bigint[],
    OUT ids bigint[],
    OUT marks timestamptz[])
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
AS $take_batches$
DECLARE
    most_batches CONSTANT int := 200;
    batch  record;
    total  bigint := 0;
    marked bigint[];
BEGIN
    FOR batch IN
        SELECT s.batch_id, s.books FROM bookvotes.stale_batches s ORDER BY s.batch_id FOR UPDATE SKIP LOCKED
    LOOP
        batch_ids := batch_ids || batch.batch_id;
        total := total + batch.books;
        EXIT WHEN total >= most_books OR cardinality(batch_ids) >= most_batches;
    END LOOP;
    IF batch_ids IS NULL THEN
        RETURN;
    END IF;

    SELECT coalesce(array_agg(u.book_id ORDER BY u.book_id), '{}'), coalesce(array_agg(u.marked_at ORDER BY u.book_id), '{}')
    INTO ids, marks
    FROM (SELECT i.book_id, min(s.marked_at) AS marked_at
          FROM bookvotes.stale_batches s, unnest(s.book_ids) AS i (book_id)
          WHERE s.batch_id = ANY (batch_ids)
          GROUP BY i.book_id) AS u;

    marked := ARRAY(SELECT m.book_id FROM bookvotes.stale_marks m WHERE m.book_id = ANY (ids) FOR UPDATE SKIP LOCKED);
    IF cardinality(marked) > 0 THEN
        SELECT coalesce(array_agg(u.book_id ORDER BY u.book_id), '{}'), coalesce(array_agg(u.marked_at ORDER BY u.book_id), '{}')
        INTO ids, marks
        FROM unnest(ids, marks) AS u (book_id, marked_at)
        WHERE NOT EXISTS (SELECT FROM unnest(marked) AS m (book_id) WHERE m.book_id = u.book_id);
    END IF;
END
$take_batches$;

-- Recalculates the books of stale batches, batch_size books a transaction, until there are none that nobody else has in hand or
-- turn_ends. At least one transaction's worth, whatever the time.
--
-- Many batches are taken at once: books that many vote for are in most of them, and are rated once for all. Who holds the rows of
-- the batches has them in hand. They are let go with each commit, and if somebody else is faster then, they are his from the beginning.
--
-- Books that cannot be rated together get marks, and bookvotes.recalculate_marked knows what to do with those.
CREATE PROCEDURE bookvotes.recalculate_batches(
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
LANGUAGE plpgsql AS $recalculate_batches$
DECLARE
    -- More at once are fewer ratings in all, but those that come meanwhile wait until all is done.
    transactions_at_once CONSTANT int := 50;
    batch_ids  bigint[];
    ids        bigint[];
    marks      timestamptz[];
    place      int;
    some_ids   bigint[];
    some_marks timestamptz[];
    is_ours    boolean;
    is_rated   boolean;
    is_hung    boolean;
    message    text;
BEGIN
    LOOP
        SELECT t.batch_ids, t.ids, t.marks INTO batch_ids, ids, marks
        FROM bookvotes.take_batches(transactions_at_once * batch_size) AS t;
        IF batch_ids IS NULL THEN
            COMMIT;
            EXIT;
        END IF;

        is_ours := true;
        place := 1;
        WHILE place <= cardinality(ids) LOOP
            some_ids := ids[place:place + batch_size - 1];
            some_marks := marks[place:place + batch_size - 1];
            place := place + batch_size;

            SELECT t.is_rated, t.is_hung, t.message INTO is_rated, is_hung, message FROM bookvotes.try_rate(some_ids, deadline) AS t;
            IF is_hung THEN
                failed_books := failed_books + cardinality(some_ids);
                error_sqlstate := coalesce(error_sqlstate, '57014');
                error_message := coalesce(error_message, format('book %s or another: %s', some_ids[1], message));
            END IF;

            -- A crash of the server may lose the last moments of this, the batches' end and all (docs/decisions/0015).
            PERFORM set_config('synchronous_commit', 'off', true);
            batches := batches + 1;
            IF is_rated AND place > cardinality(ids) THEN
                DELETE FROM bookvotes.stale_batches s WHERE s.batch_id = ANY (batch_ids);
                batch_ids := NULL;
            END IF;
            COMMIT;

            IF is_rated THEN
                books := books + cardinality(some_ids);
                SELECT t.counts, t.seconds
                INTO freshness_counts, freshness_seconds
                FROM bookvotes.tally_freshness(freshness_bounds, some_marks, clock_timestamp(), freshness_counts, freshness_seconds) AS t;
            ELSE
                CALL bookvotes.leave_to_marks(some_ids, some_marks, is_hung, message);
            END IF;

            EXIT WHEN batch_ids IS NULL;
            -- What was let go with the commit.
            is_ours := bookvotes.take_again(batch_ids);
            EXIT WHEN NOT is_ours OR clock_timestamp() >= turn_ends;
        END LOOP;

        IF batch_ids IS NOT NULL AND is_ours THEN
            -- The turn is over, or the last books have got marks.
            IF place <= cardinality(ids) THEN
                INSERT INTO bookvotes.stale_batches (book_ids, marked_at)
                SELECT array_agg(u.book_id), min(u.marked_at)
                FROM unnest(ids[place:], marks[place:]) AS u (book_id, marked_at);
            END IF;
            DELETE FROM bookvotes.stale_batches s WHERE s.batch_id = ANY (batch_ids);
        END IF;
        PERFORM set_config('synchronous_commit', 'off', true);
        COMMIT;

        EXIT WHEN clock_timestamp() >= turn_ends;
    END LOOP;
END
$recalculate_batches$;

COMMENT ON PROCEDURE bookvotes.recalculate_batches IS 'Recalculates the books of stale batches. Called by bookvotes.recalculate.';

-- Locks stale batches once more, and tells whether nobody else has any of them.
CREATE FUNCTION bookvotes.take_again(batch_ids bigint[]) RETURNS boolean
LANGUAGE sql
SET enable_seqscan = off
AS $take_again$
    SELECT count(*) = cardinality(batch_ids)
    FROM (SELECT FROM bookvotes.stale_batches s WHERE s.batch_id = ANY (batch_ids) FOR UPDATE SKIP LOCKED) AS ours
$take_again$;
