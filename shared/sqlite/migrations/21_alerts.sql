-- What people were told of without asking, and what they are still to be told: ids, counts, and names of lists.

CREATE TABLE alert_notes (
    name    TEXT NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    value   BLOB NOT NULL,
    until   INTEGER -- from when on it is not there any more
) STRICT, WITHOUT ROWID;
