-- A server that started at the same microsecond is this one.
SELECT w.started = pg_postmaster_start_time() AND w.database = current_database() AS is_here,
       w.role AS role_there,
       w.role = current_user AS is_same_role
FROM dblink('bookvotes_workers', 'SELECT pg_postmaster_start_time(), current_database(), current_user')
    AS w(started timestamptz, database name, role name)
