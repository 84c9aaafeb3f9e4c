#!/usr/bin/env bash
# rrule 2.8.1 (npm): a series of whole days begins at the moment at which it is read, and a series in Berlin loses the
# last day, with which it ends. RFC 5545, section 3.8.2.4: DTSTART may be a date; section 3.3.10: where DTSTART has a
# zone, UNTIL is in UTC, and is the last moment of the series; section 3.8.5.1: EXDATE names what is left out.
#
# Guess before the run: three days off are three Mondays in January; UNTIL at 08:00 UTC takes in 09:00 in Berlin.
# Seen: the days off begin today, or are none, as their end has passed; 19 January is missing in Berlin, not in New
# York; and what EXDATE takes out in UTC stays in. What is written again has lost its DTSTART, or the "Z" of its end.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund rrule@2.8.1

cat > series.cjs <<'JS'
const assert = require("node:assert");
const { rrulestr } = require("rrule");

const read = (...lines) => {
  const series = rrulestr(lines.join("\n"));
  const days = series.all().map((time) => time.toISOString().slice(0, 10));
  console.log(lines.join(" "), "->", days.join(" ") || "none", "written as", series.toString().replaceAll("\n", " "));
  return { days, written: series.toString() };
};
const [first, second, third] = ["2026-01-05", "2026-01-12", "2026-01-19"];

console.log("rrule", require("./node_modules/rrule/package.json").version);
assert.deepStrictEqual(read("DTSTART:20260105T090000Z", "RRULE:FREQ=WEEKLY;COUNT=3").days, [first, second, third]);
const whole = read("DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=WEEKLY;COUNT=3");
assert.strictEqual(whole.days[0], new Date().toISOString().slice(0, 10));
assert.strictEqual(whole.written, "RRULE:FREQ=WEEKLY;COUNT=3");
assert.deepStrictEqual(read("DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=WEEKLY;UNTIL=20260119").days, []);
const berlin = "DTSTART;TZID=Europe/Berlin:20260105T090000";
const until = read(berlin, "RRULE:FREQ=WEEKLY;UNTIL=20260119T080000Z");
assert.deepStrictEqual(until.days, [first, second]);
assert.strictEqual(until.written, `${berlin}\nRRULE:FREQ=WEEKLY;UNTIL=20260119T080000`);
const york = "DTSTART;TZID=America/New_York:20260105T090000";
assert.deepStrictEqual(read(york, "RRULE:FREQ=WEEKLY;UNTIL=20260119T140000Z").days, [first, second, third]);
const without = read(berlin, "RRULE:FREQ=WEEKLY;COUNT=3", "EXDATE:20260112T080000Z");
assert.deepStrictEqual(without.days, [first, second, third]);
JS
TZ=UTC node series.cjs
echo "as found"
