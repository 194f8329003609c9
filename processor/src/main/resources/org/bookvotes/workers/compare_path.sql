-- The functions of an engine are found wherever its extension lives.
SELECT set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), bookvotes.engine_schema(?)), false)
