-- How writes to a tenant are spread, once it has refused some for their number.

CREATE TABLE pace (
    tenant      TEXT PRIMARY KEY,
    told_at     INTEGER NOT NULL,
    taken_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
