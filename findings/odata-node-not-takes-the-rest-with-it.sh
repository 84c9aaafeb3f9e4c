#!/usr/bin/env bash
# odata-v4-parser 0.1.29 (npm, the parser under several OData servers and filters for Node): "not" is read as of all
# that follows. OData 4.01, part 2, "Operator Precedence": "not" binds before "and" and "or".
#
# Guess before the run: not (department eq 'Sales') and accountEnabled eq true is "not in Sales, and enabled".
# Seen: it is "not both", so that the disabled people of every department are selected, too; with "or" it is "neither".
# A whole pair of parentheses around "not" helps.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund odata-v4-parser@0.1.29

cat > not.cjs <<'JS'
const assert = require("node:assert");
const { filter } = require("odata-v4-parser");

const meaning = ({ type, value, raw }) => {
  if (type === "NotExpression") return `NOT ${meaning(value)}`;
  if (type === "AndExpression" || type === "OrExpression") {
    return `{${meaning(value.left)} ${type === "AndExpression" ? "AND" : "OR"} ${meaning(value.right)}}`;
  }
  return type === "BoolParenExpression" || type === "CommonExpression" ? meaning(value) : raw;
};

console.log("odata-v4-parser", require("odata-v4-parser/package.json").version);
for (const [text, found] of [
  ["a eq 1 or b eq 2 and c eq 3", "{a eq 1 OR {b eq 2 AND c eq 3}}"],
  ["(not (dept eq 'Sales')) and enabled eq true", "{NOT dept eq 'Sales' AND enabled eq true}"],
  ["not (dept eq 'Sales') and enabled eq true", "NOT {dept eq 'Sales' AND enabled eq true}"],
  ["not (dept eq 'Sales') or enabled eq true", "NOT {dept eq 'Sales' OR enabled eq true}"],
  ["not startswith(mail,'a') and enabled eq true", "NOT {startswith(mail,'a') AND enabled eq true}"],
]) {
  const read = meaning(filter(text));
  console.log(text, "->", read);
  assert.strictEqual(read, found);
}
JS
node not.cjs
echo "as found"
