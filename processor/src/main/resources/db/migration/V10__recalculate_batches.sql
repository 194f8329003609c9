-- Makes portions of the oldest batches that nobody else has in hand: their books, each once, in ascending order, batch_size books a
-- row. Books that many vote for are in most of the batches, and are rated once for all. The calling transaction has to commit, then
-- the portions are anybody's.
--
-- Returns a portion instead, which the calling transaction then has in hand, if one comes first, or if all there is makes no more
-- than one. taken are the rows that it is made of, NULL if there is none; marks tell since when each of its books is stale.
CREATE FUNCTION bookvotes.take_portion(
    batch_size int,
    OUT taken bigint[],
    OUT ids bigint[],
    OUT marks timestamptz[])
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
AS $take_portion$
DECLARE
    -- More at once are fewer ratings in all.
    most_portions CONSTANT int := 50;
    most_batches  CONSTANT int := 1000;
    -- A cursor of its own name takes row by row; a loop over the bare query would lock some more in advance.
    oldest CURSOR FOR
        SELECT s.batch_id, s.books, s.marks IS NOT NULL AS is_portion
        FROM bookvotes.stale_batches s
        ORDER BY s.batch_id
        FOR UPDATE SKIP LOCKED;
    total  bigint := 0;
BEGIN
    FOR batch IN oldest LOOP
        EXIT WHEN batch.is_portion AND taken IS NOT NULL;
        taken := taken || batch.batch_id;
        total := total + batch.books;
        EXIT WHEN batch.is_portion OR total >= most_portions * batch_size OR cardinality(taken) >= most_batches;
    END LOOP;
    IF taken IS NULL THEN
        RETURN;
    END IF;

    SELECT coalesce(array_agg(u.book_id ORDER BY u.book_id), '{}'), coalesce(array_agg(u.marked_at ORDER BY u.book_id), '{}')
    INTO ids, marks
    FROM (SELECT i.book_id, min(coalesce(i.mark, s.marked_at)) AS marked_at
          FROM bookvotes.stale_batches s, unnest(s.book_ids, s.marks) AS i (book_id, mark)
          WHERE s.batch_id = ANY (taken) AND i.book_id IS NOT NULL
          GROUP BY i.book_id) AS u;

    IF cardinality(ids) > batch_size THEN
        INSERT INTO bookvotes.stale_batches (marked_at, book_ids, marks)
        SELECT min(u.mark), array_agg(u.book_id ORDER BY u.book_id), array_agg(u.mark ORDER BY u.book_id)
        FROM unnest(ids, marks) WITH ORDINALITY AS u (book_id, mark, place)
        GROUP BY (u.place - 1) / batch_size
        ORDER BY (u.place - 1) / batch_size;
        DELETE FROM bookvotes.stale_batches s WHERE s.batch_id = ANY (taken);
        ids := NULL;
        marks := NULL;
    END IF;
END
$take_portion$;

-- Recalculates the books of stale batches, batch_size books a transaction, until there are none that nobody else has in hand or
-- turn_ends. At least one transaction's worth, whatever the time.
--
-- A book with a mark of its own is left to that mark: it hangs or fails, and would take all its portion with it. But not if somebody
-- has the mark in hand (SKIP LOCKED): he may have rated the book before the votes of this batch were there to be seen.
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
    taken    bigint[];
    ids      bigint[];
    marks    timestamptz[];
    marked   bigint[];
    is_rated boolean;
    is_hung  boolean;
    message  text;
BEGIN
    LOOP
        -- A crash of the server may lose the last moments of this, the batches' end and all (docs/decisions/0015).
        PERFORM set_config('synchronous_commit', 'off', true);

        SELECT t.taken, t.ids, t.marks INTO taken, ids, marks FROM bookvotes.take_portion(batch_size) AS t;
        IF ids IS NULL THEN
            COMMIT;
            EXIT WHEN taken IS NULL;
            CONTINUE;
        END IF;

        marked := bookvotes.marked_books(ids);
        IF cardinality(marked) > 0 THEN
            SELECT coalesce(array_agg(u.book_id ORDER BY u.book_id), '{}'), coalesce(array_agg(u.mark ORDER BY u.book_id), '{}')
            INTO ids, marks
            FROM unnest(ids, marks) AS u (book_id, mark)
            WHERE u.book_id <> ALL (marked);
        END IF;

        SELECT t.is_rated, t.is_hung, t.message INTO is_rated, is_hung, message FROM bookvotes.try_rate(ids, deadline) AS t;
        IF is_hung THEN
            failed_books := failed_books + cardinality(ids);
            error_sqlstate := coalesce(error_sqlstate, '57014');
            error_message := coalesce(error_message, format('book %s or another: %s', ids[1], message));
        END IF;
        IF NOT is_rated THEN
            PERFORM bookvotes.leave_to_marks(ids, marks, is_hung, message);
        END IF;
        DELETE FROM bookvotes.stale_batches s WHERE s.batch_id = ANY (taken);
        batches := batches + 1;
        COMMIT;

        IF is_rated THEN
            books := books + cardinality(ids);
            SELECT t.counts, t.seconds
            INTO freshness_counts, freshness_seconds
            FROM bookvotes.tally_freshness(freshness_bounds, marks, clock_timestamp(), freshness_counts, freshness_seconds) AS t;
        END IF;

        EXIT WHEN clock_timestamp() >= turn_ends;
    END LOOP;
END
$recalculate_batches$;

COMMENT ON PROCEDURE bookvotes.recalculate_batches IS 'Recalculates the books of stale batches. Called by bookvotes.recalculate.';

-- Which of these books have marks that nobody has in hand. They are locked, so that nobody takes them before this transaction ends,
-- but not so that another who asks the same would think that somebody has them in hand.
CREATE FUNCTION bookvotes.marked_books(ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
AS $marked_books$
BEGIN
    RETURN ARRAY(SELECT m.book_id FROM bookvotes.stale_marks m WHERE m.book_id = ANY (ids) FOR KEY SHARE SKIP LOCKED);
END
$marked_books$;
