-- Where ingest has come to. The key has no consumer group on purpose: a vote is counted once for the database,
-- whatever the group that brought it is called.
CREATE TABLE bookvotes.partition_offsets (
    topic       text        NOT NULL,
    partition   int         NOT NULL,
    next_offset bigint      NOT NULL,
    moved_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    replica     text,
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

COMMENT ON TABLE bookvotes.partition_offsets IS
'The next offset to count of each partition. Moves in the transaction that adds the votes, and only from the offset at which that batch began.';
COMMENT ON COLUMN bookvotes.partition_offsets.moved_at IS 'When votes of this partition were last counted.';
COMMENT ON COLUMN bookvotes.partition_offsets.replica IS 'Who was last assigned this partition, or last moved its offset. For people: nothing is decided by it.';

-- Which ratings are out of date: batches of books that ingest has added votes to, single books with marks of their own, and
-- ranges of books.

-- The books of a batch of votes, one row a transaction of ingest's; or a portion of what several of those have in common, made by
-- a worker. Nobody updates such a row: who has it locked rates its books and deletes it.
CREATE TABLE bookvotes.stale_batches (
    batch_id  bigint        GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    marked_at timestamptz   NOT NULL DEFAULT clock_timestamp(),
    books     int           NOT NULL GENERATED ALWAYS AS (cardinality(book_ids)) STORED,
    book_ids  bigint[]      NOT NULL,
    marks     timestamptz[]
);

-- Ids do not shrink enough to be worth the time that takes.
ALTER TABLE bookvotes.stale_batches ALTER COLUMN book_ids SET STORAGE EXTERNAL;
ALTER TABLE bookvotes.stale_batches ALTER COLUMN marks SET STORAGE EXTERNAL;

COMMENT ON TABLE bookvotes.stale_batches IS 'Books that got votes which their rating does not yet show.';
COMMENT ON COLUMN bookvotes.stale_batches.marked_at IS 'When the first of the votes were written.';
COMMENT ON COLUMN bookvotes.stale_batches.marks IS 'Of a portion: when the first votes for each of its books were written.';

-- Books that are to be looked at one by one: they failed, they hang, or somebody held them. Nobody who holds a book waits for its
-- mark: workers skip marks that are locked, and put marks while they hold nothing.
CREATE TABLE bookvotes.stale_marks (
    book_id   bigint      PRIMARY KEY,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    failures  int         NOT NULL DEFAULT 0,
    retry_at  timestamptz,
    sqlstate  text,
    error     text
) WITH (fillfactor = 80);

COMMENT ON TABLE bookvotes.stale_marks IS 'Stale books that are not part of a batch or range, for the most part because their recalculation failed.';
COMMENT ON COLUMN bookvotes.stale_marks.marked_at IS 'When the first vote that the rating does not show was written.';
COMMENT ON COLUMN bookvotes.stale_marks.retry_at IS 'After a failed recalculation: not before this time. NULL: at once.';
COMMENT ON COLUMN bookvotes.stale_marks.sqlstate IS 'SQLSTATE of the last failure to recalculate this book.';

-- A mark for a range of books, which spares a mark for each when many become stale at once for another reason than a vote. A
-- book within it is stale if it was last rated before rated_before: so who goes on with a range that somebody else left finds
-- what is left of it. Books with marks of their own are left to those.
CREATE TABLE bookvotes.stale_ranges (
    range_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_id     bigint      NOT NULL,
    last_id      bigint      NOT NULL,
    rated_before timestamptz NOT NULL,
    books        bigint      NOT NULL,
    marked_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE bookvotes.stale_ranges IS 'Books that are to be recalculated because their rating is old or none.';
COMMENT ON COLUMN bookvotes.stale_ranges.last_id IS 'Inclusive, as first_id is.';
COMMENT ON COLUMN bookvotes.stale_ranges.books IS 'How many books of the range were stale when it was marked.';

-- For people, and for whoever wants a book recalculated: he inserts it. Batches are taken apart for this, so it costs more than
-- it looks when the backlog is long. Ranges are not in it.
CREATE VIEW bookvotes.stale_books AS
SELECT book_id,
       least(m.marked_at, b.marked_at) AS marked_at,
       coalesce(m.failures, 0) AS failures,
       m.retry_at,
       m.sqlstate,
       m.error
FROM bookvotes.stale_marks m
FULL JOIN (SELECT i.book_id, min(s.marked_at) AS marked_at
           FROM bookvotes.stale_batches s, unnest(s.book_ids) AS i (book_id)
           GROUP BY i.book_id) AS b USING (book_id);

COMMENT ON VIEW bookvotes.stale_books IS
'Books whose rating does not yet show all their votes. INSERT a book_id to have that book recalculated.';

CREATE FUNCTION bookvotes.mark_book() RETURNS trigger
LANGUAGE plpgsql AS $mark_book$
BEGIN
    IF NEW.book_id IS NULL THEN
        RAISE EXCEPTION 'book_id is missing' USING ERRCODE = 'not_null_violation';
    END IF;
    INSERT INTO bookvotes.stale_batches (book_ids) VALUES (ARRAY[NEW.book_id]);
    RETURN NEW;
END
$mark_book$;

CREATE TRIGGER mark_book INSTEAD OF INSERT ON bookvotes.stale_books FOR EACH ROW EXECUTE FUNCTION bookvotes.mark_book();

-- An adopted table may come with votes whose ratings were never calculated, or by another formula.
INSERT INTO bookvotes.stale_batches (book_ids)
SELECT array_agg(old.book_id)
FROM (SELECT book_id, row_number() OVER (ORDER BY book_id) AS place
      FROM ${bookstore}.books
      WHERE rating IS DISTINCT FROM ${bookstore}.rating(votes_up, votes_down)) AS old
GROUP BY (old.place - 1) / 10000
ORDER BY min(old.place);
