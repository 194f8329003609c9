-- Handles first: with the lock gone the slot may be somebody else's. The driver sets application_name only after it has
-- connected, so that RESET ALL loses it.
SELECT pg_advisory_unlock(?, ?) FROM (SELECT pg_background_detach_all() OFFSET 0) AS detached;
RESET ALL;
SELECT set_config('application_name', ?, false)
