#!/usr/bin/env bash
# clevercsv 0.8.5 (PyPI): a file of one column of addresses is read as two columns, with "@" as the delimiter. That is the
# plainest contact list there is; each row then has a local part in the column "email" and a domain in no column. With a
# second column, such as the name, the delimiter is found.
#
# Guess before the run: no delimiter (""), which the library gives for one column of words; or a comma, as RFC 4180 has it.
# Seen: "@", with and without a heading, for three people and for a thousand, of one domain and of several.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check clevercsv==0.8.5

cat > "$dir/columns.py" <<'PY'
from importlib.metadata import version

import clevercsv

print("clevercsv", version("clevercsv"))


def delimiter(what, lines):
    found = clevercsv.Sniffer().sniff("".join(f"{line}\n" for line in lines)).delimiter
    print(f"{what}: {found!r}")
    return found


def people(number):
    return [f"p{one}@contoso.example" for one in range(number)]


assert delimiter("three people", ["email", *people(3)]) == "@"
assert delimiter("a thousand people", ["email", *people(1_000)]) == "@"
assert delimiter("without a heading", people(7)) == "@"
assert delimiter("of several domains", ["email", *(f"p@{one}.example" for one in "abcdefg")]) == "@"
assert delimiter("with a name", ["email,name", *(f"{one},Person" for one in people(3))]) == ","
assert delimiter("words", ["town", "Basel", "Genoa", "Vienna"]) == ""
PY
"$dir/venv/bin/python" "$dir/columns.py"
echo "as found"
