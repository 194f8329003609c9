-- The newest of each partition by the key, then the newest of those: there is no index on the time, and the table may be long.
SELECT d.topic, d.partition, d.source_offset, d.reason, d.dead_lettered_at, d.redriven_at
FROM bookvotes.partition_offsets o
CROSS JOIN LATERAL (
    SELECT l.topic, l.partition, l.source_offset, l.reason, l.dead_lettered_at, l.redriven_at
    FROM bookvotes.dead_letters l
    WHERE l.topic = o.topic AND l.partition = o.partition
    ORDER BY l.source_offset DESC
    LIMIT ?) AS d
ORDER BY d.dead_lettered_at DESC, d.topic, d.partition, d.source_offset DESC
LIMIT ?
