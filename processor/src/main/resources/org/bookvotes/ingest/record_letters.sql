-- A row that is there already: somebody has set the offsets back by hand. All behind them is counted anew, so is what was redriven.
INSERT INTO bookvotes.dead_letters (topic, partition, source_offset, reason)
SELECT l.topic, l.partition, l.source_offset, l.reason
FROM unnest(?::text[], ?::int[], ?::bigint[], ?::text[]) AS l(topic, partition, source_offset, reason)
ORDER BY l.topic, l.partition, l.source_offset
ON CONFLICT (topic, partition, source_offset) DO UPDATE
SET reason = excluded.reason,
    dead_lettered_at = excluded.dead_lettered_at,
    redriven_at = NULL
