#!/usr/bin/env bash
# scim2-parse-filter 0.2.10 (npm): a filter in brackets is asked of all values together, not of one value at a time.
# RFC 7644, section 3.4.2.2: emails[type eq "work" and value co "@example.com"] matches where ONE e-mail is of type "work"
# and contains that text.
#
# Guess before the run: somebody whose work address is elsewhere does not match.
# Seen: they match, as one of their values has the type and another one the text. And what is compared as a time by the
# RFC (meta.lastModified gt) is compared as text: an offset other than Z gives the wrong answer.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund scim2-parse-filter@0.2.10

cat > filter.cjs <<'JS'
const assert = require("node:assert");
const { filter, parse } = require("scim2-parse-filter");
console.log("scim2-parse-filter", require("scim2-parse-filter/package.json").version);

const ann = {
  emails: [{ type: "home", value: "ann@example.com" }, { type: "work", value: "ann@example.org" }],
  meta: { lastModified: "2026-05-13T04:42:34Z" },
};
const cases = [
  // [filter, what the RFC says, what the library says]
  ['emails[type eq "work" and value co "@example.org"]', true, true],
  ['emails[type eq "work" and value co "@example.com"]', false, true],
  ['meta.lastModified gt "2026-05-13T04:00:00Z"', true, true],
  // The same moment, written with an offset.
  ['meta.lastModified gt "2026-05-13T06:00:00+02:00"', true, false],
];
for (const [text, right, found] of cases) {
  const got = filter(parse(text))(ann);
  console.log(text, "->", got, got === right ? "" : `(by the RFC: ${right})`);
  assert.strictEqual(got, found);
}
JS
node filter.cjs
echo "as found"
