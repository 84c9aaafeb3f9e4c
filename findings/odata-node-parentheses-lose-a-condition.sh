#!/usr/bin/env bash
# odata-filter-parser 0.6.5 (npm): a filter that the library wrote itself is read back with two of
# its three conditions missing; other filters are read as if they had no parentheses, or had others.
# OData 4.01, part 2, "Operator Precedence": "and" binds before "or"; "Grouping": parentheses change
# that.
#
# Guess before the run: what Predicate writes, Parser reads as the same; "and" comes before "or";
# what stands in parentheses stays together.
# Seen: ((A) or (B)) and (C) becomes C alone: the disabled people of one department and all other
# departments are selected; (A or B) and C becomes A or (B and C), A and B or C becomes A and
# (B or C). None of it is an error. That A or B and C comes out right hides the rule: all that
# follows the first word is taken together.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund odata-filter-parser@0.6.5

cat > lost.cjs <<'JS'
const assert = require("node:assert");
const { readFileSync } = require("node:fs");
const { Operators, Parser, Predicate } = require("odata-filter-parser");

const file = "node_modules/odata-filter-parser/package.json";
console.log("odata-filter-parser", JSON.parse(readFileSync(file)).version);
const is = (subject, value) => new Predicate({ subject, operator: Operators.EQUALS, value });
const either = Predicate.concat(Operators.OR, is("dept", "Sales"), is("dept", "Support"));
const written = Predicate.concat(Operators.AND, either, is("city", "Bonn")).serialize();
assert.strictEqual(written, "(((dept eq 'Sales') or (dept eq 'Support')) and (city eq 'Bonn'))");

const cases = [
  [written, null],
  ["((a eq 1) or (b eq 2)) and (c eq 3)", "(c eq 3)"],
  ["(a eq 1 or b eq 2) and c eq 3", "((a eq 1) or ((b eq 2) and (c eq 3)))"],
  ["a eq 1 and b eq 2 or c eq 3", "((a eq 1) and ((b eq 2) or (c eq 3)))"],
  ["a eq 1 or b eq 2 and c eq 3", "((a eq 1) or ((b eq 2) and (c eq 3)))"],
];
for (const [text, expected] of cases) {
  const found = Parser.parse(text)?.serialize();
  console.log(text, "->", found);
  if (expected) assert.strictEqual(found, expected);
}
JS
node lost.cjs
echo "as found"
