UPDATE bookvotes.dead_letters d
SET redriven_at = clock_timestamp()
FROM unnest(?::text[], ?::int[], ?::bigint[]) AS l(topic, partition, source_offset)
WHERE d.topic = l.topic AND d.partition = l.partition AND d.source_offset = l.source_offset
  AND d.redriven_at IS NULL
