-- What the columns of filters are read from.

-- name: select_ordinals
-- The live versions of a namespace.
SELECT seq FROM store.main.entry
WHERE ns = $ns AND seq NOT IN (SELECT seq FROM store.main.tombstone)
ORDER BY seq

-- name: select_column
-- One field of all versions of a namespace up to one of them, dead or alive.
SELECT seq, (/* field */) AS value FROM store.main.entry
WHERE ns = $ns AND seq <= $upto
