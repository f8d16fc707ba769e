-- Housekeeping, in one transaction: dead rows go, the fresh part of the index becomes a run.

-- name: count_dead
SELECT
    (SELECT count(*) FROM store.main.tombstone),
    (SELECT count(*) FROM store.main.posting_fresh),
    (
        SELECT count(DISTINCT n.ns) FROM store.main.namespace n
        WHERE n.dropped AND EXISTS (SELECT 1 FROM store.main.entry e WHERE e.ns = n.ns)
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

-- name: purge_postings
DELETE FROM store.main.posting WHERE seq IN (SELECT seq FROM store.main.tombstone)

-- name: purge_fresh
DELETE FROM store.main.posting_fresh WHERE seq IN (SELECT seq FROM store.main.tombstone)

-- name: purge_tombstones
DELETE FROM store.main.tombstone

-- name: purge_receipts
DELETE FROM store.main.idempotency WHERE done_at <= $since

-- name: add_run
INSERT INTO store.main.posting (term, seq, tf, len)
SELECT term, seq, tf, len FROM store.main.posting_fresh ORDER BY term, seq

-- name: clear_fresh
DELETE FROM store.main.posting_fresh

-- name: sort_postings
-- All runs as one, beside the table.
CREATE OR REPLACE TEMP TABLE sorted_posting AS
SELECT term, seq, tf, len FROM store.main.posting ORDER BY term, seq

-- name: clear_postings
DELETE FROM store.main.posting

-- name: take_sorted
INSERT INTO store.main.posting (term, seq, tf, len)
SELECT term, seq, tf, len FROM temp.main.sorted_posting

-- name: drop_sorted
DROP TABLE temp.main.sorted_posting
