#!/usr/bin/env bash
# scimmy 1.3.5 (npm): "not" before parentheses is asked of each part by itself, userName is compared letter by letter,
# and who lacks a group of attributes ends the search. RFC 7644, section 3.4.2.2: "not" stands before a whole filter;
# section 3.10: an attribute may be written with its schema. RFC 7643, section 4.1.1: userName has no case.
#
# Guess before the run: everybody but bob and cy is ann; "ANN" finds ann; who has no name has no family name.
# Seen: everybody but bob and cy is all three; bob or cy, but not cy, is both; "ANN" and the full attribute name find
# nobody, without an error; one person without a name makes a TypeError of a question about family names.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund scimmy@1.3.5

cat > filter.mjs <<'JS'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import SCIMMY from "scimmy";

const people = [
  { id: "ann", userName: "ann", name: { familyName: "Lee" } },
  { id: "bob", userName: "bob", name: { familyName: "May" } },
  { id: "cy", userName: "cy" },
];
const find = (text, among = people) => new SCIMMY.Types.Filter(text).match(among).map(({ id }) => id);

console.log("scimmy", JSON.parse(readFileSync("node_modules/scimmy/package.json")).version);
for (const [text, meant, found] of [
  ['userName eq "ann"', ["ann"], ["ann"]],
  ['not (userName eq "bob")', ["ann", "cy"], ["ann", "cy"]],
  ['not (userName eq "bob" or userName eq "cy")', ["ann"], ["ann", "bob", "cy"]],
  ['(userName eq "bob" or userName eq "cy") and not (userName eq "cy")', ["bob"], ["bob", "cy"]],
  ['userName eq "ANN"', ["ann"], []],
  ['urn:ietf:params:scim:schemas:core:2.0:User:userName eq "ann"', ["ann"], []],
]) {
  console.log(text, "means", meant, "finds", find(text));
  assert.deepStrictEqual(find(text), found);
}
const family = 'name.familyName eq "Lee"';
console.log(family, "finds", find(family, people.slice(0, 2)), "of two with a name");
assert.deepStrictEqual(find(family, people.slice(0, 2)), ["ann"]);
assert.throws(() => find(family), TypeError);
console.log(family, "raises a TypeError with a third who has none");
JS
node filter.mjs
echo "as found"
