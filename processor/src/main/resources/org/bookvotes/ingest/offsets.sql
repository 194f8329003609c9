-- DO UPDATE rather than DO NOTHING: it also waits for a writer that has the row in hand and then returns what it left.
INSERT INTO bookvotes.partition_offsets AS o (topic, partition, next_offset, replica)
SELECT p.topic, p.partition, 0, ?
FROM unnest(?::text[], ?::int[]) AS p(topic, partition)
ORDER BY p.topic, p.partition
ON CONFLICT (topic, partition) DO UPDATE SET next_offset = o.next_offset, replica = excluded.replica
RETURNING o.topic, o.partition, o.next_offset
