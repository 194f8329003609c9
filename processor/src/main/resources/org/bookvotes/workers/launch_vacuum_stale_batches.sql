-- As in launch_vacuum_books.sql.
SELECT pid, cookie FROM bookvotes.launch(?, 'VACUUM (PARALLEL 0, SKIP_LOCKED) bookvotes.stale_batches')
