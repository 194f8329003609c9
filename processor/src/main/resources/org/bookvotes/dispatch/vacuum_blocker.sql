-- Whoever can still see the oldest rows keeps a vacuum from removing newer ones. Who came after the vacuum began does not:
-- the rows that were dead before are nothing to them. The holder's name is a label of a meter: short, and without times.
SELECT cause, left(holder, 100) AS holder, holder || detail AS detail, extract(epoch FROM clock_timestamp() - since) AS held_seconds
FROM (SELECT 'snapshot' AS cause,
             format('pid %s (user %s, application "%s")', pid, usename, application_name) AS holder,
             format(', %s since %s', state, xact_start) AS detail,
             xact_start AS since,
             greatest(age(backend_xmin), age(backend_xid)) AS age
      FROM pg_stat_activity
      WHERE pid <> pg_backend_pid() AND datname = current_database() AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
        AND backend_type <> 'walsender'
        -- Our own transactions are short, and a vacuum disregards other vacuums.
        AND application_name NOT LIKE 'bookvotes%'
        AND pid NOT IN (SELECT v.pid FROM pg_stat_progress_vacuum v)
        AND xact_start < clock_timestamp() - make_interval(secs => ?)
      UNION ALL
      SELECT 'prepared-transaction', format('prepared transaction "%s"', gid), format(' of %s since %s', owner, prepared), prepared, age(transaction)
      FROM pg_prepared_xacts
      WHERE database = current_database()
      UNION ALL
      SELECT 'replication-slot', format('replication slot "%s"', slot_name), '', NULL, age(xmin)
      FROM pg_replication_slots
      WHERE xmin IS NOT NULL -- catalog_xmin holds back the catalogs only
      UNION ALL
      SELECT 'standby', format('standby "%s"', application_name), format(' since %s', backend_start), backend_start, age(backend_xmin)
      FROM pg_stat_replication
      WHERE backend_xmin IS NOT NULL
      UNION ALL
      SELECT 'unknown', 'our role sees only its own sessions', ': GRANT pg_read_all_stats TO ' || quote_ident(current_user), NULL, -1
      WHERE NOT pg_has_role('pg_read_all_stats', 'USAGE')) AS found
ORDER BY age DESC
LIMIT 1
