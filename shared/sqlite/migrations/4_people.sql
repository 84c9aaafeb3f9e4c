-- People beyond one list: aliases, keys of HR systems, decisions about all lists, suppressions, and what is trusted.

ALTER TABLE contacts ADD COLUMN external_id TEXT;
ALTER TABLE contacts ADD COLUMN provenance TEXT NOT NULL DEFAULT '{}'; -- by field: who set it and when
ALTER TABLE contacts ADD COLUMN undeliverable TEXT; -- why
ALTER TABLE contacts ADD COLUMN undeliverable_at INTEGER;
ALTER TABLE contacts ADD COLUMN opted_out TEXT; -- of all lists: why
ALTER TABLE contacts ADD COLUMN opted_out_at INTEGER;
ALTER TABLE contacts ADD COLUMN opted_out_via TEXT;
ALTER TABLE contacts ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE contacts ADD COLUMN changed INTEGER NOT NULL DEFAULT 0; -- the counter 'contacts' at the last edit
CREATE UNIQUE INDEX contacts_by_external_id ON contacts (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX contacts_by_change ON contacts (changed);

CREATE TABLE counters (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counters (name, value) VALUES ('contacts', 0);

CREATE TABLE aliases (
    address TEXT PRIMARY KEY,
    contact INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX aliases_by_contact ON aliases (contact);

ALTER TABLE lists ADD COLUMN filter TEXT; -- none: it is kept by people
ALTER TABLE lists ADD COLUMN opt_out TEXT NOT NULL DEFAULT 'allowed';
ALTER TABLE lists ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE lists ADD COLUMN followed INTEGER; -- the counter 'contacts' up to which the filter was followed

-- Changes of a list by contacts that are no more.
CREATE TABLE departures (
    list    INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    seq     INTEGER NOT NULL,
    contact TEXT NOT NULL,
    at      INTEGER NOT NULL,
    PRIMARY KEY (list, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE sayings (
    n        INTEGER PRIMARY KEY, -- the largest of a contact and list is in force
    contact  INTEGER NOT NULL REFERENCES contacts,
    list     INTEGER REFERENCES lists ON DELETE CASCADE, -- none: of all lists
    decision TEXT NOT NULL,
    reason   TEXT NOT NULL,
    via      TEXT NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
INSERT INTO sayings (n, contact, list, decision, reason, via, at)
    SELECT n, contact, list, decision, 'own', CASE via WHEN '' THEN 'operator' ELSE via END, at FROM decisions;
DROP TABLE decisions;
CREATE INDEX sayings_by_contact ON sayings (contact, list);
CREATE INDEX sayings_by_list ON sayings (list);

CREATE TABLE suppressions (
    n      INTEGER PRIMARY KEY,
    hash   TEXT NOT NULL, -- keyed, of an address
    list   INTEGER REFERENCES lists ON DELETE CASCADE, -- none: of all lists
    reason TEXT NOT NULL,
    via    TEXT NOT NULL,
    at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX suppressions_by_hash ON suppressions (hash, coalesce(list, 0), reason);
CREATE INDEX suppressions_by_list ON suppressions (list);

CREATE TABLE secrets (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE signing_keys (
    n       INTEGER PRIMARY KEY,
    id      TEXT NOT NULL UNIQUE,
    secret  BLOB NOT NULL,
    made    INTEGER NOT NULL,
    retired INTEGER
) STRICT;

CREATE TABLE api_keys (
    id   TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    doc  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE event_sources (
    id  TEXT PRIMARY KEY,
    doc TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE seen (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_by_time ON seen (until);
