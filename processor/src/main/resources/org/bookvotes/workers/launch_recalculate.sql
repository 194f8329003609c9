-- One CALL, many batches. format() quotes: the text of the command is made of numbers only. The worker inherits the limit; to it
-- a command is one statement however often it commits. OFFSET 0: the limit is set before the launch, though nobody reads it.
SELECT h.pid, h.cookie
FROM (SELECT ?::int AS batch_size, make_interval(secs => ?) AS time_budget, ?::double precision[] AS bounds,
             set_config('statement_timeout', ?, false) AS statement_limit, ?::text AS engine OFFSET 0) AS p,
     bookvotes.launch(p.engine,
                      format('CALL bookvotes.recalculate(%s, %L::interval, %L::double precision[])',
                             p.batch_size, p.time_budget, p.bounds)) AS h
