-- Lists that were deleted, as links in old messages name them: the list that has had the name since, or that it waits for one.

CREATE TABLE former_lists (
    id       TEXT PRIMARY KEY,
    name_key TEXT NOT NULL, -- its last name without regard to case, and that of each list that took it over
    heir     INTEGER REFERENCES lists (n)
) STRICT, WITHOUT ROWID;
CREATE INDEX former_lists_by_heir ON former_lists (heir, name_key);
