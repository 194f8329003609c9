-- As small as a row an event can be: no index, no key.
CREATE TABLE vote_events (
    event_id uuid        NOT NULL,
    book_id  bigint      NOT NULL,
    vote     text        NOT NULL,
    voted_at timestamptz NOT NULL
)
