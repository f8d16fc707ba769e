-- What a write adds.  `incoming` is an Arrow table, registered for the statement.

-- name: insert_changes
INSERT INTO store.main.change (
    epoch, seq, chain, digest, kind, ns, namespace, id, previous, done_at
)
SELECT
    epoch, seq, chain, digest, kind, ns, namespace, id, previous, done_at
FROM incoming

-- name: insert_entries
INSERT INTO store.main.entry (
    seq, first_seq, ns, id, version, text, summary, kind, scope, tags, metadata, session, turn,
    speaker, source, event_time, event_at, created_at, updated_at, expires_at, content_hash,
    draft_hash, nonce, length
)
SELECT
    seq, first_seq, ns, id, version, text, summary, kind, scope, tags, metadata, session, turn,
    speaker, source, event_time, event_at, created_at, updated_at, expires_at, content_hash,
    draft_hash, nonce, length
FROM incoming

-- name: insert_vectors
INSERT INTO store.main.vector (seq, entry, ns, part, start, stop, nonce, x)
SELECT seq, entry, ns, part, start, stop, nonce, x FROM incoming

-- name: insert_next_vectors
INSERT INTO store.main.next_vector (seq, entry, ns, part, start, stop, nonce, x)
SELECT seq, entry, ns, part, start, stop, nonce, x FROM incoming

-- name: insert_postings
INSERT INTO store.main.posting (term, seq, tf, len)
SELECT term, seq, tf, len FROM incoming

-- name: insert_tombstones
INSERT INTO store.main.tombstone (ns, seq, died)
SELECT ns, seq, died FROM incoming

-- name: insert_namespaces
INSERT INTO store.main.namespace (seq, ns, name, dropped)
SELECT seq, ns, name, dropped FROM incoming

-- name: insert_settings
INSERT INTO store.main.setting (seq, ns, key, value)
SELECT seq, ns, key, value FROM incoming

-- name: insert_receipts
INSERT INTO store.main.idempotency (key, namespace, body_digest, receipt, seq, done_at)
SELECT key, namespace, body_digest, receipt, seq, done_at FROM incoming
