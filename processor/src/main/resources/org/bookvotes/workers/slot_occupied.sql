-- A worker that a former holder of the slot left running. bookvotes.launch() ends when a worker bears its slot's name; but
-- if the session was terminated while it launched, the worker may be too young for that, and may be anybody's then. Without
-- pg_read_all_stats the type of another role's process is hidden, its name is not.
SELECT pid
FROM pg_stat_activity
WHERE coalesce(backend_type, 'pg_background') = 'pg_background'
  AND (datname = current_database() AND application_name = 'bookvotes slot ' || ?::int
       OR backend_start > clock_timestamp() - interval '1 second'
          AND (datname IS NULL
               OR datname = current_database() AND usename = current_user
                  AND (application_name = '' OR application_name LIKE 'pg\_background:%')))
LIMIT 1
