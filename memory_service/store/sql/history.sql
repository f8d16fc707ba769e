-- Versions that are no more.  Their rows are with the others until maintenance moves them to
-- `history`; what may be asked for depends on the time alone, never on when that happens.

-- name: versions
-- `kept`: versions that are no more and may be asked for; `shown`: these and those that are there.
-- A life is what one first version began; `age` counts its dead versions from the last one.
WITH dead AS (
    SELECT e.*, t.died, c.done_at AS died_at, c.kind AS cause, coalesce(v.passages, 0) AS passages
    FROM store.main.entry e
    JOIN store.main.tombstone t ON t.seq = e.seq
    JOIN store.main.change c ON c.seq = t.died
    LEFT JOIN (
        SELECT entry, count(*) AS passages FROM store.main.vector
        WHERE entry IN (SELECT seq FROM store.main.tombstone) GROUP BY entry
    ) v ON v.entry = e.seq
    UNION ALL BY NAME
    SELECT * FROM store.main.history
),
there AS (
    SELECT * FROM store.main.entry WHERE seq NOT IN (SELECT seq FROM store.main.tombstone)
),
aged AS (
    SELECT
        d.*, row_number() OVER life AS age, first_value(d.cause) OVER life AS last_cause,
        first_value(d.died_at) OVER life AS last_died_at,
        first_value(d.expires_at) OVER life AS last_expires_at
    FROM dead d
    WHERE
        ($ns::BIGINT IS NULL OR d.ns = $ns)
        AND ($ids::VARCHAR[] IS NULL OR d.id IN (SELECT unnest($ids::VARCHAR[])))
    WINDOW life AS (PARTITION BY d.first_seq ORDER BY d.seq DESC)
),
kept AS (
    SELECT a.*, t.seq IS NULL AND a.age = 1 AS last
    FROM aged a LEFT JOIN there t ON t.first_seq = a.first_seq
    WHERE
        CASE
            WHEN t.seq IS NOT NULL
                THEN (t.expires_at IS NULL OR t.expires_at > $now) AND a.age <= $versions
            ELSE
                a.last_cause = 'forget' AND a.last_died_at > $undo_since
                AND (a.last_expires_at IS NULL OR a.last_expires_at > $now)
                AND a.age <= $versions + 1
        END
),
shown AS (
    SELECT
        * EXCLUDE (age, last_cause, last_died_at, last_expires_at, last),
        passages > 0 AS embedded
    FROM kept
    UNION ALL BY NAME
    SELECT *, seq IN (SELECT entry FROM store.main.vector) AS embedded FROM there
    WHERE
        ($ns::BIGINT IS NULL OR ns = $ns)
        AND ($ids::VARCHAR[] IS NULL OR id IN (SELECT unnest($ids::VARCHAR[])))
        AND (expires_at IS NULL OR expires_at > $now)
)

-- name: select_history
-- Newest first, in the columns of `rows.ENTRY_COLUMNS` and how each ended.
/* versions */
SELECT
    seq, version, id, text, summary, kind, scope, session, turn, speaker, source, tags, metadata,
    event_time, created_at, updated_at, expires_at, embedded, died_at, cause
FROM shown ORDER BY seq DESC LIMIT $limit

-- name: select_as_of
-- A page of what was there after a change and had not expired at a time; see `select_page`.
/* versions */
, placed AS (
    SELECT
        *, CASE WHEN $by_turn THEN coalesce(turn, $no_turn::BIGINT) ELSE 0 END AS place
    FROM shown
    WHERE
        seq <= $seq AND (died IS NULL OR died > $seq)
        AND (expires_at IS NULL OR expires_at > $at) AND (/* filter */)
)
SELECT
    seq, version, id, text, summary, kind, scope, session, turn, speaker, source, tags, metadata,
    event_time, created_at, updated_at, expires_at, embedded, place, first_seq
FROM placed
WHERE place > $after_place::BIGINT OR (place = $after_place::BIGINT AND first_seq > $after_seq)
ORDER BY place, first_seq LIMIT $limit

