CALL bookvotes.mark_stale(make_interval(secs => ?), ?, ?)
