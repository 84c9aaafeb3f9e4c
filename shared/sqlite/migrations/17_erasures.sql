-- Who was erased, by keyed hashes of their addresses: a copy of the store that is older than an erasure does not have it here,
-- and so is told of it when it is brought back.

CREATE TABLE erasures (
    hash    TEXT NOT NULL, -- keyed, of an address
    at      INTEGER NOT NULL,
    contact TEXT, -- the id that they had; none: it was not kept
    PRIMARY KEY (hash, at)
) STRICT, WITHOUT ROWID;
INSERT INTO erasures (hash, at)
    SELECT hash, at FROM suppressions WHERE reason = 'erased' AND list IS NULL;
