-- Marks the books whose rating is older than max_age (zero: all books) as stale: one range of ids a call. It locks no book.
CREATE PROCEDURE bookvotes.mark_stale(
    max_age interval,
    range_size int,
    INOUT after_id bigint,
    INOUT marked bigint DEFAULT 0,
    INOUT finished boolean DEFAULT false)
LANGUAGE plpgsql AS $mark_stale$
DECLARE
    -- NOT BETWEEN: a rating from the future is from a clock that was wrong.
    rated_before CONSTANT timestamptz := clock_timestamp() - max_age;
    first_id     bigint;
    range_end    bigint;
BEGIN
    PERFORM set_config('enable_seqscan', 'off', true);
    IF max_age <= interval '0' THEN
        -- Told apart because the index alone answers it.
        SELECT min(walk.book_id), max(walk.book_id), count(*)
        INTO first_id, range_end, marked
        FROM (SELECT b.book_id FROM ${bookstore}.books b WHERE b.book_id > after_id ORDER BY b.book_id LIMIT range_size) AS walk;
    ELSE
        SELECT min(walk.book_id), max(walk.book_id),
               count(*) FILTER (WHERE walk.rating_at IS NULL OR walk.rating_at NOT BETWEEN rated_before AND clock_timestamp())
        INTO first_id, range_end, marked
        FROM (SELECT b.book_id, b.rating_at
              FROM ${bookstore}.books b WHERE b.book_id > after_id ORDER BY b.book_id LIMIT range_size) AS walk;
    END IF;

    IF range_end IS NULL THEN
        finished := true;
        RETURN;
    END IF;

    IF marked > 0 THEN
        INSERT INTO bookvotes.stale_ranges (first_id, last_id, rated_before, books)
        VALUES (first_id, range_end, rated_before, marked);
    END IF;

    -- Books that are pausing after a failure are due at once. Marks that a worker has taken are about to be seen to anyway.
    UPDATE bookvotes.stale_marks m
    SET retry_at = NULL
    FROM (SELECT p.book_id
          FROM bookvotes.stale_marks p
          JOIN ${bookstore}.books b USING (book_id)
          WHERE p.book_id BETWEEN first_id AND range_end AND p.retry_at IS NOT NULL
            AND (b.rating_at IS NULL OR b.rating_at NOT BETWEEN rated_before AND clock_timestamp())
          FOR UPDATE OF p SKIP LOCKED) AS pausing
    WHERE m.book_id = pausing.book_id;

    after_id := range_end;
END
$mark_stale$;

COMMENT ON PROCEDURE bookvotes.mark_stale IS 'Marks one range of books as stale, from after_id on. Call it until finished.';

-- Rates books and tells whether that worked: it did if it is_rated. If it did not, their locks are released, and is_hung tells
-- whether it was because of the statement_timeout beyond the deadline.
CREATE FUNCTION bookvotes.try_rate(
    ids bigint[],
    deadline timestamptz,
    OUT is_rated boolean,
    OUT is_hung boolean,
    OUT message text)
LANGUAGE plpgsql AS $try_rate$
BEGIN
    is_rated := true;
    is_hung := false;
    PERFORM bookvotes.rate(ids);
EXCEPTION
    WHEN query_canceled THEN
        -- As in recalculate_marked.
        IF clock_timestamp() < deadline THEN
            RAISE;
        END IF;
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
        is_rated := false;
        is_hung := true;
    WHEN lock_not_available THEN
        -- Somebody holds one of the books, or all: that ends the run.
        LOCK TABLE ${bookstore}.books IN ROW EXCLUSIVE MODE;
        is_rated := false;
    WHEN OTHERS THEN
        is_rated := false;
END
$try_rate$;

-- Gives books that could not be rated together marks of their own: bookvotes.recalculate_marked knows what to do with those. ids
-- must be ascending; the caller must hold no book.
--
-- It may wait for somebody who has such a mark in hand, and has to: he may have rated the book before the votes that make it stale
-- now, and is about to delete the mark. If he takes too long, the book becomes a batch, which waits for nobody.
CREATE FUNCTION bookvotes.leave_to_marks(ids bigint[], stale_since timestamptz[], is_hung boolean, message text) RETURNS void
LANGUAGE plpgsql AS $leave_to_marks$
BEGIN
    FOR i IN 1..cardinality(ids) LOOP
        BEGIN
            INSERT INTO bookvotes.stale_marks AS m (book_id, marked_at, failures, retry_at, sqlstate, error)
            VALUES (ids[i], stale_since[i], is_hung::int, CASE WHEN is_hung THEN clock_timestamp() + interval '1 second' END,
                    CASE WHEN is_hung THEN '57014' END, message)
            ON CONFLICT (book_id) DO UPDATE
            SET marked_at = least(m.marked_at, excluded.marked_at),
                retry_at = coalesce(excluded.retry_at, m.retry_at),
                sqlstate = coalesce(excluded.sqlstate, m.sqlstate),
                error = coalesce(excluded.error, m.error);
        EXCEPTION WHEN lock_not_available THEN
            INSERT INTO bookvotes.stale_batches (book_ids, marked_at) VALUES (ARRAY[ids[i]], stale_since[i]);
        END;
    END LOOP;
END
$leave_to_marks$;

