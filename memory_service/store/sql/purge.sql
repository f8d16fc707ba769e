-- Deletes what entries said, for good, in the transaction that forgets them.

-- name: select_purged
-- Every version of these entries that is older than a change, wherever its row lies.
WITH held AS (
    SELECT seq, ns, id FROM store.main.entry
    UNION ALL SELECT seq, ns, id FROM store.main.history
)
SELECT DISTINCT e.seq FROM held e
JOIN (
    SELECT
        unnest($numbers::BIGINT[]) AS ns, unnest($ids::VARCHAR[]) AS id,
        unnest($before::BIGINT[]) AS before
) w ON w.ns = e.ns AND w.id = e.id AND e.seq < w.before

-- name: purge_given_postings
DELETE FROM store.main.posting WHERE seq IN (SELECT unnest($ordinals::BIGINT[]))

-- name: purge_given_vectors
DELETE FROM store.main.vector WHERE entry IN (SELECT unnest($ordinals::BIGINT[]))

-- name: purge_given_next_vectors
DELETE FROM store.main.next_vector WHERE entry IN (SELECT unnest($ordinals::BIGINT[]))

-- name: purge_given_history_vectors
DELETE FROM store.main.history_vector WHERE entry IN (SELECT unnest($ordinals::BIGINT[]))

-- name: purge_given_history
DELETE FROM store.main.history WHERE seq IN (SELECT unnest($ordinals::BIGINT[]))

-- name: purge_given_entries
DELETE FROM store.main.entry WHERE seq IN (SELECT unnest($ordinals::BIGINT[]))
