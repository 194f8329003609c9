-- The total also tells how many events are counted: its growth is the throughput of all replicas. One row with the time at least.
SELECT c.now, r.replica, r.partitions, r.next_offsets, extract(epoch FROM clock_timestamp() - r.moved_at) AS idle_seconds
FROM (SELECT extract(epoch FROM clock_timestamp()) AS now) AS c
LEFT JOIN (SELECT o.replica, array_agg(o.partition ORDER BY o.partition) AS partitions, sum(o.next_offset)::bigint AS next_offsets,
                  max(o.moved_at) AS moved_at
           FROM bookvotes.partition_offsets o
           WHERE o.topic = ?
           GROUP BY o.replica) AS r ON true
ORDER BY r.replica
