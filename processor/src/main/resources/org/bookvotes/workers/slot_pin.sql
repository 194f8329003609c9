-- A worker inherits the settings of the session that launches it. No timeout may end it but the limit of its own command
-- (slot_limit.sql; a vacuum has none: it runs no code of the bookstore's, and takes as long as its table is large). While it waits
-- for a book it holds others that ingest wants: it shall not wait long. The functions of pg_background must be found
-- wherever the extension lives.
-- A holder that says nothing for a minute is frozen, however alive its connection looks: while its worker runs it asks every
-- moment, between two launches it pauses a second at most, and around a vacuum it looks at the table from another connection. A
-- worker never waits for a client, so that this timeout is nothing to it.
SELECT set_config('application_name', 'bookvotes slot ' || ?::int, false),
       set_config('statement_timeout', '0', false),
       set_config('idle_session_timeout', '60s', false),
       set_config('transaction_timeout', '0', false),
       set_config('lock_timeout', '2s', false),
       set_config('search_path',
                  current_setting('search_path')
                      || (SELECT ', ' || quote_ident(n.nspname)
                          FROM pg_extension e
                          JOIN pg_namespace n ON n.oid = e.extnamespace
                          WHERE e.extname = 'pg_background'),
                  false)
