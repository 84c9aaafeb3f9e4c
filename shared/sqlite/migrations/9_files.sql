-- Files as they really are: further keys of contacts (of people who were hired anew, or who share a mailbox), and the status
-- words of a list's files.

CREATE TABLE further_ids (
    external_id TEXT PRIMARY KEY,
    contact     INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX further_ids_by_contact ON further_ids (contact);

ALTER TABLE lists ADD COLUMN status_words TEXT NOT NULL DEFAULT '{}'; -- by word: what it means
