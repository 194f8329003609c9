-- Of this session's later statements. Workers have theirs from launch_recalculate.sql.
SELECT set_config('statement_timeout', ?, false)
