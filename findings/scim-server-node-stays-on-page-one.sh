#!/usr/bin/env bash
# scimmy-routers 1.3.2 with scimmy 1.3.5 (npm) on Express 5.3.0, which it allows ("express": ">=4.18"): startIndex and
# count are not heard, every page is the first twenty. On Express 4 they are, but a page behind the last one begins
# anew. RFC 7644, section 3.4.2.4: startIndex is the first result of the page, count the most that it holds.
#
# Guess, as the RFC has it: startIndex=21 gives 21 and on, startIndex=46 of 45 gives none.
# Seen: 1 to 20 for both on Express 5; for the second one on Express 4. A reader that counts rows until totalResults
# stops with twenty people three times over and takes the list for whole; one that reads until a page is empty never
# ends.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat > "$dir/pages.cjs" <<'JS'
const assert = require("node:assert");
const express = require("express");
const SCIMMY = require("scimmy");
const SCIMMYRouters = require("scimmy-routers");

const people = Array.from({ length: 45 }, (_, n) => ({ id: `${n + 1}`, userName: `p${n + 1}` }));
SCIMMY.Resources.declare(SCIMMY.Resources.User, { egress: () => people });
const router = SCIMMYRouters.default ?? SCIMMYRouters;
const server = express()
  .use("/scim", new router({ type: "bearer", handler: () => "tests" }))
  .listen(0, "127.0.0.1", async () => {
    const version = require("express/package.json").version;
    const page = async (query) => {
      const address = `http://127.0.0.1:${server.address().port}/scim/Users?${query}`;
      const answer = await (await fetch(address, { headers: { authorization: "Bearer tests" } })).json();
      const names = (answer.Resources ?? []).map((person) => person.userName);
      console.log(`Express ${version}: ${query} -> ${names[0]} to ${names.at(-1)} of ${answer.totalResults}`);
      return [names[0], names.length];
    };
    const found = [await page("startIndex=21&count=10"), await page("startIndex=46&count=10")];
    const five = [["p1", 20], ["p1", 20]];
    const four = [["p21", 10], ["p1", 10]];
    assert.deepStrictEqual(found, version.startsWith("5") ? five : four);
    server.close();
  });
JS
for express in 4.21.2 5.3.0; do
    mkdir "$dir/$express"
    cp "$dir/pages.cjs" "$dir/$express"
    cd "$dir/$express"
    npm install --silent --no-audit --no-fund scimmy@1.3.5 scimmy-routers@1.3.2 "express@$express"
    node pages.cjs
done
echo "as found"