-- Recalculates the books of the next stale range behind range_id that nobody else has in hand, and returns its id; of the
-- first one if there is none behind, NULL if there is none at all. At least one batch, whatever the time.
--
-- Who holds the row of the range has it in hand. It is let go with each commit, and if somebody else is faster then, he finds
-- what is left by the books themselves (rated_before): nothing but the range is kept of how far anybody came.
--
-- It goes over the range in passes, each of which takes every fifth book. A page that was filled to 80 % has room for a fifth
-- of its rows once more, so that a pass finds room for the new versions beside the old ones (HOT), and the next pass takes
-- the room of those. So the heap does not grow and there is nothing left for a vacuum. A pass has many batches because the
-- room of a row is free only when every transaction has ended that began before its update did.
--
-- A batch that fails for whatever reason is not tried here again: its books get marks, and bookvotes.recalculate_marked
-- knows what to do with those.
CREATE PROCEDURE bookvotes.recalculate_range(
    batch_size int,
    deadline timestamptz,
    freshness_bounds double precision[],
    INOUT range_id bigint,
    INOUT books bigint,
    INOUT batches int,
    INOUT failed_books bigint,
    INOUT error_sqlstate text,
    INOUT error_message text,
    INOUT freshness_counts bigint[],
    INOUT freshness_seconds double precision[])
LANGUAGE plpgsql AS $recalculate_range$
DECLARE
    passes      CONSTANT int := 5;
    stale       bookvotes.stale_ranges;
    ids         bigint[];
    step        int;
    pass        int := 1;
    place       int := 1;
    batch       bigint[];
    is_finished boolean;
    is_rated    boolean;
    is_hung     boolean;
    message     text;
    age         double precision;
    bucket      int;
BEGIN
    SELECT r.* INTO stale
    FROM bookvotes.stale_ranges r
    ORDER BY r.range_id <= recalculate_range.range_id, r.range_id
    LIMIT 1
    FOR UPDATE SKIP LOCKED;
    range_id := stale.range_id;
    IF range_id IS NULL THEN
        COMMIT;
        RETURN;
    END IF;

    PERFORM set_config('enable_seqscan', 'off', true);
    SELECT coalesce(array_agg(old.book_id), '{}') INTO ids
    FROM (SELECT b.book_id
          FROM ${bookstore}.books b
          WHERE b.book_id BETWEEN stale.first_id AND stale.last_id
            AND (b.rating_at IS NULL OR b.rating_at NOT BETWEEN stale.rated_before AND clock_timestamp())
            AND NOT EXISTS (SELECT
                            FROM bookvotes.stale_marks m
                            WHERE m.book_id = b.book_id AND m.book_id BETWEEN stale.first_id AND stale.last_id)
          ORDER BY b.book_id) AS old;
    step := passes * least(batch_size, cardinality(ids));

    LOOP
        IF place > cardinality(ids) THEN
            pass := pass + 1;
            place := pass;
        END IF;
        is_finished := pass > passes OR place > cardinality(ids);
        EXIT WHEN is_finished OR batch IS NOT NULL AND clock_timestamp() >= deadline;

        IF batch IS NOT NULL THEN
            PERFORM FROM bookvotes.stale_ranges r WHERE r.range_id = stale.range_id FOR UPDATE SKIP LOCKED;
            EXIT WHEN NOT FOUND;
        END IF;

        batch := ARRAY(SELECT ids[i] FROM generate_series(place, least(place + step - 1, cardinality(ids)), passes) AS i);
        place := place + step;
        SELECT t.is_rated, t.is_hung, t.message INTO is_rated, is_hung, message FROM bookvotes.try_rate(batch, deadline) AS t;
        IF is_hung THEN
            failed_books := failed_books + cardinality(batch);
            error_sqlstate := coalesce(error_sqlstate, '57014');
            error_message := coalesce(error_message, format('book %s or another: %s', batch[1], message));
        END IF;

        IF NOT is_rated THEN
            PERFORM bookvotes.leave_to_marks(batch, array_fill(stale.marked_at, ARRAY[cardinality(batch)]), is_hung, message);
        END IF;

        PERFORM set_config('synchronous_commit', 'off', true);
        batches := batches + 1;
        COMMIT;

        IF is_rated THEN
            books := books + cardinality(batch);
            age := greatest(0, extract(epoch FROM clock_timestamp() - stale.marked_at));
            bucket := width_bucket(age, freshness_bounds) + 1;
            freshness_counts[bucket] := freshness_counts[bucket] + cardinality(batch);
            freshness_seconds[bucket] := freshness_seconds[bucket] + cardinality(batch) * age;
        END IF;
    END LOOP;

    IF is_finished THEN
        -- The old versions of the last pass: who reads a page that is full clears it.
        PERFORM bookvotes.prune(ARRAY(SELECT ids[i] FROM generate_series(passes, cardinality(ids), passes) AS i));
        DELETE FROM bookvotes.stale_ranges r WHERE r.range_id = stale.range_id;
    END IF;
    COMMIT;
END
$recalculate_range$;

COMMENT ON PROCEDURE bookvotes.recalculate_range IS 'Recalculates the books of one stale range. Called by bookvotes.recalculate.';

-- Reads books where they lie, so that the server removes dead rows from their pages. Returns how many it found.
CREATE FUNCTION bookvotes.prune(ids bigint[]) RETURNS bigint
LANGUAGE plpgsql
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_indexonlyscan = off
SET plan_cache_mode = force_generic_plan
AS $prune$
BEGIN
    RETURN (SELECT count(*) FROM ${bookstore}.books b WHERE b.book_id = ANY (ids));
END
$prune$;

COMMENT ON FUNCTION bookvotes.prune IS 'Has the server clear the pages of these books of dead rows. Called by bookvotes.recalculate_range.';
