#!/usr/bin/env bash
# iso8601-duration 2.1.4 (npm): a month counted from the 31st ends in the month after the next. XML Schema, part 2,
# appendix E, "Adding durations to dateTimes": a day that the month does not have becomes its last day. So do
# duration-fns 3.0.2 (npm) and isodate 0.7.2 (PyPI).
#
# Guess before the run: 31 January and P1M is 28 February; its README measures itself by Temporal, which says so, too.
# Seen: 3 March. P1M1D ends on 4 March, in the other libraries on 1 March; a year from 29 February is 1 March.
# So a leave or a retention that one service counts in Python and another in Node ends on two days.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check isodate==0.7.2
cd "$dir"
npm install --silent --no-audit --no-fund iso8601-duration@2.1.4 duration-fns@3.0.2

cat > cases.json <<'JSON'
[
  ["2026-01-15", "P1M", "2026-02-15", "2026-02-15"],
  ["2026-01-31", "P1M", "2026-02-28", "2026-03-03"],
  ["2026-01-31", "P1M1D", "2026-03-01", "2026-03-04"],
  ["2024-02-29", "P1Y", "2025-02-28", "2025-03-01"]
]
JSON
cat > node.cjs <<'JS'
const assert = require("node:assert");
const { end, parse } = require("iso8601-duration");
const fns = require("duration-fns");

for (const name of ["iso8601-duration", "duration-fns"]) {
  console.log(name, JSON.parse(require("node:fs").readFileSync(`node_modules/${name}/package.json`)).version);
}
for (const [start, duration, meant, found] of require("./cases.json")) {
  const ends = [fns.apply(new Date(start), fns.parse(duration)), end(parse(duration), new Date(start))];
  const [theirs, ours] = ends.map((time) => time.toISOString().slice(0, 10));
  console.log(start, "and", duration, "-> duration-fns", theirs, "iso8601-duration", ours);
  assert.deepStrictEqual([theirs, ours], [meant, found]);
}
JS
cat > python.py <<'PY'
import json
from datetime import date
from importlib.metadata import version

from isodate import parse_duration

print("isodate", version("isodate"))
for start, duration, meant, _ in json.load(open("cases.json")):
    ends = date.fromisoformat(start) + parse_duration(duration)
    print(start, "and", duration, "->", ends)
    assert str(ends) == meant
PY
TZ=UTC node node.cjs
"$dir/venv/bin/python" python.py
echo "as found"