-- name: count_missing
-- How many entries of a namespace were there after a change, by the log, and are not kept as they
-- were then.
/* versions */
SELECT
    (
        SELECT count(*) FROM (
            SELECT arg_max(kind, seq) AS last FROM store.main.change
            WHERE ns = $ns AND seq <= $seq AND kind NOT IN ('vectors', 'namespace', 'drop')
            GROUP BY id
        )
        WHERE last IN ('put', 'restore')
    )
    - (SELECT count(*) FROM shown WHERE seq <= $seq AND (died IS NULL OR died > $seq))

-- name: select_forgotten
-- The last versions of what can be taken back, one for an id, as it was forgotten; with what
-- `Forgotten` has beside the entry.
/* versions */
SELECT
    seq, version, id, text, summary, kind, scope, session, turn, speaker, source, tags, metadata,
    event_time, created_at, updated_at, expires_at, first_seq, died, passages
FROM kept
WHERE
    last AND (/* filter */)
    AND id NOT IN (
        SELECT t.id FROM there t
        WHERE t.ns = kept.ns AND (t.expires_at IS NULL OR t.expires_at > $now)
    )
QUALIFY row_number() OVER (PARTITION BY id ORDER BY died DESC) = 1
ORDER BY died

-- name: select_forgotten_vectors
SELECT entry, part, start, stop, x FROM store.main.vector
WHERE entry IN (SELECT unnest($ordinals::BIGINT[]))
UNION ALL
SELECT entry, part, start, stop, x FROM store.main.history_vector
WHERE entry IN (SELECT unnest($ordinals::BIGINT[]))
ORDER BY entry, part

-- name: select_change_at
SELECT epoch, chain, done_at FROM store.main.change WHERE seq = $seq

-- name: select_change_before
-- The last change made at a time or before.
SELECT coalesce(max(seq), 0) FROM store.main.change WHERE done_at <= $at

-- name: move_versions
-- Those that may be asked for, from the rows that are about to be removed.
INSERT INTO store.main.history BY NAME
/* versions */
SELECT * EXCLUDE (age, last_cause, last_died_at, last_expires_at, last) FROM kept
WHERE seq IN (SELECT seq FROM store.main.tombstone)

-- name: move_vectors
-- The vectors of those that can be taken back.
INSERT INTO store.main.history_vector BY NAME
/* versions */
SELECT v.* FROM store.main.vector v
WHERE v.entry IN (
    SELECT seq FROM kept WHERE last AND seq IN (SELECT seq FROM store.main.tombstone)
)

-- name: select_over
-- Versions in `history` that may no longer be asked for, the oldest first.
/* versions */
SELECT seq FROM store.main.history WHERE seq NOT IN (SELECT seq FROM kept) ORDER BY seq LIMIT $limit

-- name: select_vectors_over
-- The same of those that have vectors there and cannot be taken back any more.
/* versions */
SELECT DISTINCT entry FROM store.main.history_vector
WHERE entry NOT IN (SELECT seq FROM kept WHERE last) ORDER BY entry LIMIT $limit

-- name: count_history
SELECT count(*) FROM store.main.history

-- name: delete_versions
DELETE FROM store.main.history WHERE seq IN (SELECT unnest($ordinals::BIGINT[]))

-- name: delete_version_vectors
DELETE FROM store.main.history_vector WHERE entry IN (SELECT unnest($ordinals::BIGINT[]))

-- name: select_purged_history
-- What was moved of these entries, as far as it is older than a change.
SELECT h.seq FROM store.main.history h
JOIN (
    SELECT
        unnest($numbers::BIGINT[]) AS ns, unnest($ids::VARCHAR[]) AS id,
        unnest($before::BIGINT[]) AS before
) w ON w.ns = h.ns AND w.id = h.id AND h.seq < w.before

-- name: drop_history_vectors
DELETE FROM store.main.history_vector

-- name: drop_dead_vectors
DELETE FROM store.main.vector WHERE entry IN (SELECT seq FROM store.main.tombstone)
