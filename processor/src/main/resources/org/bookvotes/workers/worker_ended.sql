SELECT has_ended, worker_sqlstate, worker_message, books, batches, failed_books, error_sqlstate, error_message, freshness_counts,
       freshness_seconds
FROM bookvotes.await_worker(?, ?, ?, ?, ?)
