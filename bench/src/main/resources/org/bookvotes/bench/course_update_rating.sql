-- The procedure of the course that this project started from: whatever rows come first, one vacuum of the table after each batch.
CREATE OR REPLACE PROCEDURE course_update_rating(batch_size int, age_threshold interval)
LANGUAGE plpgsql AS $course_update_rating$
DECLARE
    updated int;
    worker  record;
BEGIN
    LOOP
        UPDATE books b
        SET rating = rating(b.votes_up, b.votes_down),
            rating_at = clock_timestamp()
        FROM (SELECT book_id
              FROM books
              WHERE rating_at IS NULL OR rating_at < now() - age_threshold
              LIMIT batch_size
              FOR UPDATE SKIP LOCKED) AS batch
        WHERE b.book_id = batch.book_id;
        GET DIAGNOSTICS updated = ROW_COUNT;
        COMMIT;
        EXIT WHEN updated = 0;

        SELECT l.pid, l.cookie INTO STRICT worker FROM pg_background_launch('VACUUM books') AS l;
        COMMIT;
        PERFORM FROM pg_background_result(worker.pid, worker.cookie) AS (result text);
        COMMIT;
    END LOOP;
END
$course_update_rating$
