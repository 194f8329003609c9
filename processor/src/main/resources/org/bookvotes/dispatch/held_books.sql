-- Whether its pause lasts or has just ended: the state is that of the last failure.
SELECT count(*) AS held FROM bookvotes.stale_marks WHERE sqlstate IN (?, ?)
