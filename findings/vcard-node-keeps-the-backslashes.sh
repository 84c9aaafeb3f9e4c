#!/usr/bin/env bash
# vcf 2.1.2 with ical.js 2.2.1 (npm): vcf neither takes the backslashes off the values that it reads, nor puts them on
# those that it writes. RFC 6350, section 3.4: a comma, a semicolon and a line break inside a value are written with a
# backslash.
#
# Guess before the run: "Lee\, Ann" is read as "Lee, Ann"; an organisation "R;D" that is set is written as "R\;D".
# Seen: the backslash stays in the name, all categories are one text; what it wrote comes back from ical.js as the
# organisation R with a unit D, and the second line of a note is glued to the first.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund vcf@2.1.2 ical.js@2.2.1

cat > cards.mjs <<'JS'
import assert from "node:assert";
import fs from "node:fs";
import ICAL from "ical.js";
import VCard from "vcf";
for (const name of ["vcf", "ical.js"]) {
  console.log(name, JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`)).version);
}

const card = ["BEGIN:VCARD", "VERSION:4.0", "FN:Lee\\, Ann", "CATEGORIES:Sales\\, EMEA,All", "END:VCARD", ""].join("\r\n");
const values = (text, name) => ICAL.parse(text)[1].find(([key]) => key === name).slice(3);
const read = new VCard().parse(card);
for (const name of ["fn", "categories"]) {
  console.log(name, "by vcf:", read.get(name).valueOf(), "- by ical.js:", values(card, name));
}
assert.strictEqual(read.get("fn").valueOf(), "Lee\\, Ann");
assert.strictEqual(read.get("categories").valueOf(), "Sales\\, EMEA,All");
assert.deepStrictEqual(values(card, "categories"), ["Sales, EMEA", "All"]);

const made = new VCard();
made.set("fn", "Ann Lee");
made.set("org", "R;D");
made.set("note", "Mornings only\nOn leave in May");
const written = made.toString("4.0");
console.log(JSON.stringify(written), "- by ical.js:", values(written, "org"), values(written, "note"));
assert.deepStrictEqual(values(written, "org"), [["R", "D"]]);
assert.deepStrictEqual(values(written, "note"), ["Mornings onlyOn leave in May"]);
JS
node cards.mjs
echo "as found"
