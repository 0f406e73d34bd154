-- Who may write. A claim is a random number, one for each acquisition of a
-- partition of the log; every row written under it carries it. A revoked claim
-- is refused by the tables themselves (CHECK in the files that follow), for
-- ever. Rows are only ever added to these two tables.

CREATE TABLE IF NOT EXISTS {database}.claims
(
    partition UInt32,
    claim UInt64,
    owner String,
    acquired_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (partition, claim);

CREATE TABLE IF NOT EXISTS {database}.revoked
(
    claim UInt64,
    yes UInt8
)
ENGINE = Join(ANY, LEFT, claim);
