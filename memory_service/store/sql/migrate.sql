-- From one version of the tables to the next; see `store.migrating`.

-- name: set_aside_postings
-- Version 1 kept postings in runs by term, and what was fresh in a table of its own.
ALTER TABLE store.main.posting RENAME TO posting_by_term

-- name: join_postings
INSERT INTO store.main.posting (term, seq, tf, len)
SELECT term, seq, tf, len FROM (
    SELECT term, seq, tf, len FROM store.main.posting_by_term
    UNION ALL SELECT term, seq, tf, len FROM store.main.posting_fresh
)
ORDER BY seq, term

-- name: drop_postings_by_term
DROP TABLE store.main.posting_by_term

-- name: drop_fresh_postings
DROP TABLE store.main.posting_fresh
