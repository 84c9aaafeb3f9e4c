#!/usr/bin/env bash
# ldif 0.5.1 (npm): a value in base64 is read as UTF-8 text, whatever it is and whether or not "decode" is asked for.
# RFC 2849, notes on the syntax: base64 is for values that are no safe text, so for bytes such as objectGUID as much
# as for names.
#
# Guess before the run: bytes that are no UTF-8 come as a Buffer, or at least as base64 with { decode: false }.
# Seen: each byte that is no UTF-8 becomes the same mark; two people's ids are equal, and neither can be searched for.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund ldif@0.5.1

cat > ids.cjs <<'JS'
const assert = require("node:assert");
const ldif = require("ldif");
console.log("ldif", require("ldif/package.json").version);

const ids = ["83cd3a69aa11bb22cc33dd44ee55ff66", "84ce3a69ab11bc22cd33de44ef55fe66"].map((hex) => Buffer.from(hex, "hex"));
const person = (id, n) => `dn: CN=p${n},O=x\ncn: p${n}\nobjectGUID:: ${id.toString("base64")}\n`;
const entries = ldif.parse(ids.map(person).join("\n")).entries;
for (const decode of [true, false]) {
  const [one, other] = entries.map((entry) => entry.toObject({ decode }).attributes.objectGUID);
  console.log({ decode }, JSON.stringify(one), "and", JSON.stringify(other));
  assert.strictEqual(one, other);
  assert.notDeepStrictEqual(Buffer.from(one), ids[0]);
}
JS
node ids.cjs
echo "as found"
