-- Who did what: only ever added to. It names by ids alone, so that nothing of it has to be struck when a person is erased.

CREATE TABLE audit (
    at         INTEGER NOT NULL,
    id         TEXT NOT NULL,
    actor      TEXT NOT NULL,
    action     TEXT NOT NULL,
    objects    TEXT NOT NULL, -- kind:id, with spaces between
    completion TEXT NOT NULL,
    PRIMARY KEY (at, id) -- what is past its time is a range of it, and so is a page
) STRICT, WITHOUT ROWID;
