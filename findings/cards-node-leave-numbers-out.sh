#!/usr/bin/env bash
# adaptivecards-templating 2.3.1, adaptive-expressions 4.23.3 and adaptivecards 3.0.6 (npm, all Microsoft's): a count
# that stands alone in a template becomes a number, and the card leaves it out, as its schema has text there.
# Microsoft's own tracker (AdaptiveCards, 5645 and 8749) advises string(), whose reference says: the value as text.
#
# Guess before the run: "${removed}" is shown as text, like "${removed} people"; string(1234) is "1234".
# Seen: the fact "Removed" is there without its number, no event says so; string(1234) is "1,234", which int() reads
# back as 1, while "+" writes "1234". So the one card that should alarm, of many removals, shows no number.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund adaptivecards-templating@2.3.1 adaptive-expressions@4.23.3 adaptivecards@3.0.6

cat > numbers.cjs <<'JS'
const assert = require("node:assert");
const { Expression } = require("adaptive-expressions");
const { AdaptiveCard, SerializationContext } = require("adaptivecards/dist/adaptivecards.js");
const { Template } = require("adaptivecards-templating");

const shown = (value, data) => {
  const body = [{ type: "FactSet", facts: [{ title: "Removed", value }] }];
  const made = new Template({ type: "AdaptiveCard", version: "1.5", body }).expand({ $root: data });
  const card = new AdaptiveCard();
  const context = new SerializationContext();
  card.parse(made, context);
  const [fact] = card.toJSON().body[0].facts;
  console.log(value, JSON.stringify(data), "-> template", made.body[0].facts[0], "card", fact);
  assert.strictEqual(context.eventCount, 0);
  return fact.value;
};

for (const name of ["adaptivecards-templating", "adaptive-expressions", "adaptivecards"]) {
  console.log(name, require(`./node_modules/${name}/package.json`).version);
}
assert.strictEqual(shown("${removed} people", { removed: 1234 }), "1234 people");
assert.strictEqual(shown("${removed}", { removed: 1234 }), undefined);
assert.strictEqual(shown("${string(removed)}", { removed: 1234 }), "1,234");
for (const [text, found] of [["string(1234)", "1,234"], ["int(string(1234))", 1], ["'' + 1234", "1234"]]) {
  const { value } = Expression.parse(text).tryEvaluate({});
  console.log(text, "->", value);
  assert.strictEqual(value, found);
}
JS
LANG=en_US.UTF-8 LC_ALL=en_US.UTF-8 node numbers.cjs
echo "as found"
