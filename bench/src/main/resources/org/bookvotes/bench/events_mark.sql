SELECT count(*) AS events, max(pg_xact_commit_timestamp(e.xmin)) AS at FROM vote_events e
