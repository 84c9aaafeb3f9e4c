-- Until when somebody is on a list, where that was said: they leave it then. Lapsed: the end by which they left it.

ALTER TABLE memberships ADD COLUMN until INTEGER;
ALTER TABLE memberships ADD COLUMN lapsed INTEGER;
CREATE INDEX memberships_by_end ON memberships (until) WHERE until IS NOT NULL;
CREATE INDEX memberships_by_lapse ON memberships (lapsed) WHERE lapsed IS NOT NULL;
