-- Within which time a list's files should come, and when one came last.

ALTER TABLE lists ADD COLUMN expect_every INTEGER; -- in seconds; none: nobody waits for one
ALTER TABLE lists ADD COLUMN heard_at INTEGER; -- or since when they are waited for
CREATE INDEX lists_expected ON lists (n) WHERE expect_every IS NOT NULL;
