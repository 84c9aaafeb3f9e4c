#!/usr/bin/env bash
# vcf 2.1.2 and vcard-parser 1.0.0 (npm): a label with a colon or a semicolon takes the address apart. RFC 6350, section
# 3.3: a parameter's value in quotation marks may hold both; section 6.3.1: LABEL is how an address is written on a
# letter, and its example has a colon. vcard4-ts 0.4.1 (npm) is the measure.
#
# Guess before the run: all three read the town as Bonn; what stands in quotation marks is one value.
# Seen: the first two end the parameters at the first colon, quotation marks or not: the label is cut, its rest is the
# post box, and what follows moves on by one, so that the street stands for the town. Written again, the card of vcf
# has a label with a "TYPE" that nobody wrote. vcard-parser makes two values of "tel:…;ext=5", as in
# section 6.4.1.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund vcf@2.1.2 vcard-parser@1.0.0 vcard4-ts@0.4.1

cat > label.cjs <<'JS'
const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const vcf = require("vcf");
const parser = require("vcard-parser");
const { parseVCards } = require("vcard4-ts");

for (const name of ["vcf", "vcard-parser", "vcard4-ts"]) {
  console.log(name, JSON.parse(readFileSync(`node_modules/${name}/package.json`)).version);
}
const card = (line) => ["BEGIN:VCARD", "VERSION:4.0", "FN:Ann Lee", line, "END:VCARD"].join("\r\n");
const address = (label) => card(`ADR;LABEL="${label}";TYPE=work:;;Main Street 1;Bonn;;53111;Germany`);
// The label, and the fourth part of the address (the town) as each of them reads it.
const cases = [
  ["Main Street 1, Bonn", ["Bonn", "Bonn", "Bonn"]],
  ["Main Street 1, Bonn, bell: Lee", ["Main Street 1", "Main Street 1", "Bonn"]],
  ["Main Street 1, Bonn; bell: Lee", ["Main Street 1", "Main Street 1", "Bonn"]],
];
for (const [label, meant] of cases) {
  const text = address(label);
  const [measure] = parseVCards(text + "\r\n").vCards;
  assert.strictEqual(measure.ADR[0].parameters.LABEL, label);
  const parts = (list) => list.find(([name]) => name === "adr")[3];
  const towns = [
    parts(new vcf().parse(text).toJSON()[1])[3],
    parser.parse(text).adr[0].value[3],
    measure.ADR[0].value.locality[0],
  ];
  console.log(`label "${label}" -> the town is`, JSON.stringify(towns));
  assert.deepStrictEqual(towns, meant);
}
const again = new vcf().parse(address(cases[2][0])).toString().replaceAll("\r\n ", "");
console.log("vcf writes it as", again.split("\r\n").find((line) => line.startsWith("ADR")));
assert(again.includes(';TYPE= bell: Lee";TYPE=work:'));

const phone = card("TEL;VALUE=uri:tel:+49-228-1;ext=5");
const numbers = [new vcf().parse(phone).get("tel").valueOf(), parser.parse(phone).tel[0].value];
console.log("telephone ->", JSON.stringify(numbers));
assert.deepStrictEqual(numbers, ["tel:+49-228-1;ext=5", ["tel:+49-228-1", "ext=5"]]);
JS
node label.cjs
echo "as found"
