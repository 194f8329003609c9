-- Where ingest has come to. The key has no consumer group on purpose: a vote is counted once for the database,
-- whatever the group that brought it is called.
CREATE TABLE bookvotes.partition_offsets (
    topic       text        NOT NULL,
    partition   int         NOT NULL,
    next_offset bigint      NOT NULL,
    moved_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (topic, partition)
) WITH (fillfactor = 50);

COMMENT ON TABLE bookvotes.partition_offsets IS
'The next offset to count of each partition. Moves in the transaction that adds the votes, and only from the offset at which that batch began.';

-- Which ratings are out of date. A mark is put and taken only by a transaction that holds the row lock of its book,
-- so nobody who has a book in hand ever waits for a mark, and the order of the book locks (ascending book_id) is the only lock
-- order there is. bookvotes.recalculate_range tells of its exception.
CREATE TABLE bookvotes.stale_books (
    book_id   bigint      PRIMARY KEY,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    failures  int         NOT NULL DEFAULT 0,
    retry_at  timestamptz,
    sqlstate  text,
    error     text
) WITH (fillfactor = 80);

COMMENT ON TABLE bookvotes.stale_books IS 'Books whose rating does not yet show all their votes.';
COMMENT ON COLUMN bookvotes.stale_books.marked_at IS 'When the first vote that the rating does not show was written.';
COMMENT ON COLUMN bookvotes.stale_books.retry_at IS 'After a failed recalculation: not before this time. NULL: at once.';
COMMENT ON COLUMN bookvotes.stale_books.sqlstate IS 'SQLSTATE of the last failure to recalculate this book.';

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

-- An adopted table may come with votes whose ratings were never calculated, or by another formula.
INSERT INTO bookvotes.stale_books (book_id)
SELECT book_id
FROM ${bookstore}.books
WHERE rating IS DISTINCT FROM ${bookstore}.rating(votes_up, votes_down);
