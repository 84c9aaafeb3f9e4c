#!/usr/bin/env bash
# scim-client 0.2.3 (PyPI): who is read, deactivated and written back has lost the title, the
# telephone and the role. RFC 7644, section 3.5.1: PUT replaces all of the attributes; what the
# client leaves out, the server may take for removed. The library's README gives updating a user's
# data as a purpose, and the library keeps what it does not know in an attribute, extra_fields.
#
# Guess before the run: what the library does not know stays with the person, in that attribute,
# and goes back as it came.
# Seen: it is kept there, and left out when the person is written, though title, phoneNumbers and
# roles are in the core schema (RFC 7643, section 4.1). Extensions, which are less common, go back
# whole.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check scim-client==0.2.3

cat > "$dir/half.py" <<'PY'
import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from scim_client import SCIMClient

CORE = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OWN = "urn:contoso:scim:lists:2.0:User"
ANN = {
    "schemas": [CORE, ENTERPRISE, OWN],
    "id": "7",
    "externalId": "e7",
    "userName": "ann@contoso.example",
    "displayName": "Ann Lee",
    "name": {"givenName": "Ann", "familyName": "Lee"},
    "active": True,
    "emails": [{"value": "ann@contoso.example", "type": "work", "primary": True}],
    "title": "Head of Sales",
    "phoneNumbers": [{"value": "+49 228 5550100", "type": "work"}],
    "roles": [{"value": "list-owner"}],
    ENTERPRISE: {"employeeNumber": "0042", "department": "Sales"},
    OWN: {"optOut": ["news"]},
}
written = []


class Scim(BaseHTTPRequestHandler):
    def answer(self):
        body = json.dumps(ANN).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer()

    def do_PUT(self):
        written.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.answer()

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Scim)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = SCIMClient(f"http://127.0.0.1:{server.server_port}", "token")
person = client.read_user("7")
print("scim-client", version("scim-client"), "keeps", sorted(person.extra_fields))
person.active = False
client.update_user(person)

[body] = written
print("read and not written:", sorted(set(ANN) - set(body)))
assert body["active"] is False and body["schemas"] == ANN["schemas"]
assert set(ANN) - set(body) == {"title", "phoneNumbers", "roles"}
assert body[OWN] == ANN[OWN]
assert body[ENTERPRISE] == ANN[ENTERPRISE]
PY
"$dir/venv/bin/python" "$dir/half.py"
echo "as found"
