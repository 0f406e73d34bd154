-- Who may write. A claim is a random number, one for each acquisition of a
-- partition of the log; every row written under it carries it. A revoked claim
-- is refused by the tables themselves (CHECK in the files that follow), for
-- ever. Rows are only ever added to these two tables. A claim gets a row of
-- state 'revoked' once its revocation is known to be on disk; until then every
-- new owner repeats it.

CREATE TABLE IF NOT EXISTS {database}.claims
(
    partition UInt32,
    claim UInt64,
    state Enum8('acquired' = 1, 'revoked' = 2),
    owner String,
    at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (partition, claim);

CREATE TABLE IF NOT EXISTS {database}.revoked
(
    claim UInt64,
    yes UInt8
)
ENGINE = Join(ANY, LEFT, claim);
