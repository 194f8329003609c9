-- Marks the books whose rating is older than max_age (zero: all books) as stale, a range of ids a transaction.
-- Like everybody who puts marks, it holds the row locks of the books, taken in ascending order, while it does.
CREATE PROCEDURE bookvotes.mark_stale(
    max_age interval,
    batch_size int,
    INOUT after_id bigint,
    INOUT marked bigint DEFAULT 0,
    INOUT finished boolean DEFAULT false)
LANGUAGE plpgsql AS $mark_stale$
DECLARE
    range_end bigint;
    ids       bigint[];
BEGIN
    SELECT max(walk.book_id) INTO range_end
    FROM (SELECT b.book_id FROM ${bookstore}.books b WHERE b.book_id > after_id ORDER BY b.book_id LIMIT batch_size) AS walk;

    IF range_end IS NULL THEN
        finished := true;
        RETURN;
    END IF;

    SELECT array_agg(old.book_id) INTO ids
    FROM (SELECT b.book_id
          FROM ${bookstore}.books b
          WHERE b.book_id > after_id AND b.book_id <= range_end
            AND (b.rating_at IS NULL OR b.rating_at <= clock_timestamp() - max_age)
          ORDER BY b.book_id
          FOR NO KEY UPDATE) AS old;

    INSERT INTO bookvotes.stale_books (book_id)
    SELECT unnest(ids)
    ON CONFLICT (book_id) DO NOTHING;

    -- Books that are pausing after a failure are due at once. Marks that a worker has taken are about to be seen to anyway.
    UPDATE bookvotes.stale_books m
    SET retry_at = NULL
    FROM (SELECT p.book_id
          FROM bookvotes.stale_books p
          WHERE p.book_id = ANY (ids) AND p.retry_at IS NOT NULL
          FOR UPDATE SKIP LOCKED) AS pausing
    WHERE m.book_id = pausing.book_id;

    marked := coalesce(cardinality(ids), 0);
    after_id := range_end;
END
$mark_stale$;

COMMENT ON PROCEDURE bookvotes.mark_stale IS 'Marks one range of books as stale, from after_id on. Call it until finished.';
