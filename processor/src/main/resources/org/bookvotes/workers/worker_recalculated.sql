SELECT books, batches, failed_books, error_sqlstate, error_message, freshness_counts, freshness_seconds
FROM pg_background_result(?, ?) AS report(books bigint, batches int, failed_books bigint, error_sqlstate text,
                                          error_message text, freshness_counts bigint[], freshness_seconds double precision[])
