-- Vectors for the indexes over them.  Rows of dropped namespaces are among them.

-- name: select_with_vectors
-- The live versions whose vectors came up to a change.
SELECT entry FROM store.main.vector
WHERE seq <= $after AND entry NOT IN (SELECT seq FROM store.main.tombstone)

-- name: select_vectors
-- Vectors of live versions that came after one change and up to another, in order.
SELECT ns, entry, part, x FROM store.main.vector
WHERE
    seq > $after AND seq <= $until
    AND entry NOT IN (SELECT seq FROM store.main.tombstone)
ORDER BY seq, entry, part

-- name: select_vectors_of
-- The vectors of live versions.
SELECT entry, part, x FROM store.main.vector
WHERE
    entry IN (SELECT unnest($ordinals::BIGINT[]))
    AND entry NOT IN (SELECT seq FROM store.main.tombstone)
