SELECT d.topic, d.partition, d.source_offset, d.reason, d.redriven_at
FROM unnest(?::text[], ?::int[], ?::bigint[]) AS l(topic, partition, source_offset)
JOIN bookvotes.dead_letters d USING (topic, partition, source_offset)
