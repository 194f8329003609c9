-- Handles first: with the lock gone the slot may be somebody else's.
SELECT pg_advisory_unlock(?, ?) FROM (SELECT pg_background_detach_all() OFFSET 0) AS detached
