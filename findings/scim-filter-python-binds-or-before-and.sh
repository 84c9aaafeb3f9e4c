#!/usr/bin/env bash
# scim2-filter-parser 0.7.0 (PyPI): "a or b and c" is read as "(a or b) and c". RFC 7644, section 3.4.2.2, orders the
# operators: what stands in parentheses, then "not", then "and", then "or".
#
# Guess before the run: "and" binds first, as in the RFC and in SQL, so that the text needs no parentheses.
# Seen: the SQL that it writes has the "or" in parentheses; whoever is a "Boss" and not active is left out.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check scim2-filter-parser==0.7.0 sly==0.5

cat > "$dir/filter.py" <<'PY'
import sqlite3
from importlib.metadata import version

from scim2_filter_parser.queries import SQLQuery

COLUMNS = {("title", None, None): "title", ("nickName", None, None): "nick", ("active", None, None): "active"}
FILTER = 'title eq "Boss" or nickName eq "Ann" and active eq true'

query = SQLQuery(FILTER, "users", COLUMNS)
print("scim2-filter-parser", version("scim2-filter-parser"))
print(FILTER)
print("  ->", query.where_sql, query.params_dict)

# The same words in SQL, where "and" binds first, too.
people = sqlite3.connect(":memory:")
people.execute("create table users (name, title, nick, active)")
people.executemany("insert into users values (?, ?, ?, ?)",
                   [("Boss on leave", "Boss", "Bo", "FALSE"), ("Ann", "Clerk", "Ann", "TRUE")])
meant = [row[0] for row in people.execute(
    "select name from users where title = 'Boss' or nick = 'Ann' and active = 'TRUE'")]
where = query.where_sql.format(**{name: "?" for name in query.params_dict})
got = [row[0] for row in people.execute(f"select name from users where {where}", list(query.params_dict.values()))]
print("by the RFC:", meant)
print("by the library:", got)
assert meant == ["Boss on leave", "Ann"], meant
assert got == ["Ann"], got
PY
"$dir/venv/bin/python" "$dir/filter.py"
echo "as found"
