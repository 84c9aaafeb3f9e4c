-- What the guard counts of a list, for all its links together: removals, also by links that are deleted, and sizes.

CREATE TABLE list_removals (
    n              INTEGER PRIMARY KEY,
    list           INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    at             INTEGER NOT NULL,
    count          INTEGER NOT NULL,
    members_before INTEGER NOT NULL
) STRICT;
CREATE INDEX list_removals_by_time ON list_removals (list, at);
INSERT INTO list_removals (list, at, count, members_before)
    SELECT links.list, removals.at, removals.count, removals.members_before
    FROM removals JOIN links ON links.n = removals.link WHERE removals.side = 'list' ORDER BY removals.n;
DELETE FROM removals WHERE side = 'list';

CREATE TABLE list_sizes (
    list INTEGER PRIMARY KEY REFERENCES lists ON DELETE CASCADE,
    doc  TEXT NOT NULL
) STRICT;
