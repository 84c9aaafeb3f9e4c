#!/usr/bin/env bash
# mailparser 3.14.2 (npm): of several links in List-Unsubscribe it gives the last, of a link with brackets a half, and
# of a link with a comment beside it none as "url". RFC 2369, section 2: the links stand in order of preference, the
# first that a program knows is taken, comments in parentheses are allowed between them; RFC 3986, section 2.2, allows
# parentheses in a path.
#
# Guess before the run: all links, or the first; the text between angle brackets as it is.
# Seen: as above. A tool that leaves lists for people asks the second-best link, or one that nobody wrote.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund mailparser@3.14.2

cat > links.cjs <<'JS'
const assert = require("node:assert");
const fs = require("node:fs");
const { simpleParser } = require("mailparser");
console.log("mailparser", JSON.parse(fs.readFileSync("node_modules/mailparser/package.json")).version);

(async () => {
  const cases = [
    ["<mailto:leave@example.com>, <https://example.com/u/1>", { mail: "leave@example.com", url: "https://example.com/u/1" }],
    ["<https://example.com/first>, <https://example.com/second>", { url: "https://example.com/second" }],
    ["<https://example.com/u/(1)>", { name: "1", id: "https://example.com/u/" }],
    ["(No reason asked) <https://example.com/u/1>", { name: "No reason asked", id: "https://example.com/u/1" }],
  ];
  for (const [header, found] of cases) {
    const message = await simpleParser(`From: news@example.com\r\nList-Unsubscribe: ${header}\r\n\r\nNews.\r\n`);
    const got = message.headers.get("list").unsubscribe;
    console.log(header, "->", got);
    assert.deepStrictEqual(got, found);
  }
})();
JS
node links.cjs
echo "as found"
