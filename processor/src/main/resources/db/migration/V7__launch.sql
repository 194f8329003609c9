-- Launches a worker and returns once it is to be seen in pg_stat_activity under the name of this session, or has ended.
--
-- A worker is invisible, then without a database, then without its name for the first milliseconds of its life. If this
-- session ended in that time, nobody could tell whose worker it is, and its slot would be given away although it runs.
-- A session that executes a statement does not notice that its client has gone: so the statement ends no sooner than that.
CREATE FUNCTION bookvotes.launch(command text) RETURNS TABLE (pid int, cookie bigint)
LANGUAGE plpgsql AS $launch$
DECLARE
    -- Only a server that is about to stop takes longer to show a worker.
    deadline CONSTANT timestamptz := clock_timestamp() + interval '10 seconds';
BEGIN
    SELECT h.pid, h.cookie INTO STRICT launch.pid, launch.cookie
    FROM ${pg_background}.pg_background_launch(command) AS h;
    LOOP
        -- Waits a millisecond, less if the worker ends.
        EXIT WHEN ${pg_background}.pg_background_wait(launch.pid, launch.cookie, 1);
        PERFORM pg_stat_clear_snapshot();
        EXIT WHEN EXISTS (
            SELECT FROM pg_stat_get_activity(launch.pid) a
            WHERE a.application_name = current_setting('application_name'));
        EXIT WHEN clock_timestamp() >= deadline;
    END LOOP;
    RETURN NEXT;
END
$launch$;

COMMENT ON FUNCTION bookvotes.launch(text) IS
'Runs one SQL command in a background worker and returns its handle once the worker bears the application_name of this session.';
