SELECT pg_background_wait(?, ?, ?)
