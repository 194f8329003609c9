-- Of the processor's own sessions and workers: this query and the reset before it do not count.
SELECT (SELECT coalesce(sum(s.calls), 0)
        FROM pg_stat_statements s
        WHERE s.query NOT LIKE '%pg\_stat\_statements%' AND s.toplevel) AS statements,
       (SELECT d.xact_commit FROM pg_stat_database d WHERE d.datname = current_database()) AS transactions
