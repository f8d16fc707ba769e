-- What the record files are filled and checked with.

-- name: select_live
-- Every live version up to a change, in order.
SELECT seq FROM store.main.entry
WHERE
    seq <= $upto
    AND seq NOT IN (SELECT seq FROM store.main.tombstone)
    AND ns IN (
        SELECT ns FROM store.main.namespace GROUP BY ns, name HAVING NOT bool_or(dropped)
    )
ORDER BY seq

-- name: select_draft_hashes
SELECT seq, draft_hash FROM store.main.entry
WHERE
    seq IN (SELECT unnest($ordinals::BIGINT[]))
    AND seq NOT IN (SELECT seq FROM store.main.tombstone)

-- name: select_hashed_entries
-- Live entries by ordinal, in the columns of `rows.ENTRY_COLUMNS`, with the hash of the draft.
SELECT
    seq, version, id, text, summary, kind, scope, session, turn, speaker, source, tags, metadata,
    event_time, created_at, updated_at, expires_at, draft_hash
FROM store.main.entry
WHERE
    seq IN (SELECT unnest($ordinals::BIGINT[]))
    AND seq NOT IN (SELECT seq FROM store.main.tombstone)
