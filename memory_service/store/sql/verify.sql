-- What a store is looked through with.

-- name: verify_entries
-- Versions with a row, in the columns of `rows.ENTRY_COLUMNS` and beside them.
SELECT
    seq, version, id, text, summary, kind, scope, session, turn, speaker, source, tags, metadata,
    event_time, created_at, updated_at, expires_at,
    ns, nonce, draft_hash, length,
    seq NOT IN (SELECT seq FROM store.main.tombstone)
FROM store.main.entry WHERE seq > $after AND seq <= $until ORDER BY seq

-- name: verify_vectors
SELECT seq, start, stop, nonce, x FROM (
    SELECT seq, part, start, stop, nonce, x FROM store.main.vector
    UNION ALL SELECT seq, part, start, stop, nonce, x FROM store.main.next_vector
)
WHERE seq > $after AND seq <= $until ORDER BY seq, part

-- name: verify_postings
SELECT seq, term, tf, len FROM store.main.posting
WHERE seq > $after AND seq <= $until ORDER BY seq, term

-- name: verify_namespaces
SELECT name, ns FROM store.main.namespace WHERE NOT dropped ORDER BY ns

-- name: verify_settings
SELECT ns, seq, key, value FROM store.main.setting ORDER BY seq

-- name: logged_entries
-- Versions that are alive as the log tells it, in namespaces that are there.
SELECT seq FROM (
    SELECT max(seq) AS seq, arg_max(kind, seq) AS kind, ns FROM store.main.change
    WHERE kind IN ('put', 'restore', 'forget', 'expire', 'purge') GROUP BY ns, id
)
WHERE
    kind IN ('put', 'restore') AND ns IN (
        SELECT ns FROM store.main.namespace GROUP BY ns, name HAVING NOT bool_or(dropped)
    )
ORDER BY seq

-- name: lost_vectors
-- Vectors that came late for a version that is alive, as the log tells it, and have no row.  Those
-- of a model that served before the last switch have none; those of the one that serves now, or is
-- on its way, came after it began.
SELECT c.seq FROM store.main.change c
JOIN store.main.entry e ON e.ns = c.ns AND e.id = c.id AND e.seq < c.seq
WHERE
    (
        (c.kind = 'vectors' AND c.seq > $switched)
        OR (
            c.kind = 'next_vectors' AND c.seq < $switched AND c.seq > (
                SELECT max(seq) FROM store.main.change
                WHERE kind = 'model_begun' AND seq < $switched
            )
        )
        OR (
            c.kind = 'next_vectors' AND $coming AND c.seq > (
                SELECT max(seq) FROM store.main.change
                WHERE kind = 'model_begun' AND seq > $switched
            )
        )
    )
    AND c.seq NOT IN (SELECT seq FROM store.main.vector)
    AND c.seq NOT IN (SELECT seq FROM store.main.next_vector)
    AND e.seq NOT IN (SELECT seq FROM store.main.tombstone)
    AND e.seq = (
        SELECT max(p.seq) FROM store.main.change p
        WHERE p.ns = c.ns AND p.id = c.id AND p.kind IN ('put', 'restore') AND p.seq < c.seq
    )
ORDER BY c.seq

-- name: count_expiring
-- Live versions with an expiry, and those of them that are past it.
SELECT count(*), count(*) FILTER (expires_at <= $now) FROM store.main.entry
WHERE expires_at IS NOT NULL AND seq NOT IN (SELECT seq FROM store.main.tombstone)

-- name: expired_early
-- Versions that were taken out as expired before their time, or without having one.
SELECT c.previous FROM store.main.change c
JOIN store.main.entry e ON e.seq = c.previous
WHERE c.kind = 'expire' AND (e.expires_at IS NULL OR e.expires_at > c.done_at)
ORDER BY c.previous

-- name: expiries
SELECT seq, coalesce(expires_at, $never::BIGINT) AS expires FROM store.main.entry
WHERE seq <= $upto ORDER BY seq

-- name: posting_counts
-- How many postings each live version up to a change has, in namespaces that are there.
SELECT seq, count(*) AS postings FROM store.main.posting
WHERE
    seq <= $upto AND seq NOT IN (SELECT seq FROM store.main.tombstone)
    AND seq NOT IN (
        SELECT seq FROM store.main.entry
        WHERE ns IN (SELECT ns FROM store.main.namespace WHERE dropped)
    )
GROUP BY seq ORDER BY seq

-- name: count_changes
SELECT count(*), coalesce(max(seq), 0) FROM store.main.change
