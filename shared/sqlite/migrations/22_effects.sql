-- Whom runs added and removed: a batch of effects a row, packed. It outlives links and lists, as runs do.

CREATE TABLE effects (
    n      INTEGER PRIMARY KEY,
    list   TEXT NOT NULL,
    at     INTEGER NOT NULL,
    run    TEXT NOT NULL,
    number INTEGER NOT NULL, -- of the batch in the run
    link   TEXT NOT NULL,
    until  INTEGER NOT NULL, -- from then on it is kept no more
    done   BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX effects_by_list ON effects (list, at, run, number);
CREATE INDEX effects_by_end ON effects (until);

-- When somebody joined or left, and by what, is read out of the logs of their lists.

CREATE INDEX changes_by_contact ON changes (contact, list, seq);
