-- Connects, asks and disconnects.
SELECT r.result FROM dblink('bookvotes_workers', 'SELECT 1') AS r(result int)
