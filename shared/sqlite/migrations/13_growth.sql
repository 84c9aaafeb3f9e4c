-- How many may join a list by files without a person, the rows of files whose people wait to join, and who left by a word.

ALTER TABLE lists ADD COLUMN max_additions TEXT; -- none: as the settings say

-- Who left by an import that a person approved, and did not come back since: 'approved'.
ALTER TABLE memberships ADD COLUMN leave TEXT;

-- Which lists whoever sent the file was given; none: all.
ALTER TABLE imports ADD COLUMN given TEXT;

CREATE TABLE held_rows (
    import  INTEGER NOT NULL REFERENCES imports ON DELETE CASCADE,
    address TEXT NOT NULL,
    doc     TEXT NOT NULL,
    PRIMARY KEY (import, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX held_rows_by_address ON held_rows (address);
