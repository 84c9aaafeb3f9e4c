#!/usr/bin/env bash
# ldapts 8.2.0 (npm): what an attribute comes as depends on how many values it has. In LDAP every attribute is a set
# of values (RFC 4512, section 2.2); the library's types allow both forms, its README does not tell when which comes.
#
# Guess before the run: the members of a group are an array, of none, one or more.
# Seen: no member is [], two are an array, one is a text. A loop over "member" goes over the letters of its name, and
# length is the length of the name: in a group of one, ten members are found, and none of them is anybody.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund ldapts@8.2.0 ldapjs@3.0.7

cat > members.mjs <<'JS'
import assert from "node:assert";
import fs from "node:fs";
import { Client } from "ldapts";
import ldap from "ldapjs";
console.log("ldapts", JSON.parse(fs.readFileSync("node_modules/ldapts/package.json")).version);

const GROUPS = { none: [], one: ["cn=ann,o=x"], two: ["cn=ann,o=x", "cn=bob,o=x"] };
const server = ldap.createServer();
server.search("o=x", (request, response, next) => {
  for (const [cn, member] of Object.entries(GROUPS)) {
    response.send({ dn: `cn=${cn},o=x`, attributes: { objectclass: "group", cn, ...(member.length && { member }) } });
  }
  response.end();
  next();
});
await new Promise((done) => server.listen(0, "127.0.0.1", done));

const client = new Client({ url: server.url });
const { searchEntries } = await client.search("o=x", { filter: "(objectclass=group)", attributes: ["cn", "member"] });
await client.unbind();
server.close();
for (const { cn, member } of searchEntries) console.log(cn, "->", member, "- length", member.length);
assert.deepStrictEqual(searchEntries.map(({ member }) => member), [[], "cn=ann,o=x", GROUPS.two]);
JS
node members.mjs
echo "as found"
