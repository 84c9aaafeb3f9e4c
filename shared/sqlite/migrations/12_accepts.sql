-- The lists that a contact said yes to since their no to all of them.

CREATE TABLE accepts (
    contact INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE,
    list    INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
    PRIMARY KEY (contact, list)
) STRICT, WITHOUT ROWID;
CREATE INDEX accepts_by_list ON accepts (list);
