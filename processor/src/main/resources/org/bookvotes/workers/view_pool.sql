-- Workers of dblink are sessions and draw on max_connections instead: they are not here.
-- Everything that is not one of the server's own processes draws on max_worker_processes. Without pg_read_all_stats the
-- type of other roles' processes is hidden: they are missing in "others" then.
SELECT current_setting('max_worker_processes')::int AS size,
       count(*) FILTER (WHERE a.ours) AS ours,
       count(*) FILTER (WHERE NOT a.ours) AS others
FROM (SELECT backend_type = 'pg_background' AND datname = current_database()
             AND application_name LIKE 'bookvotes slot %' AS ours
      FROM pg_stat_activity
      WHERE backend_type NOT IN ('client backend', 'autovacuum launcher', 'autovacuum worker', 'background writer',
                                 'checkpointer', 'walwriter', 'walsender', 'walreceiver', 'walsummarizer', 'startup',
                                 'archiver', 'slotsync worker', 'io worker', 'logger', 'standalone backend')) AS a
