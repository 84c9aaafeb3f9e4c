#!/usr/bin/env bash
# email-reply-parser 0.5.12 (PyPI): of a reply "unsubscribe" more is left than that word, where the mail program speaks
# German or French, or where the signature follows at once. RFC 3676, section 4.3: a line of two hyphens and a space
# ends the text; nothing asks for an empty line before it. The port for Node (npm, email-reply-parser 2.3.9) is the
# measure.
#
# Guess before the run: both give the word alone, in every language of a large mail program.
# Seen: from Python the heading over the quoted mail comes along, or the signature; and a text that begins with "From: "
# is empty. Who compares the reply with a word hears the opt-outs of some people only.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check email-reply-parser==0.5.12
cd "$dir"
npm install --silent --no-audit --no-fund email-reply-parser@2.3.9

cat > replies.json <<'JSON'
[
  ["unsubscribe\n\nOn Tue, Dec 1, 2026 at 10:00 AM News <news@example.com> wrote:\n> Hello\n", "unsubscribe",
   "unsubscribe"],
  ["unsubscribe\n\n-- \nAnn Lee\n", "unsubscribe", "unsubscribe"],
  ["unsubscribe\n-- \nAnn Lee\n", "unsubscribe", "unsubscribe\n-- \nAnn Lee"],
  ["unsubscribe\n\nAm Di., 1. Dez. 2026 um 10:00 Uhr schrieb News <news@example.com>:\n> Hallo\n", "unsubscribe",
   "unsubscribe\n\nAm Di., 1. Dez. 2026 um 10:00 Uhr schrieb News <news@example.com>:"],
  ["unsubscribe\n\nLe mar. 1 déc. 2026 à 10:00, News <news@example.com> a écrit :\n> Salut\n", "unsubscribe",
   "unsubscribe\n\nLe mar. 1 déc. 2026 à 10:00, News <news@example.com> a écrit :"],
  ["From: now on, no more news, please.\n", "From: now on, no more news, please.", ""]
]
JSON
cat > python.py <<'PY'
import json
from importlib.metadata import version

from email_reply_parser import EmailReplyParser

print("email-reply-parser, PyPI", version("email-reply-parser"))
for mail, _, found in json.load(open("replies.json", encoding="utf-8")):
    print(ascii(mail), "->", ascii(EmailReplyParser.parse_reply(mail)))
    assert EmailReplyParser.parse_reply(mail) == found
PY
cat > node.mjs <<'JS'
import assert from "node:assert";
import { readFileSync } from "node:fs";
import EmailReplyParser from "email-reply-parser";

const { version } = JSON.parse(readFileSync("node_modules/email-reply-parser/package.json"));
console.log("email-reply-parser, npm", version);
for (const [mail, meant] of JSON.parse(readFileSync("replies.json"))) {
  assert.strictEqual(new EmailReplyParser().read(mail).getVisibleText().trim(), meant);
}
console.log("the port for Node gives the words alone");
JS
"$dir/venv/bin/python" python.py
node node.mjs
echo "as found"
