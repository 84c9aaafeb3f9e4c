#!/usr/bin/env bash
# nodemailer 10.6.1 (npm) and the email of Python 3.11: a header that is folded right after its colon is read with a blank before
# its value. RFC 5322, section 2.2.3: unfolding takes out the line's end alone; section 3.2.2: what folds is white space
# around a token, and no part of it.
#
# Guess before the run: email.policy.default, which parses headers, gives the value of List-Unsubscribe without the
# white space around it, as it does for a line that is not folded; so value.startswith("<") finds the link.
# Seen: nodemailer folds a long link right after the colon, and Python gives " <https…". Whoever looks for "<" first, or
# compares with what was sent, finds no link; the same header in one line is found.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund nodemailer@10.6.1

cat > send.mjs <<'JS'
import fs from "node:fs";
import nodemailer from "nodemailer";
console.log("nodemailer", JSON.parse(fs.readFileSync("node_modules/nodemailer/package.json")).version);
const link = `<https://lists.example.com/u/v1.k1.${"a".repeat(50)}>`;
const transport = nodemailer.createTransport({ streamTransport: true, buffer: true });
const sent = await transport.sendMail({
  from: "news@example.com",
  to: "anna@example.com",
  text: "News.",
  headers: { "List-Unsubscribe": link },
});
fs.writeFileSync("link", link);
fs.writeFileSync("folded.eml", sent.message);
fs.writeFileSync("plain.eml", sent.message.toString().replace(/List-Unsubscribe:\r?\n /, "List-Unsubscribe: "));
JS
node send.mjs
cat > read.py <<'PY'
import email
import email.policy
import platform
from pathlib import Path

link = Path("link").read_text()
print("Python", platform.python_version())
for name, wanted in [("plain", link), ("folded", " " + link)]:
    value = email.message_from_bytes(Path(f"{name}.eml").read_bytes(), policy=email.policy.default)["List-Unsubscribe"]
    print(f"{name}: {value[:24]!r}… startswith('<'): {value.startswith('<')}")
    assert value == wanted, value
PY
python3 read.py
echo "as found"
