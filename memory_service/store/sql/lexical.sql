-- BM25 over the postings of one namespace, idf = ln(1 + (N - n + .5) / (n + .5)) and a term's
-- weight count · idf · tf / (tf + k1 · (1 - b + b · len / average)), without the factor (k1 + 1).
-- Scores are rounded to nine places: the order of summing must not decide between equals.

-- name: bm25
-- Every entry that holds one of the terms, best first; `bits` says which terms it holds.
-- `saturation` is k1 · (1 - b), `slope` is k1 · b / average.  n counts live entries.
WITH query AS (
    SELECT
        unnest($terms::UBIGINT[]) AS term, unnest($counts::DOUBLE[]) AS count,
        unnest($bits::UBIGINT[]) AS bit
),
found AS (
    SELECT
        p.seq, p.tf, p.len, query.bit, query.count,
        least(count(*) OVER (PARTITION BY p.term), $entries::BIGINT) AS n
    FROM (
        SELECT term, seq, tf, len FROM store.main.posting
        UNION ALL
        SELECT term, seq, tf, len FROM store.main.posting_fresh
    ) p
    JOIN query ON query.term = p.term
    WHERE p.seq NOT IN (SELECT seq FROM store.main.tombstone)
)
SELECT
    seq,
    round(
        sum(
            count * ln(1 + ($entries::BIGINT - n + 0.5) / (n + 0.5))
            * tf / (tf + $saturation::DOUBLE + $slope::DOUBLE * len)
        ), 9
    ) AS score,
    bit_or(bit) AS mask
FROM found GROUP BY seq ORDER BY score DESC, seq LIMIT $limit

-- name: bm25_of
-- The same for given entries and terms of known weight (count · idf).
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
FROM (
    SELECT term, seq, tf, len FROM store.main.posting
    UNION ALL
    SELECT term, seq, tf, len FROM store.main.posting_fresh
) p
JOIN query ON query.term = p.term
WHERE
    p.seq NOT IN (SELECT seq FROM store.main.tombstone)
    AND p.seq IN (SELECT unnest($ordinals::BIGINT[]))
GROUP BY p.seq

-- name: entries_with
-- In how many live entries each term stands; terms that stand in none are left out.
SELECT p.term, count(*)
FROM (
    SELECT term, seq FROM store.main.posting
    UNION ALL
    SELECT term, seq FROM store.main.posting_fresh
) p
WHERE
    p.term IN (SELECT unnest($terms::UBIGINT[]))
    AND p.seq NOT IN (SELECT seq FROM store.main.tombstone)
GROUP BY p.term
