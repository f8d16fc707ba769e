-- BM25 over the postings of one namespace; see `model.bm25`.  Postings lie in the order they were
-- written, so that what came after a change is read without looking at what came before.
-- Scores are rounded to nine places: the order of summing must not decide between equals.

-- name: entries_with
-- In how many live entries each term stands; terms that stand in none are left out.
SELECT term, count(*) FROM store.main.posting
WHERE
    term IN (SELECT unnest($terms::UBIGINT[]))
    AND seq NOT IN (SELECT seq FROM store.main.tombstone)
GROUP BY term

-- name: bm25
-- The best entries that hold one of the terms, whose weights are count · idf; `bits` says which
-- terms they hold.  `saturation` is k1 · (1 - b), `slope` is k1 · b / average.
WITH query AS (
    SELECT
        unnest($terms::UBIGINT[]) AS term, unnest($weights::DOUBLE[]) AS weight,
        unnest($bits::UBIGINT[]) AS bit
)
SELECT
    p.seq,
    round(
        sum(weight * p.tf / (p.tf + $saturation::DOUBLE + $slope::DOUBLE * p.len)), 9
    ) AS score,
    bit_or(query.bit) AS mask
FROM store.main.posting p
JOIN query ON query.term = p.term
WHERE p.seq NOT IN (SELECT seq FROM store.main.tombstone)
GROUP BY p.seq ORDER BY score DESC, p.seq LIMIT $limit

-- name: bm25_of
-- The same for given entries, by ordinal.
WITH query AS (
    SELECT
        unnest($terms::UBIGINT[]) AS term, unnest($weights::DOUBLE[]) AS weight,
        unnest($bits::UBIGINT[]) AS bit
)
SELECT
    p.seq,
    round(
        sum(weight * p.tf / (p.tf + $saturation::DOUBLE + $slope::DOUBLE * p.len)), 9
    ) AS score,
    bit_or(query.bit) AS mask
FROM store.main.posting p
JOIN query ON query.term = p.term
WHERE
    p.seq NOT IN (SELECT seq FROM store.main.tombstone)
    AND p.seq IN (SELECT unnest($ordinals::BIGINT[]))
GROUP BY p.seq ORDER BY p.seq

-- name: postings_between
-- Postings of live entries that came after one change and up to another, by ordinal.
SELECT term, seq, tf, len FROM store.main.posting
WHERE seq > $after AND seq <= $upto AND seq NOT IN (SELECT seq FROM store.main.tombstone)
ORDER BY seq

-- name: live_entries
-- Live entries of namespaces that are there, up to a change.
SELECT seq FROM store.main.entry
WHERE
    seq <= $upto AND seq NOT IN (SELECT seq FROM store.main.tombstone)
    AND ns NOT IN (SELECT ns FROM store.main.namespace WHERE dropped)
ORDER BY seq

-- name: entries_of
-- Every version of a namespace that has a row.
SELECT seq FROM store.main.entry WHERE ns = $ns ORDER BY seq
