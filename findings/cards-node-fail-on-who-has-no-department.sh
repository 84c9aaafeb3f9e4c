#!/usr/bin/env bash
# adaptivecards-templating 2.3.1 with adaptive-expressions 4.23.3 (npm, Microsoft's): one null in the data ends the
# whole card, and what is missing counts as text. Microsoft's page on the template language: reading a null raises
# nothing; an element whose $when is false is left out.
#
# Guess before the run: a null and what is missing are empty; coalesce() takes the next; $when false hides, true shows.
# Seen: a null within text is a TypeError; alone, what is missing shows as "${department}", which length() counts as 13
# letters and coalesce() prefers. A plain true hides the element, with a warning for who asks for warnings; a plain
# false shows it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund adaptivecards-templating@2.3.1 adaptive-expressions@4.23.3

cat > card.cjs <<'JS'
const assert = require("node:assert");
const { Template } = require("adaptivecards-templating");

const made = (element, data = {}) =>
  new Template({ type: "AdaptiveCard", body: [{ type: "TextBlock", ...element }] }).expand({ $root: data }).body;
const text = (template, data) => made({ text: template }, data)[0].text;
const appears = ($when, data) => made({ text: "x", $when }, data).length === 1;
const same = (what, seen, expected) => {
  console.log(what, "->", seen);
  assert.strictEqual(seen, expected);
};

for (const name of ["adaptivecards-templating", "adaptive-expressions"]) {
  console.log(name, require(`./node_modules/${name}/package.json`).version);
}
same("in ${department}, Sales", text("in ${department}", { department: "Sales" }), "in Sales");
assert.throws(() => text("in ${department}", { department: null }), TypeError);
console.log("in ${department}, null -> TypeError");
same("in ${department}, missing", text("in ${department}"), "in ${department}");
same("length(department), missing", text("${length(department)}"), 13);
same("coalesce(department, 'none'), null", text("${coalesce(department, 'none')}", { department: null }), "none");
same("coalesce(department, 'none'), missing", text("${coalesce(department, 'none')}"), "${department}");
same("$when ${on}, true: appears", appears("${on}", { on: true }), true);
same("$when true: appears", appears(true), false);
same("$when false: appears", appears(false), true);
JS
node card.cjs
echo "as found"
