-- The name before the lock: with the lock gone the slot may be somebody else's, who looks for sessions that bear it. The driver sets
-- application_name only after it has connected, so that RESET ALL loses it.
RESET ALL;
SELECT pg_advisory_unlock(?, ?) FROM (SELECT set_config('application_name', ?, false) OFFSET 0) AS renamed
