-- Adds votes to books and marks them stale. book_ids must be ascending and differ.
-- Returns how many books it has found: fewer than it was given if some do not exist, or a trigger suppressed their update.
--
-- The update itself takes the locks, a row at a time. As in bookvotes.rate it is a merge join by construction, so that it does
-- so in ascending order (docs/decisions/0016).
CREATE FUNCTION bookvotes.add_votes(book_ids bigint[], ups int[], downs int[]) RETURNS int
LANGUAGE plpgsql
SET enable_nestloop = off
SET enable_hashjoin = off
SET enable_seqscan = off
SET enable_bitmapscan = off
SET plan_cache_mode = force_generic_plan
AS $add_votes$
DECLARE
    found_books int;
BEGIN
    UPDATE ${bookstore}.books b
    SET votes_up = coalesce(b.votes_up, 0) + v.up,
        votes_down = coalesce(b.votes_down, 0) + v.down
    FROM unnest(book_ids, ups, downs) AS v(book_id, up, down)
    WHERE b.book_id = v.book_id
      AND b.book_id = ANY (book_ids); -- for the index: the join alone would read all books
    GET DIAGNOSTICS found_books = ROW_COUNT;

    INSERT INTO bookvotes.stale_batches (book_ids) VALUES (book_ids);

    RETURN found_books;
END
$add_votes$;

COMMENT ON FUNCTION bookvotes.add_votes(bigint[], int[], int[]) IS
'Adds votes to books, locking them in ascending order, and marks them stale.';
