-- How far the changes of a tenant's people were read.

CREATE TABLE people_watch (
    tenant TEXT PRIMARY KEY,
    cursor TEXT,
    due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
