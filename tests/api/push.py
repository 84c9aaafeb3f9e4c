"""A company that is pushed by SCIM, user by user, over one connection: see tests/push."""

import http.client
import json
import pathlib
import subprocess
import sys
import tempfile
import time
from urllib.parse import urlsplit

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


class Client:
    def __init__(self, url, key):
        self.connection = http.client.HTTPConnection(urlsplit(url).netloc)
        self.key, self.asked = key, 0

    def ask(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        self.connection.request(method, path, body and json.dumps(body), headers)
        answer = self.connection.getresponse()
        text = answer.read()
        self.asked += 1
        if answer.status >= 300:
            sys.exit(f"request {self.asked}, {method} {path}: {answer.status} {text[:500].decode()}")
        return json.loads(text)


def user(number):
    return {"schemas": [USER], "userName": f"p{number}@contoso.example", "externalId": f"e-{number}", "displayName": f"P {number}"}


def push(client, people):
    """Each is looked for before, as Entra does it; who is there is replaced."""
    ids = []
    for number in range(people):
        found = client.ask("GET", f"/scim/v2/Users?filter=externalId%20eq%20%22e-{number}%22")["Resources"]
        known = f"/{found[0]['id']}" if found else ""
        ids.append(client.ask("PUT" if found else "POST", f"/scim/v2/Users{known}", user(number))["id"])
    members = [{"value": one} for one in ids]
    found = client.ask("GET", "/scim/v2/Groups?filter=displayName%20eq%20%22Everybody%22")["Resources"]
    known = f"/{found[0]['id']}" if found else ""
    group = client.ask("PUT" if found else "POST", f"/scim/v2/Groups{known}", {"schemas": [GROUP], "displayName": "Everybody", "members": members})
    there = client.ask("GET", f"/scim/v2/Groups/{group['id']}")["members"]
    if {one["value"] for one in there} != set(ids):
        sys.exit(f"the group has {len(there)} of {people} members")


def main(stage, people):
    with tempfile.TemporaryDirectory() as folder:
        said = pathlib.Path(folder) / "address.json"
        running = subprocess.Popen([stage, said], stdin=subprocess.PIPE)
        try:
            while not (said.exists() and said.read_text()):
                time.sleep(0.05)
            address = json.loads(said.read_text())
            key = Client(address["url"], address["key"]).ask("POST", "/v1/keys", {"name": "scim", "scopes": ["scim"]})["secret"]
            for what in ("new", "again"):
                client, began = Client(address["url"], key), time.monotonic()
                push(client, people)
                took = time.monotonic() - began
                print(f"{people} users and their group, {what}: {took:.1f} s, {client.asked} requests, {client.asked / took:.0f} a second")
        finally:
            running.stdin.close()
            running.wait(timeout=30)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
