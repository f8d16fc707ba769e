-- A second file with the same rows: `copy` beside `store`.  A table's name stands for the comment.

-- name: table_names
SELECT table_name FROM duckdb_tables() WHERE database_name = 'store' ORDER BY table_name

-- name: copy_rows
INSERT INTO copy.main./* table */ BY NAME SELECT * FROM store.main./* table */

-- name: copy_rows_after
INSERT INTO copy.main./* table */ BY NAME
SELECT * FROM store.main./* table */ WHERE /* column */ > $after

-- name: count_rows_upto
SELECT count(*) FROM /* catalog */.main./* table */ WHERE /* column */ <= $upto

-- name: count_copied
-- What a copy holds: live entries, changes, live namespaces, vectors of live entries.
WITH alive AS (
    SELECT ns FROM copy.main.namespace GROUP BY ns, name HAVING NOT bool_or(dropped)
),
live AS (
    SELECT seq FROM copy.main.entry
    WHERE ns IN (SELECT ns FROM alive) AND seq NOT IN (SELECT seq FROM copy.main.tombstone)
)
SELECT
    (SELECT count(*) FROM live),
    (SELECT count(*) FROM copy.main.change),
    (SELECT count(DISTINCT ns) FROM alive),
    (SELECT count(*) FROM copy.main.vector WHERE entry IN (SELECT seq FROM live))

-- name: select_copied_position
SELECT epoch, seq, chain FROM copy.main.change ORDER BY seq DESC LIMIT 1
