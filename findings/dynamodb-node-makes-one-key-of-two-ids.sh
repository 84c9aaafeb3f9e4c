#!/usr/bin/env bash
# electrodb 3.9.3 (npm, models over DynamoDB): ids that differ in their case alone get one key, and a number in a sort
# key is ordered as text. RFC 7643, section 3.1: the id of a SCIM resource is case exact; DynamoDB's developer guide,
# page on data types and naming rules: text is compared by its bytes, numbers by their value.
#
# Guess before the run: AbC and aBc are two members.
# Seen: both ids are written under "id_abc", so that the second put replaces the first, and a get of the one gives the
# other; only casing: "none" keeps them. Seen besides: "rev_10" stands before "rev_9", so that gt 9 leaves out 10 to 89;
# only with padding are they in order.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund electrodb@3.9.3

cat > keys.cjs <<'JS'
const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const { Entity } = require("electrodb");

console.log("electrodb", JSON.parse(readFileSync("node_modules/electrodb/package.json")).version);
const model = (options, padding) => new Entity({
  model: { entity: "member", version: "1", service: "lists" },
  attributes: {
    list: { type: "string" },
    id: { type: "string" },
    rev: { type: "number", ...(padding && { padding }) },
  },
  indexes: {
    main: { pk: { field: "pk", composite: ["list"], ...options }, sk: { field: "sk", composite: ["id"], ...options } },
    byRev: {
      index: "revisions",
      pk: { field: "rpk", composite: ["list"] },
      sk: { field: "rsk", composite: ["rev"] },
    },
  },
}, { table: "people" });

const key = (entity, id) => {
  const { pk, sk } = entity.put({ list: "board", id, rev: 1 }).params().Item;
  return `${pk} ${sk}`;
};
for (const [what, options, same] of [["as it comes", {}, true], ["casing none", { casing: "none" }, false]]) {
  const keys = ["AbC", "aBc"].map((id) => key(model(options), id));
  console.log(what, "->", keys.join("  and  "));
  assert.strictEqual(keys[0] === keys[1], same);
}
const asked = model({}).get({ list: "board", id: "aBc" }).params().Key;
assert.strictEqual(`${asked.pk} ${asked.sk}`, key(model({}), "AbC"));

for (const [what, padding, finds] of [["as it comes", undefined, false], ["padded", { length: 6, char: "0" }, true]]) {
  const entity = model({}, padding);
  const stored = entity.put({ list: "board", id: "ann", rev: 10 }).params().Item.rsk;
  const query = entity.query.byRev({ list: "board" }).gt({ rev: 9 }).params();
  const bound = query.ExpressionAttributeValues[":sk1"];
  const found = Buffer.compare(Buffer.from(stored), Buffer.from(bound)) > 0;
  console.log(what, "->", query.KeyConditionExpression, bound, "- stored", stored, "- found:", found);
  assert.strictEqual(found, finds);
}
JS
node keys.cjs
echo "as found"
