SELECT has_error, sqlstate, error_message, completed FROM pg_background_outcome(?, ?)
