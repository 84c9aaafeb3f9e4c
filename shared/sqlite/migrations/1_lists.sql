-- Contacts, lists, and how each contact stands to each list. Instants are nanoseconds since 1970 (UTC).

CREATE TABLE contacts (
    n         INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    address   TEXT NOT NULL UNIQUE,
    name      TEXT NOT NULL,
    fields    TEXT NOT NULL, -- a JSON object of texts
    object_id TEXT
) STRICT;
CREATE INDEX contacts_by_object ON contacts (object_id) WHERE object_id IS NOT NULL;

CREATE TABLE lists (
    n         INTEGER PRIMARY KEY,
    id        TEXT NOT NULL UNIQUE,
    name      TEXT NOT NULL,
    name_key  TEXT NOT NULL UNIQUE, -- the name without regard to case
    seq       INTEGER NOT NULL DEFAULT 0, -- of the last change
    compacted INTEGER NOT NULL DEFAULT 0 -- changes up to here are forgotten
) STRICT;

CREATE TABLE memberships (
    list     INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    contact  INTEGER NOT NULL REFERENCES contacts,
    standing TEXT NOT NULL,
    origin   TEXT NOT NULL,
    since    INTEGER NOT NULL,
    seq      INTEGER NOT NULL, -- of the change that made it so
    PRIMARY KEY (list, contact)
) STRICT, WITHOUT ROWID;

CREATE TABLE changes (
    list    INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    contact INTEGER NOT NULL REFERENCES contacts,
    what    TEXT NOT NULL, -- the new standing, or 'match'
    origin  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (list, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE decisions (
    n        INTEGER PRIMARY KEY, -- the largest of a list and contact is in force
    list     INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    contact  INTEGER NOT NULL REFERENCES contacts,
    decision TEXT NOT NULL,
    at       INTEGER NOT NULL,
    via      TEXT NOT NULL DEFAULT '' -- the way it came; empty: not told
) STRICT;
CREATE INDEX decisions_by_contact ON decisions (list, contact);

CREATE TABLE imports (
    n     INTEGER PRIMARY KEY,
    id    TEXT NOT NULL UNIQUE,
    list  INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    state TEXT NOT NULL,
    seq   INTEGER NOT NULL, -- of the list when the import was done
    doc   TEXT NOT NULL
) STRICT;
CREATE INDEX imports_by_list ON imports (list);

CREATE TABLE held (
    import  INTEGER NOT NULL REFERENCES imports ON DELETE CASCADE,
    contact INTEGER NOT NULL REFERENCES contacts,
    PRIMARY KEY (import, contact)
) STRICT, WITHOUT ROWID;
