-- Reads.  A version is alive when no tombstone names it; lists of ordinals come as one parameter,
-- since a literal IN list on a column without an index is slow.

-- name: select_last_position
SELECT epoch, seq, chain FROM store.main.change ORDER BY seq DESC LIMIT 1

-- name: select_changes
SELECT epoch, seq, chain, digest, kind, namespace, id, previous, done_at
FROM store.main.change WHERE seq > $after ORDER BY seq LIMIT $limit

-- name: select_chain
-- The chain at a change, in hex.
SELECT lower(hex(chain)) FROM store.main.change WHERE seq = $seq

-- name: select_namespaces
-- Live namespaces, by their newest row.
SELECT ns, name FROM store.main.namespace
GROUP BY ns, name HAVING NOT bool_or(dropped)

-- name: select_settings
SELECT ns, key, arg_max(value, seq) FROM store.main.setting GROUP BY ns, key

-- name: select_versions
-- What the catalogue holds of every live version after a change, in the columns of `row.ROW` and
-- beside them.  `question` is `asking.QUESTION`; the date of an event is that of its own offset.
SELECT
    e.ns, e.seq, e.id, e.content_hash, e.draft_hash, e.session, e.speaker,
    e.first_seq, greatest(e.seq, coalesce(v.seq, 0)) AS last_seq,
    coalesce(e.turn, $no_turn::BIGINT) AS turn, coalesce(e.expires_at, $never::BIGINT) AS expires,
    e.created_at AS created, e.updated_at / 1e6 AS written,
    coalesce(
        date_diff('day', DATE '1970-01-01', e.event_time[:10]::DATE)::FLOAT, 'nan'::FLOAT
    ) AS day,
    e.length, e.version, coalesce(v.passages, 0) AS passages,
    regexp_matches(e.text, $question) AS asks
FROM store.main.entry e
LEFT JOIN (
    SELECT entry, max(seq) AS seq, count(*) AS passages FROM store.main.vector
    WHERE seq > $after GROUP BY entry
) v ON v.entry = e.seq
WHERE e.seq > $after AND e.seq NOT IN (SELECT seq FROM store.main.tombstone)

-- name: select_left
-- Whose version of up to a change is no more, by what happened after it: replaced, forgotten.
SELECT DISTINCT ns, id FROM store.main.change
WHERE seq > $after AND previous <> 0 AND kind IN ('put', 'forget', 'purge', 'expire')

-- name: select_embedded
-- Versions of up to a change that got their vectors after it.
SELECT ns, entry, max(seq), count(*) FROM store.main.vector
WHERE seq > $after AND entry <= $after GROUP BY ns, entry

-- name: select_receipts
SELECT namespace, key, done_at FROM store.main.idempotency
WHERE done_at > $since ORDER BY done_at, seq

-- name: select_receipt
-- What is remembered under a key; one that was used again after it was forgotten has several rows.
SELECT body_digest, receipt, done_at FROM store.main.idempotency
WHERE namespace = $namespace AND key = $key ORDER BY done_at DESC, seq DESC LIMIT 1

-- name: select_spans
-- Spans of the passages of these entries, by part.
SELECT v.entry, v.start, v.stop
FROM store.main.vector v
JOIN (SELECT unnest($ordinals::BIGINT[]) AS entry) w ON w.entry = v.entry
ORDER BY v.entry, v.part

-- name: select_entries
-- Entries by ordinal, in the columns of `rows.ENTRY_COLUMNS`.
SELECT
    seq, version, id, text, summary, kind, scope, session, turn, speaker, source, tags, metadata,
    event_time, created_at, updated_at, expires_at
FROM store.main.entry WHERE seq IN (SELECT unnest($ordinals::BIGINT[]))

-- name: select_page_entries
-- The same, and whether each has its vectors.
SELECT
    seq, version, id, text, summary, kind, scope, session, turn, speaker, source, tags, metadata,
    event_time, created_at, updated_at, expires_at,
    seq IN (
        SELECT entry FROM store.main.vector WHERE entry IN (SELECT unnest($ordinals::BIGINT[]))
    )
FROM store.main.entry WHERE seq IN (SELECT unnest($ordinals::BIGINT[]))

-- name: select_page
-- One page of ordinals: by turn, those without one first, or all at one place; then as written.
WITH placed AS (
    SELECT
        seq, first_seq,
        CASE WHEN $by_turn THEN coalesce(turn, $no_turn::BIGINT) ELSE 0 END AS place
    FROM store.main.entry
    WHERE
        ns = $ns AND seq NOT IN (SELECT seq FROM store.main.tombstone)
        AND (expires_at IS NULL OR expires_at > $now) AND (/* filter */)
)
SELECT seq, place, first_seq FROM placed
WHERE place > $after_place::BIGINT OR (place = $after_place::BIGINT AND first_seq > $after_seq)
ORDER BY place, first_seq LIMIT $limit

-- name: select_sessions
SELECT session, count(*), min(event_at), max(event_at) FROM store.main.entry
WHERE
    ns = $ns AND seq NOT IN (SELECT seq FROM store.main.tombstone)
    AND (expires_at IS NULL OR expires_at > $now) AND session IS NOT NULL
    AND ($after::VARCHAR IS NULL OR session > $after::VARCHAR)
GROUP BY session ORDER BY session LIMIT $limit

-- name: select_newest
-- The seq of the last change.
SELECT coalesce(max(seq), 0) FROM store.main.change
