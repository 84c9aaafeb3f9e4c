#!/usr/bin/env bash
# aws-croniter 2.1.1 (PyPI, for the schedules of EventBridge): a schedule on the last day of the week is valid, and
# never comes. EventBridge's page on cron expressions: "L" stands in the field of the day of the week, too, for the last
# day of the week, and days are 1 to 7 or SUN to SAT; the field of the year takes "/".
#
# Guess before the run: "L" there is Saturday, like 7.
# Seen: "L" passes the check and get_next() gives None, the same as for a schedule that is over; "FRIL", the last
# Friday of a month, is right. Seen besides: the year 2027/2 is refused. aws-cron-parser 1.1.12 (npm) reads that year
# and fails on "L". So a page that shows the next run says "never" of a job that AWS starts each Saturday.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check aws-croniter==2.1.1 python-dateutil==2.9.0.post0
cd "$dir"
npm install --silent --no-audit --no-fund aws-cron-parser@1.1.12

cat > cases.json <<'JSON'
[
  ["0 9 ? * 7 *", "2026-05-30", "2026-05-30"],
  ["0 9 ? * SAT *", "2026-05-30", "2026-05-30"],
  ["0 9 ? * L *", "None", "Error"],
  ["0 9 ? * FRIL *", "2026-05-29", "2026-05-29"],
  ["0 9 1 1 ? 2027", "2027-01-01", "2027-01-01"],
  ["0 9 1 1 ? 2025", "None", "null"],
  ["0 9 1 1 ? 2027/2", "AwsCroniterExpressionYearError", "2027-01-01"]
]
JSON
cat > next.py <<'PY'
import json
from datetime import datetime, timezone
from importlib.metadata import version

from aws_croniter import AwsCroniter
from aws_croniter.exceptions import AwsCroniterExpressionError

START = datetime(2026, 5, 27, tzinfo=timezone.utc)
print("aws-croniter", version("aws-croniter"))
for expression, found, _ in json.load(open("cases.json")):
    try:
        run = AwsCroniter(expression).get_next(START)
        run = run[0] if isinstance(run, list) else run
        verdict = str(run.date()) if run else str(run)
    except AwsCroniterExpressionError as error:
        verdict = type(error).__name__
    print(expression, "->", verdict)
    assert verdict == found
PY
cat > next.cjs <<'JS'
const assert = require("node:assert");
const module_ = require("aws-cron-parser");
const cron = module_.parse ? module_ : module_.default;

console.log("aws-cron-parser", require("aws-cron-parser/package.json").version);
for (const [expression, , found] of require("./cases.json")) {
  let verdict;
  try {
    const run = cron.next(cron.parse(expression), new Date("2026-05-27T00:00:00Z"));
    verdict = run ? run.toISOString().slice(0, 10) : String(run);
  } catch (error) {
    verdict = error.name;
  }
  console.log(expression, "->", verdict);
  assert.strictEqual(verdict, found);
}
JS
"$dir/venv/bin/python" next.py
node next.cjs
echo "as found"
