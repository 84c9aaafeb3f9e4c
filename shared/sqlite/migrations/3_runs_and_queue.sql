-- Summaries of runs, the gate, the settings, and the queue.

CREATE TABLE runs (
    n           INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    link        TEXT NOT NULL,
    finished_at INTEGER NOT NULL,
    doc         TEXT NOT NULL
) STRICT;
CREATE INDEX runs_by_link ON runs (link, finished_at);
CREATE INDEX runs_by_time ON runs (finished_at);

CREATE TABLE gate (
    tenant       TEXT PRIMARY KEY,
    closed_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE settings (
    n   INTEGER PRIMARY KEY CHECK (n = 1),
    doc TEXT NOT NULL
) STRICT;

CREATE TABLE queue (
    n          INTEGER PRIMARY KEY AUTOINCREMENT, -- part of the receipt: never given twice
    body       TEXT NOT NULL,
    visible_at INTEGER NOT NULL,
    receives   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX queue_by_time ON queue (visible_at);

CREATE TABLE dead_letters (
    n        INTEGER PRIMARY KEY,
    body     TEXT NOT NULL,
    receives INTEGER NOT NULL,
    reason   TEXT NOT NULL,
    at       INTEGER NOT NULL
) STRICT;
