-- The primary address that the directory last gave for a member, as a document; none: it was never read.

ALTER TABLE members ADD COLUMN named TEXT;
