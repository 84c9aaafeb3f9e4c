-- On a link that several groups feed: those in which a member was last seen, as a document; none: one group, or nobody's.

ALTER TABLE members ADD COLUMN sources TEXT;
