#!/usr/bin/env bash
# papaparse 5.7.1 (npm): the delimiter of a two-column file is not found while the file has fewer than ten lines and ends
# with a line break, as every export does. Such a list (name;address) is read as one column, so that no address column is
# found; the same list with ten people is read well.
#
# Guess before the run: ";" is found, as each line has exactly one.
# Seen: the empty last line counts as a row of one field; the mean falls below the bound of two columns.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund papaparse@5.7.1

cat > lists.cjs <<'JS'
const assert = require("node:assert");
const Papa = require("papaparse");
console.log("papaparse", require("papaparse/package.json").version);

const list = (people) =>
  "Name;E-Mail\n" + Array.from({ length: people }, (_, n) => `P${n};p${n}@example.com\n`).join("");
const columns = (text, options = {}) => Papa.parse(text, { header: true, ...options }).meta.fields;

for (const [people, found] of [[1, 1], [8, 1], [9, 2], [20, 2]]) {
  const fields = columns(list(people));
  console.log(`${people} people:`, fields);
  assert.strictEqual(fields.length, found);
}
assert.strictEqual(columns(list(3).trimEnd()).length, 2);
assert.strictEqual(columns(list(3), { skipEmptyLines: true }).length, 2);
console.log("3 people without the last line break, or with skipEmptyLines: two columns");
JS
node lists.cjs
echo "as found"
