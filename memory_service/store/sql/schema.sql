-- The tables.  No keys, no indexes, no updates: rows are appended, and removed by maintenance
-- alone.  Uniqueness is the single writer's business.  Times are microseconds since 1970, UTC.

-- name: create_meta
-- What the store is; of several rows of one key the one with the largest n holds.
CREATE TABLE store.main.meta (n BIGINT NOT NULL, key VARCHAR NOT NULL, value VARCHAR NOT NULL)

-- name: create_change
-- The log: what happened, in order, chained.  `previous` is the entry's change before, 0 if none.
CREATE TABLE store.main.change (
    epoch BIGINT NOT NULL, seq BIGINT NOT NULL, chain BLOB NOT NULL, digest BLOB NOT NULL,
    kind VARCHAR NOT NULL, ns BIGINT NOT NULL, namespace VARCHAR NOT NULL,
    id VARCHAR NOT NULL, previous BIGINT NOT NULL, done_at BIGINT NOT NULL
)

-- name: create_entry
-- One row per version of an entry.  `seq` is the change that wrote it: the entry's ordinal.
-- `first_seq` is the ordinal of its first version; `length` counts the terms of its key.
CREATE TABLE store.main.entry (
    seq BIGINT NOT NULL, first_seq BIGINT NOT NULL, ns BIGINT NOT NULL, id VARCHAR NOT NULL,
    version BIGINT NOT NULL, text VARCHAR NOT NULL, summary VARCHAR, kind VARCHAR, scope VARCHAR,
    tags VARCHAR[] NOT NULL, metadata VARCHAR NOT NULL, session VARCHAR, turn BIGINT,
    speaker VARCHAR, source VARCHAR, event_time VARCHAR, event_at BIGINT,
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, expires_at BIGINT,
    content_hash BLOB NOT NULL, draft_hash BLOB NOT NULL, nonce BLOB NOT NULL,
    length BIGINT NOT NULL
)

-- name: create_vector
-- One row per passage: `entry` is the ordinal it belongs to, `seq` the change that brought it
-- (another one when it came late), `x` the vector in float16, little endian.
CREATE TABLE store.main.vector (
    seq BIGINT NOT NULL, entry BIGINT NOT NULL, ns BIGINT NOT NULL, part INTEGER NOT NULL,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, nonce BLOB NOT NULL,
    x BLOB USING COMPRESSION uncompressed
)

-- name: create_next_vector
-- The same of the model that is to serve; once it is whole it takes the place of `vector`.
CREATE TABLE store.main.next_vector (
    seq BIGINT NOT NULL, entry BIGINT NOT NULL, ns BIGINT NOT NULL, part INTEGER NOT NULL,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, nonce BLOB NOT NULL,
    x BLOB USING COMPRESSION uncompressed
)

-- name: create_posting
-- What the full-text index is made of, as written.  `term` is a hash of namespace and term.
CREATE TABLE store.main.posting (
    term UBIGINT NOT NULL, seq BIGINT NOT NULL, tf UINTEGER NOT NULL, len UINTEGER NOT NULL
)

-- name: create_tombstone
-- Versions that are no more, until maintenance removes their rows; `died` is the change that did it.
CREATE TABLE store.main.tombstone (ns BIGINT NOT NULL, seq BIGINT NOT NULL, died BIGINT NOT NULL)

-- name: create_history
-- Versions that are no more and may still be asked for, moved here by maintenance; the columns of
-- `entry`, and how each ended: at which change, when, by which kind, with how many passages.
CREATE TABLE store.main.history (
    seq BIGINT NOT NULL, first_seq BIGINT NOT NULL, ns BIGINT NOT NULL, id VARCHAR NOT NULL,
    version BIGINT NOT NULL, text VARCHAR NOT NULL, summary VARCHAR, kind VARCHAR, scope VARCHAR,
    tags VARCHAR[] NOT NULL, metadata VARCHAR NOT NULL, session VARCHAR, turn BIGINT,
    speaker VARCHAR, source VARCHAR, event_time VARCHAR, event_at BIGINT,
    created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, expires_at BIGINT,
    content_hash BLOB NOT NULL, draft_hash BLOB NOT NULL, nonce BLOB NOT NULL,
    length BIGINT NOT NULL,
    died BIGINT NOT NULL, died_at BIGINT NOT NULL, cause VARCHAR NOT NULL, passages BIGINT NOT NULL
)

-- name: create_history_vector
-- The vectors of those that were forgotten, so that taking that back needs no model; the columns
-- of `vector`.
CREATE TABLE store.main.history_vector (
    seq BIGINT NOT NULL, entry BIGINT NOT NULL, ns BIGINT NOT NULL, part INTEGER NOT NULL,
    start INTEGER NOT NULL, stop INTEGER NOT NULL, nonce BLOB NOT NULL,
    x BLOB USING COMPRESSION uncompressed
)

-- name: create_purge
-- Up to which change a namespace's deaths are removed with their rows; the largest holds.
CREATE TABLE store.main.purge (ns BIGINT NOT NULL, seq BIGINT NOT NULL)

-- name: create_namespace
-- Namespaces as they come and go; of several rows of one name the one with the largest seq holds.
-- `ns` is the change that made it; a namespace that comes again is another one.
CREATE TABLE store.main.namespace (
    seq BIGINT NOT NULL, ns BIGINT NOT NULL, name VARCHAR NOT NULL, dropped BOOLEAN NOT NULL
)

-- name: create_setting
-- Settings of a namespace; the row with the largest seq holds.
CREATE TABLE store.main.setting (
    seq BIGINT NOT NULL, ns BIGINT NOT NULL, key VARCHAR NOT NULL, value VARCHAR NOT NULL
)

-- name: create_idempotency
-- Receipts of writes that came with a key.
CREATE TABLE store.main.idempotency (
    key VARCHAR NOT NULL, namespace VARCHAR NOT NULL, body_digest BLOB NOT NULL,
    receipt VARCHAR NOT NULL, seq BIGINT NOT NULL, done_at BIGINT NOT NULL
)

-- name: create_access_key
-- Further keys to the service and their rights.
CREATE TABLE store.main.access_key (
    seq BIGINT NOT NULL, key_id VARCHAR NOT NULL, secret_hash BLOB NOT NULL,
    rights VARCHAR NOT NULL, namespaces VARCHAR[] NOT NULL, created_at BIGINT NOT NULL,
    revoked_at BIGINT
)

-- name: tables
-- How many tables there are.
SELECT count(*) FROM duckdb_tables() WHERE database_name = 'store'

-- name: read_meta
SELECT key, value FROM store.main.meta ORDER BY n

-- name: add_meta
INSERT INTO store.main.meta
SELECT (SELECT count(*) FROM store.main.meta), $key, $value
