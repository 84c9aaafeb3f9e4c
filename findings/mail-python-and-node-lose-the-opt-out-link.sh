#!/usr/bin/env bash
# Python's email.message.EmailMessage and mailparser 3.14.2 (npm): one writes a List-Unsubscribe link of more than 75
# characters as encoded words, the other does not read them. RFC 2047, section 5, allows encoded words in text and
# phrases, not here: RFC 2369, section 2, has plain URLs in angle brackets. Signed links are
# mostly longer.
#
# Guess before the run: mailparser, which decodes the words of every other header, decodes them and finds the link.
# Seen: it gives a name and no link, so that whoever reads mail by it (or any program that only unfolds) sees no
# button. The link comes whole where the policy has long lines.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund mailparser@3.14.2

cat > write.py <<'PY'
import email.policy
import platform
from email.message import EmailMessage
from pathlib import Path

LINK = "https://lists.example.com/u/v1.k1." + "a" * 50
print("Python", platform.python_version())
Path("link").write_text(LINK)
for name, policy in [("usual", email.policy.SMTP), ("long", email.policy.SMTP.clone(max_line_length=998))]:
    message = EmailMessage(policy=policy)
    message["From"] = "news@example.com"
    message["List-Unsubscribe"] = f"<{LINK}>"
    message.set_content("News.")
    Path(f"{name}.eml").write_bytes(message.as_bytes())
    print(name, "policy: as it is" if LINK.encode() in message.as_bytes() else "policy: encoded words")
PY
cat > read.cjs <<'JS'
const assert = require("node:assert");
const fs = require("node:fs");
const { simpleParser } = require("mailparser");
console.log("mailparser", JSON.parse(fs.readFileSync("node_modules/mailparser/package.json")).version);

(async () => {
  const found = async (name) => (await simpleParser(fs.readFileSync(`${name}.eml`))).headers.get("list").unsubscribe;
  const usual = await found("usual");
  const long = await found("long");
  console.log("usual policy:", usual);
  console.log("long policy:", long);
  assert.strictEqual(usual.url, undefined);
  assert.match(usual.name, /^=\?utf-8\?q\?=3Chttps/);
  assert.strictEqual(long.url, fs.readFileSync("link", "utf8"));
})();
JS
python3 write.py
node read.cjs
echo "as found"
