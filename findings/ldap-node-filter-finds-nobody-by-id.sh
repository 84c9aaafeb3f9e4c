#!/usr/bin/env bash
# ldapts 8.2.0 (npm): the bytes of an escaped value in a search filter are read as letters and sent as the UTF-8 of
# those. RFC 4515, section 3: a backslash and two hexadecimal digits are one byte; section 4 has (sn=Lu\c4\8di\c4\87)
# for a name in UTF-8 and an id in such bytes. So a filter by objectGUID finds nobody, also where it is made as the
# library's README says, and so does a name that a directory or another tool wrote with escapes.
#
# Guess before the run: the bytes go over the wire as they are written.
# Seen: every byte above 7f becomes two. Only a filter object that holds a Buffer sends the id.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund ldapts@8.2.0

cat > sent.mjs <<'JS'
import assert from "node:assert";
import fs from "node:fs";
import net from "node:net";
import { Client, EqualityFilter, escapeFilter } from "ldapts";
console.log("ldapts", JSON.parse(fs.readFileSync("node_modules/ldapts/package.json")).version);

let request = Buffer.alloc(0);
const server = net.createServer((socket) => socket.on("data", (bytes) => {
  request = bytes;
  socket.destroy();
}));
await new Promise((done) => server.listen(0, "127.0.0.1", done));

// Whether the search request holds these bytes; the server hangs up on every request.
async function sends(text, filter, bytes) {
  const client = new Client({ url: `ldap://127.0.0.1:${server.address().port}` });
  await client.search("DC=example", { filter }).catch(() => {});
  const held = request.includes(bytes);
  console.log(text, "->", held ? "sent as it is" : "sent as other bytes");
  return held;
}

const id = Buffer.from("06cd3a69", "hex");
const name = Buffer.from("Lučić");
assert.ok(await sends("(sn=Lučić)", "(sn=Lučić)", name));
assert.ok(!(await sends("the same name, escaped", String.raw`(sn=Lu\c4\8di\c4\87)`, name)));
assert.ok(!(await sends("an id by escapeFilter`…`", escapeFilter`(objectGUID=${id})`, id)));
assert.ok(await sends("an id in a filter object", new EqualityFilter({ attribute: "objectGUID", value: id }), id));
server.close();
JS
node sent.mjs
echo "as found"
