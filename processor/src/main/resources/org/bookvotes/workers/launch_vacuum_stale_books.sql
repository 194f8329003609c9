-- As in launch_vacuum_books.sql.
SELECT pid, cookie FROM pg_background_launch('VACUUM (PARALLEL 0, SKIP_LOCKED) bookvotes.stale_books')
