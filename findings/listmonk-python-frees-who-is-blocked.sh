#!/usr/bin/env bash
# listmonk 0.6.32 (PyPI, a client of listmonk's API): a change of somebody's name takes them off the
# blocklist, and a pause of their mail confirms what they have never confirmed. By the docstrings,
# the one call keeps what is not changed, the other touches the status alone; to confirm without
# the double opt-in is an argument of its own.
#
# Guess before the run: who is read as blocklisted, and gets another name, is sent back as
# blocklisted; disabling sends a status and confirms nothing; an address is found in the spelling
# in which it was added.
# Seen: the status of the person who was read is not looked at, the default is "enabled" (the
# docstring names it, as that of an argument); each of these calls asks for confirmation of all
# lists, of one that waits for its double opt-in, too; and the search by address is the only call
# that keeps capital letters, so that somebody just created is said to be nobody.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check listmonk==0.6.32

cat > "$dir/blocked.py" <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version
from urllib.parse import parse_qs, urlsplit

import listmonk

WAITING = [{"id": 3, "name": "news", "optin": "double", "subscription_status": "unconfirmed"}]
PERSON = {"id": 7, "email": "ann.lee@contoso.example", "name": "Ann Lee", "lists": WAITING,
          "created_at": "2026-01-05T09:00:00Z", "attribs": {}, "status": "blocklisted"}
sent = []


class Listmonk(BaseHTTPRequestHandler):
    """One person, whom it finds by address or id, as the API would; it writes down what is sent."""

    def answer(self, data):
        body = json.dumps({"data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query).get("query", [""])[0]
        asked = query.partition("=")[2].strip("'")
        found = [PERSON] if asked in ("7", PERSON["email"]) else []
        self.answer(True if self.path.endswith("/health") else {"results": found})

    def do_PUT(self):
        sent.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer(PERSON)

    def do_POST(self):
        self.do_PUT()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Listmonk)
threading.Thread(target=server.serve_forever, daemon=True).start()
listmonk.set_url_base(f"http://127.0.0.1:{server.server_port}")
assert listmonk.login("api", "secret")
print("listmonk", version("listmonk"))

ann = listmonk.subscriber_by_email("ann.lee@contoso.example")
assert ann.status == "blocklisted"
ann.name = "Ann Lee-Smith"
listmonk.update_subscriber(ann)
listmonk.disable_subscriber(ann)
for call, asked in zip(("a new name", "disable"), sent):
    print(call, "->", {key: asked[key] for key in ("status", "lists", "preconfirm_subscriptions")})
assert [asked["status"] for asked in sent] == ["enabled", "disabled"]
assert all(asked["lists"] == [3] and asked["preconfirm_subscriptions"] for asked in sent)

listmonk.create_subscriber("Ann.Lee@contoso.example", "Ann Lee")
found = listmonk.subscriber_by_email("Ann.Lee@contoso.example")
print("created as", sent[-1]["email"], "and found by the same text:", found)
assert sent[-1]["email"] == "ann.lee@contoso.example" and found is None
PY
"$dir/venv/bin/python" "$dir/blocked.py"
echo "as found"
