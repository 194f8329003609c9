-- A worker that a former holder of the slot left running. A worker of our role that has just been born has no name yet:
-- for that moment it may be anybody's.
SELECT pid
FROM pg_stat_activity
WHERE datname = current_database()
  AND backend_type = 'pg_background'
  AND (application_name = 'bookvotes slot ' || ?::int
       OR application_name = '' AND usename = current_user AND backend_start > clock_timestamp() - interval '1 second')
LIMIT 1
