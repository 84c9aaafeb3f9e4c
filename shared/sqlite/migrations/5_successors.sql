-- Who became whom when two contacts were merged: links in old messages name the one who is no more.

CREATE TABLE successors (
    former  TEXT PRIMARY KEY, -- a contact's id
    contact INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX successors_by_contact ON successors (contact);
