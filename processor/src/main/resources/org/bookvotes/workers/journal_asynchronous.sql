-- A crash of the server may lose the runs of its last moment: the log has them, and nobody waits for the disk.
SELECT set_config('synchronous_commit', 'off', true)
