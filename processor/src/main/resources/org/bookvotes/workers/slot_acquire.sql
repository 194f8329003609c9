-- Takes slot number p.slot and makes this session fit to launch its workers. One row: whether the lock was had, and which
-- worker is in the way. Each step reads a column of the one before it, and OFFSET 0 keeps them apart: that is their order.
WITH p AS (SELECT ?::int AS lock_class, ?::int AS slot)
SELECT l.locked, o.pid AS occupant, pinned.name
FROM (SELECT p.slot, pg_try_advisory_lock(p.lock_class, p.slot) AS locked FROM p OFFSET 0) AS l
LEFT JOIN LATERAL (
    -- A worker that a former holder of the slot left running: of pg_background, or of dblink, which is a client's session that does
    -- something, or is about to. A former holder's own session bears the name too, for the moment until it is gone.
    -- bookvotes.launch() ends when a worker bears its slot's name; but if the session was terminated while it launched, a worker of
    -- pg_background may be too young for that, and may be anybody's then. Without pg_read_all_stats the type and the state of
    -- another role's process are hidden, its name is not.
    SELECT a.pid
    FROM pg_stat_activity a
    WHERE l.locked
      AND a.pid <> pg_backend_pid()
      AND (a.datname = current_database() AND a.application_name = 'bookvotes slot ' || l.slot
              AND (coalesce(a.backend_type, 'pg_background') = 'pg_background'
                   OR a.backend_type = 'client backend'
                      AND (a.state IS DISTINCT FROM 'idle' OR a.state_change > clock_timestamp() - interval '1 second'))
           OR coalesce(a.backend_type, 'pg_background') = 'pg_background'
              AND a.backend_start > clock_timestamp() - interval '1 second'
              AND (a.datname IS NULL
                   OR a.datname = current_database() AND a.usename = current_user
                      AND (a.application_name = '' OR a.application_name LIKE 'pg\_background:%')))
    LIMIT 1) AS o ON true
LEFT JOIN LATERAL (
    -- A worker inherits the settings of the session that launches it. No timeout may end it but the limit of its own command
    -- (launch_recalculate.sql; a vacuum has none: it runs no code of the bookstore's, and takes as long as its table is large).
    -- While it waits for a book it holds others that ingest wants: it shall not wait long.
    -- A holder that says nothing for a minute is frozen, however alive its connection looks: while its worker runs it asks
    -- every moment, between two launches it pauses a second at most, and around a vacuum it looks at the table from another
    -- connection. A worker never waits for a client, so that this timeout is nothing to it.
    SELECT set_config('application_name', 'bookvotes slot ' || l.slot, false) AS name,
           set_config('statement_timeout', '0', false),
           set_config('idle_session_timeout', '60s', false),
           set_config('transaction_timeout', '0', false),
           set_config('lock_timeout', '2s', false)
    WHERE l.locked AND o.pid IS NULL
    OFFSET 0) AS pinned ON true
