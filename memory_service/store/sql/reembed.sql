-- What another model needs to take over: its vectors in a table of their own, and the switch.

-- name: count_without_next
-- How many live versions of up to a change have no vectors of the model to come.
SELECT count(*) FROM store.main.entry
WHERE
    seq > $after AND seq <= $upto
    AND seq NOT IN (SELECT seq FROM store.main.tombstone)
    AND seq NOT IN (SELECT entry FROM store.main.next_vector WHERE entry > $after)
    AND ns IN (
        SELECT ns FROM store.main.namespace GROUP BY ns, name HAVING NOT bool_or(dropped)
    )

-- name: select_without_next
-- The first of them, with their namespaces.
SELECT ns, seq FROM store.main.entry
WHERE
    seq > $after AND seq <= $upto
    AND seq NOT IN (SELECT seq FROM store.main.tombstone)
    AND seq NOT IN (SELECT entry FROM store.main.next_vector WHERE entry > $after)
    AND ns IN (
        SELECT ns FROM store.main.namespace GROUP BY ns, name HAVING NOT bool_or(dropped)
    )
ORDER BY seq LIMIT $limit

-- name: select_next_spans
-- Spans, in order, of the entries that have several passages with either model or none with the
-- one that serves: those of the model to come.
SELECT n.ns, n.entry, n.start, n.stop FROM store.main.next_vector n
WHERE
    n.entry NOT IN (SELECT seq FROM store.main.tombstone)
    AND (
        n.entry IN (SELECT entry FROM store.main.next_vector WHERE part > 0)
        OR n.entry IN (SELECT entry FROM store.main.vector WHERE part > 0)
        OR n.entry NOT IN (SELECT entry FROM store.main.vector)
    )
ORDER BY n.entry, n.part

-- name: drop_next_vectors
DROP TABLE store.main.next_vector

-- name: drop_vectors
DROP TABLE store.main.vector

-- name: rename_next_vectors
-- What was gathered is what serves.
ALTER TABLE store.main.next_vector RENAME TO vector
