"""Writes to a SQLite file until its standard input ends, and then takes it back: `write.py FILE`.

It prints a line once it has begun. Nobody else can write meanwhile."""

import sqlite3
import sys

if __name__ == "__main__":
    connection = sqlite3.connect(sys.argv[1], isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    print("writing", flush=True)
    sys.stdin.read()
    connection.execute("ROLLBACK")
