-- Housekeeping, in one transaction: dead rows go.

-- name: count_dead
-- Dead versions, receipts up to an instant, dropped namespaces that still have entries, and
-- whether the first of the dead died up to another instant.
SELECT
    (SELECT count(*) FROM store.main.tombstone),
    (SELECT count(*) FROM store.main.idempotency WHERE done_at <= $since),
    (
        SELECT count(DISTINCT n.ns) FROM store.main.namespace n
        WHERE n.dropped AND EXISTS (SELECT 1 FROM store.main.entry e WHERE e.ns = n.ns)
    ),
    (
        SELECT count(*) FROM store.main.change
        WHERE seq = (SELECT min(died) FROM store.main.tombstone) AND done_at <= $old
    )

-- name: bury_dropped
-- The entries of dropped namespaces get tombstones, to go with the others.
INSERT INTO store.main.tombstone (ns, seq, died)
SELECT e.ns, e.seq, n.seq FROM store.main.entry e
JOIN store.main.namespace n ON n.ns = e.ns AND n.dropped
WHERE e.seq NOT IN (SELECT seq FROM store.main.tombstone)

-- name: note_purge
-- An index that has seen the last of these deaths has seen them all.
INSERT INTO store.main.purge (ns, seq)
SELECT ns, max(died) FROM store.main.tombstone GROUP BY ns

-- name: purge_entries
DELETE FROM store.main.entry WHERE seq IN (SELECT seq FROM store.main.tombstone)

-- name: purge_vectors
DELETE FROM store.main.vector WHERE entry IN (SELECT seq FROM store.main.tombstone)

-- name: purge_next_vectors
DELETE FROM store.main.next_vector WHERE entry IN (SELECT seq FROM store.main.tombstone)

-- name: purge_postings
DELETE FROM store.main.posting WHERE seq IN (SELECT seq FROM store.main.tombstone)

-- name: purge_tombstones
DELETE FROM store.main.tombstone

-- name: purge_receipts
DELETE FROM store.main.idempotency WHERE done_at <= $since
