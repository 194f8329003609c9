-- One CALL, many batches. format() quotes: the text of the command is made of numbers only.
SELECT h.pid, h.cookie
FROM (SELECT ?::int AS batch_size, make_interval(secs => ?) AS time_budget, ?::double precision[] AS bounds) AS p,
     bookvotes.launch(format('CALL bookvotes.recalculate(%s, %L::interval, %L::double precision[])',
                             p.batch_size, p.time_budget, p.bounds)) AS h
