-- Links, and what each remembers of its members.

CREATE TABLE links (
    n            INTEGER PRIMARY KEY,
    id           TEXT NOT NULL UNIQUE,
    list         INTEGER NOT NULL REFERENCES lists,
    tenant       TEXT NOT NULL,
    group_id     TEXT NOT NULL,
    writes_group INTEGER NOT NULL,
    writes_list  INTEGER NOT NULL,
    active       INTEGER NOT NULL,
    doc          TEXT NOT NULL, -- what a person set up
    progress     TEXT NOT NULL,
    ruling       TEXT,
    requested    INTEGER NOT NULL DEFAULT 0,
    synced       INTEGER NOT NULL DEFAULT 0,
    due_at       INTEGER NOT NULL,
    lease_token  INTEGER NOT NULL DEFAULT 0,
    leased_until INTEGER, -- none: the lease is free
    resync       INTEGER NOT NULL DEFAULT 0, -- asked for during the present lease
    finished_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX links_one_writer_per_group ON links (tenant, group_id) WHERE writes_group = 1;
CREATE UNIQUE INDEX links_one_writer_per_list ON links (list) WHERE writes_list = 1;
CREATE INDEX links_by_list ON links (list);

CREATE TABLE members (
    link          INTEGER NOT NULL REFERENCES links ON DELETE CASCADE,
    key           TEXT NOT NULL, -- 'p:' and an object id, or 'c:' and a contact id
    contact       TEXT,
    address       TEXT,
    in_baseline   INTEGER NOT NULL,
    group_present INTEGER,
    group_since   INTEGER,
    intent_op     TEXT,
    intent_since  INTEGER,
    open          TEXT,
    PRIMARY KEY (link, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_open ON members (link) WHERE open IS NOT NULL OR intent_op IS NOT NULL;
CREATE INDEX members_by_contact ON members (link, contact) WHERE contact IS NOT NULL;

CREATE TABLE removals (
    n              INTEGER PRIMARY KEY,
    link           INTEGER NOT NULL REFERENCES links ON DELETE CASCADE,
    side           TEXT NOT NULL,
    at             INTEGER NOT NULL,
    count          INTEGER NOT NULL,
    members_before INTEGER NOT NULL
) STRICT;
CREATE INDEX removals_by_time ON removals (link, at);
