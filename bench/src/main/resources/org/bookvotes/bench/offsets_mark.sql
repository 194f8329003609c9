-- The offsets move in the transactions that count.
SELECT coalesce(sum(o.next_offset), 0) AS events, max(pg_xact_commit_timestamp(o.xmin)) AS at
FROM bookvotes.partition_offsets o
