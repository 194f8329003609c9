-- Of this session's later statements, and of each worker launched from now on, to which a command is one statement however
-- often it commits.
SELECT set_config('statement_timeout', ?, false)
