-- The fence: a row moves only if it still holds the offset at which this batch was read.
WITH batch AS MATERIALIZED (
    SELECT o.topic, o.partition, b.next_offset
    FROM unnest(?::text[], ?::int[], ?::bigint[], ?::bigint[]) AS b(topic, partition, from_offset, next_offset)
    JOIN bookvotes.partition_offsets o ON o.topic = b.topic AND o.partition = b.partition AND o.next_offset = b.from_offset
    ORDER BY o.topic, o.partition
    FOR UPDATE OF o)
UPDATE bookvotes.partition_offsets o
SET next_offset = batch.next_offset,
    moved_at = clock_timestamp(),
    replica = ?
FROM batch
WHERE o.topic = batch.topic AND o.partition = batch.partition
RETURNING o.topic, o.partition
