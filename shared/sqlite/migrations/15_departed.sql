-- Lists and people that were deleted: who had said no to a list is held off a later list of its name, and links in old messages
-- find who has an address now.

CREATE TABLE former_nos (
    name_key TEXT NOT NULL, -- the list's name without regard to case
    hash     TEXT NOT NULL, -- keyed, of an address
    reason   TEXT NOT NULL,
    via      TEXT NOT NULL,
    at       INTEGER NOT NULL,
    PRIMARY KEY (name_key, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_nos_by_hash ON former_nos (hash);

CREATE TABLE departed (
    contact TEXT NOT NULL, -- the id of a contact that is no more, or that became one
    hash    TEXT NOT NULL, -- keyed, of an address that was theirs
    PRIMARY KEY (contact, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX departed_by_hash ON departed (hash);
