#!/usr/bin/env bash
# nodemailer 10.6.1 (npm): its "list" option, which makes the List-… headers, takes every value for a link. Given
# "unsubscribe-post" it writes <http://List-Unsubscribe=One-Click>, where RFC 8058, section 3.1, has the plain text;
# given two links in an array it writes two List-Unsubscribe headers, where RFC 2369 allows one of each in a message.
#
# Guess before the run: the text as it is; one header with two links.
# Seen: as above, and a space inside a link is taken out without a word, which makes another link of it. The project
# documents the array (nested, it makes one header) and does not want to change the values. Such mail shows no
# one-click button.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund nodemailer@10.6.1

cat > headers.mjs <<'JS'
import assert from "node:assert";
import fs from "node:fs";
import nodemailer from "nodemailer";
console.log("nodemailer", JSON.parse(fs.readFileSync("node_modules/nodemailer/package.json")).version);

const transport = nodemailer.createTransport({ streamTransport: true, buffer: true });
async function headers(options) {
  const { message } = await transport.sendMail({ from: "news@example.com", to: "ann@example.org", text: "News.", ...options });
  const lines = message.toString().replace(/\r\n\s+/g, " ").split("\r\n").filter((line) => line.startsWith("List-"));
  console.log(JSON.stringify(options), "->", lines);
  return lines;
}

const link = "https://example.com/u/1";
const leave = "mailto:leave@example.com";
const post = "List-Unsubscribe=One-Click";
assert.deepStrictEqual(await headers({ list: { unsubscribe: link, "unsubscribe-post": post } }), [
  `List-Unsubscribe: <${link}>`,
  `List-Unsubscribe-Post: <http://${post}>`,
]);
assert.deepStrictEqual(await headers({ list: { unsubscribe: [link, leave] } }), [
  `List-Unsubscribe: <${link}>`,
  `List-Unsubscribe: <${leave}>`,
]);
assert.deepStrictEqual(await headers({ list: { unsubscribe: `${link}?list=all staff` } }), [
  `List-Unsubscribe: <${link}?list=allstaff>`,
]);
// The cure.
assert.deepStrictEqual(
  await headers({ list: { unsubscribe: [[link, leave]] }, headers: { "List-Unsubscribe-Post": post } }),
  [`List-Unsubscribe-Post: ${post}`, `List-Unsubscribe: <${link}>, <${leave}>`],
);
JS
node headers.mjs
echo "as found"
