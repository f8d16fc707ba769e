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

-- name: select_with_next_vectors
-- The same of the model that is to serve.
SELECT entry FROM store.main.next_vector
WHERE seq <= $after AND entry NOT IN (SELECT seq FROM store.main.tombstone)

-- name: select_next_vectors
SELECT ns, entry, part, x FROM store.main.next_vector
WHERE
    seq > $after AND seq <= $until
    AND entry NOT IN (SELECT seq FROM store.main.tombstone)
ORDER BY seq, entry, part

-- name: select_next_vectors_of
SELECT entry, part, x FROM store.main.next_vector
WHERE
    entry IN (SELECT unnest($ordinals::BIGINT[]))
    AND entry NOT IN (SELECT seq FROM store.main.tombstone)
