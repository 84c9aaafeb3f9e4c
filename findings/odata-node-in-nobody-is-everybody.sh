#!/usr/bin/env bash
# odata-filter-builder 1.0.0 (npm): "whose id is one of these" with an empty list is left out of the
# filter, so that everybody is selected. OData 4.01, part 2, "In": true if the left operand is a
# member of the right one; nobody is a member of an empty list.
#
# Guess before the run: an empty list gives a condition that nobody meets, or an error.
# Seen: it gives no condition at all, as if nothing had been asked; alone it is an empty text. "Not
# one of these" is left out as well, which is right there. In a filter of "or" nothing is wrong
# either, so that a test of those two finds nothing; and "not" of an empty group vanishes, too.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund odata-filter-builder@1.0.0

cat > nobody.cjs <<'JS'
const assert = require("node:assert");
const { ODataFilterBuilder: filter } = require("odata-filter-builder");

console.log("odata-filter-builder", require("odata-filter-builder/package.json").version);
const enabled = () => filter().eq("accountEnabled", true);
const leavers = (ids) => enabled().in("id", ids).toString();
const cases = [
  ["two leavers", leavers(["a", "b"]), "(accountEnabled eq true) and (id eq 'a' or id eq 'b')"],
  ["no leaver", leavers([]), "accountEnabled eq true"],
  ["no leaver, alone", filter().in("id", []).toString(), ""],
  ["all but nobody", enabled().notIn("id", []).toString(), "accountEnabled eq true"],
  ["a list of nobody, or Ann", filter("or").in("id", []).eq("id", "ann").toString(), "id eq 'ann'"],
  ["not any of nothing", enabled().not(filter("or")).toString(), "accountEnabled eq true"],
];
for (const [what, found, expected] of cases) {
  console.log(`${what} -> "${found}"`);
  assert.strictEqual(found, expected);
}
JS
node nobody.cjs
echo "as found"
