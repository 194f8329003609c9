-- The driver sets application_name only after it has connected, so that RESET ALL loses it.
RESET ALL;
SELECT set_config('application_name', ?, false)
