-- Which events are dead letters. An event is on the dead-letter topic before its offset moves, so a letter there may be one of an
-- event that was counted after all, or may be there twice. Its row is written by the transaction that moves the offset past it:
-- a letter with a row was not counted, a letter without one was, or will be, or has another that counts.
--
-- Coordinates only: the event itself is on the topic. "offset" is a keyword.
CREATE TABLE bookvotes.dead_letters (
    topic            text        NOT NULL,
    partition        int         NOT NULL,
    source_offset    bigint      NOT NULL,
    reason           text        NOT NULL,
    dead_lettered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    redriven_at      timestamptz,
    PRIMARY KEY (topic, partition, source_offset)
) WITH (fillfactor = 90);

COMMENT ON TABLE bookvotes.dead_letters IS
'The events that were put on the dead-letter topic instead of being counted. Rows may be deleted: their letters are never counted then.';
COMMENT ON COLUMN bookvotes.dead_letters.topic IS 'The topic that the event came from, not the dead-letter topic.';
COMMENT ON COLUMN bookvotes.dead_letters.source_offset IS 'The offset of the event in the topic and partition that it came from.';
COMMENT ON COLUMN bookvotes.dead_letters.reason IS 'malformed, unknown-book or refused.';
COMMENT ON COLUMN bookvotes.dead_letters.dead_lettered_at IS 'When the offset moved past the event.';
COMMENT ON COLUMN bookvotes.dead_letters.redriven_at IS 'When the vote was counted after all, in the same transaction. NULL: it waits.';
