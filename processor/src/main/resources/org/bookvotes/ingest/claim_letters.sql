-- In the order of the key, like everybody who takes several. Who waits here for another redrive finds its letters redriven.
SELECT d.topic, d.partition, d.source_offset
FROM unnest(?::text[], ?::int[], ?::bigint[]) AS l(topic, partition, source_offset)
JOIN bookvotes.dead_letters d USING (topic, partition, source_offset)
WHERE d.redriven_at IS NULL
ORDER BY d.topic, d.partition, d.source_offset
FOR NO KEY UPDATE OF d
