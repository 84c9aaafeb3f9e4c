-- What imports changed of people, so that they can be taken back: many people a row, packed.

CREATE TABLE import_changes (
    n      INTEGER PRIMARY KEY,
    list   INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    import TEXT NOT NULL,
    at     INTEGER NOT NULL,
    until  INTEGER NOT NULL, -- from then on it is kept no more
    done   BLOB NOT NULL
) STRICT;
CREATE INDEX import_changes_by_import ON import_changes (import);
CREATE INDEX import_changes_by_list ON import_changes (list);
CREATE INDEX import_changes_by_end ON import_changes (until);
