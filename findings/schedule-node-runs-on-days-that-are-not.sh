#!/usr/bin/env bash
# aws-cron-parser 1.1.12 (npm, for the schedules of EventBridge): a day that a month does not have runs in the next
# month. EventBridge's page on cron expressions: the third field is a day of the month, so a schedule on the 31st has
# no run in a month of thirty days, and one on 29 February none in 2026.
#
# Guess before the run: the 31st is January, March, May; 29 February is 2028, as aws-croniter 2.1.1 (PyPI) says.
# Seen: 3 March, 1 May and each 1 March. So whoever asks this library when a list is due next shows days on which
# nothing happens, and a check for missed runs raises a false alarm on them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check aws-croniter==2.1.1
cd "$dir"
npm install --silent --no-audit --no-fund aws-cron-parser@1.1.12

cat > node.cjs <<'JS'
const assert = require("node:assert");
const { parse, next } = require("aws-cron-parser");

const days = (expression) => {
  const schedule = parse(expression);
  const found = [];
  for (let time = new Date("2026-01-01T00:00:00Z"); found.length < 4; ) {
    time = next(schedule, time);
    found.push(time.toISOString().slice(0, 10));
  }
  console.log(`cron(${expression})`, found.join(" "));
  return found;
};

console.log("aws-cron-parser", require("./node_modules/aws-cron-parser/package.json").version);
assert.deepStrictEqual(days("0 8 L * ? *"), ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]);
assert.deepStrictEqual(days("0 8 31 * ? *"), ["2026-01-31", "2026-03-03", "2026-03-31", "2026-05-01"]);
assert.deepStrictEqual(days("0 8 29 2 ? *"), ["2026-03-01", "2027-03-01", "2028-02-29", "2029-03-01"]);
JS
cat > python.py <<'PY'
from datetime import datetime, timezone
from importlib.metadata import version

from aws_croniter import AwsCroniter

print("aws-croniter", version("aws-croniter"))
for expression, expected in [
    ("0 8 31 * ? *", ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"]),
    ("0 8 29 2 ? *", ["2028-02-29", "2032-02-29", "2036-02-29", "2040-02-29"]),
]:
    found = AwsCroniter(expression).get_next(datetime(2026, 1, 1, tzinfo=timezone.utc), 4)
    days = [f"{time:%Y-%m-%d}" for time in found]
    print(f"cron({expression})", *days)
    assert days == expected
PY
node node.cjs
"$dir/venv/bin/python" python.py
echo "as found"
