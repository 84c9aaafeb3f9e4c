#!/usr/bin/env bash
# ical.js 2.2.1 (npm): the zone of a card's REV (when it was last changed) is lost in version 4, unless it is "Z".
# RFC 6350, section 6.7.4: REV is a timestamp; section 4.3.5: that may have a zone, as in 19961022T140000-05.
#
# Guess before the run: 09:30 at +0100 is 08:30 UTC, as in a card of version 3 and as ANNIVERSARY is read in version 4.
# Seen: a time without a zone, which is read as that of the machine, and is written without one. Of two changes the
# earlier can win. The URI of a member with a comma in it (section 6.6.5) is written with a backslash, too.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund ical.js@2.2.1

cat > zone.mjs <<'JS'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const there_and_back = (version, line) => {
  const rest = line.startsWith("MEMBER") ? ["KIND:group", "FN:News"] : ["FN:Ann Lee", "N:Lee;Ann;;;"];
  const card = ICAL.parse(["BEGIN:VCARD", `VERSION:${version}`, line, ...rest, "END:VCARD"].join("\r\n"));
  const value = new ICAL.Component(card).getAllProperties()[1].getFirstValue();
  const read = value.toJSDate ? value.toJSDate().toISOString() : value;
  const written = ICAL.stringify(card).split("\r\n")[2];
  console.log(`version ${version}, ${line} -> read as ${read}, written as ${written}`);
  return [read, written];
};

console.log("ical.js", JSON.parse(readFileSync("node_modules/ical.js/package.json")).version);
for (const [version, line, read, written] of [
  ["3.0", "REV:20261201T093000+0100", "2026-12-01T08:30:00.000Z", "REV:20261201T093000+0100"],
  ["4.0", "ANNIVERSARY:20261201T093000+0100", "2026-12-01T08:30:00.000Z", "ANNIVERSARY:20261201T093000+0100"],
  ["4.0", "REV:20261201T093000Z", "2026-12-01T09:30:00.000Z", "REV:20261201T093000Z"],
  ["4.0", "REV:20261201T093000+0100", "2026-12-01T09:30:00.000Z", "REV:20261201T093000"],
  ["4.0", "REV:20261201T093000-05", "2026-12-01T09:30:00.000Z", "REV:20261201T093000"],
  ["4.0", "MEMBER:https://example.com/a,b", "https://example.com/a,b", "MEMBER:https://example.com/a\\,b"],
]) {
  assert.deepStrictEqual(there_and_back(version, line), [read, written]);
}
JS
TZ=UTC node zone.mjs
echo "as found"
