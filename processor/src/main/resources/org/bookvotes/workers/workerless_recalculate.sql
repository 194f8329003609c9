-- In this session itself. Its commits need a CALL that is a statement of its own, outside of any transaction.
CALL bookvotes.recalculate(?, make_interval(secs => ?), ?::double precision[])
