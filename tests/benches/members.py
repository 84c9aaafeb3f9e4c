"""5,000 additions to a group and 5,000 removals from it, before a Microsoft Graph that takes 50 ms for each answer and refuses
nothing: by both builds, and by the scripts that an administrator would write instead (`peers/script.py`).

Nothing but waiting is meant to be compared, so each has the whole machine, an emulated tenant of its own, and a group of the same
5,000 people. What listsync does once before it, such as taking in the file, is not timed. The script that makes one call after the
other is timed at 1,000 changes and at 500, which shows that it is linear, and multiplied.
"""

import contextlib
import http.client
import json
import os
import pathlib
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

HALF = 5_000
ROUNDS = 3
LATENCY_MS = 50
SCRIPT = pathlib.Path(__file__).with_name("peers") / "script.py"
# By how many times the other has to take as long as this build: a quarter of the other build's time.
BOUNDS = {"that": 4, "batches": 8, "in-turn": 180}


class Tenant:
    """An emulated tenant with a group, as the programs are to find it: `settings` and `group`."""

    def __init__(self, folder, known):
        self.folder, self.settings = folder, {"PATH": os.environ["PATH"], "HOME": str(folder)} | known
        address = urllib.parse.urlsplit(known["LISTSYNC_GRAPH_URL"])
        trust = ssl.create_default_context(cafile=known["SSL_CERT_FILE"])
        self.server = http.client.HTTPSConnection(address.hostname, address.port, context=trust)
        form = {
            "grant_type": "client_credentials",
            "client_id": known["AZURE_CLIENT_ID"],
            "client_secret": known["AZURE_CLIENT_SECRET"],
            "scope": "https://graph.microsoft.com/.default",
        }
        token = self.asked("POST", f"/{known['AZURE_TENANT_ID']}/oauth2/v2.0/token", urllib.parse.urlencode(form))
        self.proof = {"Authorization": f"Bearer {token['access_token']}"}
        security = {"displayName": "News", "mailNickname": "news", "mailEnabled": False, "securityEnabled": True}
        self.group = self.asked("POST", "/v1.0/groups", json.dumps(security), self.proof | {"Content-Type": "application/json"})["id"]

    def asked(self, method, path, body=None, headers=None):
        form = {"Content-Type": "application/x-www-form-urlencoded"} if headers is None and body else {}
        self.server.request(method, path, body, headers or form)
        answer = self.server.getresponse()
        text = answer.read()
        assert answer.status < 300, (method, path, answer.status, text)
        return json.loads(text) if text else None

    def people(self, most):
        """So many people who have a mailbox, by id and address."""
        found, path = [], "/v1.0/users?$select=id,mail,userType,accountEnabled&$top=999"
        while path and len(found) < most:
            page = self.asked("GET", path, headers=self.proof)
            found += [(row["id"], row["mail"]) for row in page["value"] if row["mail"] and row["userType"] == "Member"]
            path = page.get("@odata.nextLink", "").partition("://")[2].partition("/")[2]
            path = f"/{path}" if path else None
        assert len(found) >= most, "the tenant has too few people"
        return found[:most]

    def stage(self, half):
        """A file of people, and as many others in the group; from now on each answer takes its time."""
        people = self.people(2 * half)
        rows = "".join(f"{address}\n" for _, address in people[:half])
        (self.folder / "people.csv").write_text("email\n" + rows)
        for person, _ in people[half:]:
            self.asked("PUT", f"/emulator/groups/{self.group}/members/{person}")
        self.asked("PATCH", "/emulator/settings", json.dumps({"latency_ms": LATENCY_MS}), {"Content-Type": "application/json"})

    def seen(self):
        """Who is in the group, and how many requests came so far."""
        self.asked("PATCH", "/emulator/settings", json.dumps({"latency_ms": 0}), {"Content-Type": "application/json"})
        rows = self.asked("GET", f"/emulator/groups/{self.group}/members")["members"]
        return {row["mail"] for row in rows}, self.asked("GET", "/emulator/counters")["http_requests"]


@contextlib.contextmanager
def tenant(emulator, half):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        words = ["--port", "0", "--people", str(3 * half), "--unthrottled", "--control", "--env-out", "emulator.env"]
        process = subprocess.Popen([emulator, *words], cwd=folder, stdout=subprocess.PIPE, text=True)
        try:
            assert any(line.startswith("# Ctrl-C") for line in process.stdout), "the emulator ended"
            lines = (folder / "emulator.env").read_text().splitlines()
            staged = Tenant(folder, dict(line.split("=", 1) for line in lines))
            staged.stage(half)
            yield staged
        finally:
            process.kill()
            process.wait()


def timed(staged, half, work):
    """The seconds that the work took, and the requests that it made. It has to have done what was asked."""
    wanted = set((staged.folder / "people.csv").read_text().splitlines()[1:])
    before = staged.asked("GET", "/emulator/counters")["http_requests"]
    took = work()
    members, after = staged.seen()
    assert members == wanted and len(members) == half, "the group is not what the file says"
    return took, after - before


def by_listsync(build, half):
    """Both syncs: one adds and shows whom it would remove, the other removes them."""

    def ran(*words, exits):
        settings = staged.settings | {"LISTSYNC_STORE": f"sqlite:{staged.folder}/listsync.db"}
        began = time.monotonic()
        ended = subprocess.run([build.listsync, *words], cwd=staged.folder, env=settings, capture_output=True, text=True)
        took = time.monotonic() - began
        assert ended.returncode == exits, (words, ended.returncode, ended.stdout, ended.stderr)
        return took, ended.stdout

    def work():
        added, told = ran("sync", "News", "--json", exits=4)
        ran("links", "approve", json.loads(told)["held"]["digest"], exits=0)
        return added + ran("sync", "News", exits=0)[0]

    with tenant(build.emulator, half) as staged:
        ran("settings", "set", "settle-window", "0s", exits=0)
        ran("lists", "create", "News", exits=0)
        ran("import", "people.csv", "--list", "News", "--mode", "incremental", exits=0)
        ran("link", "News", "--group", staged.group, "--mode", "list-to-group", "--extras", "remove", exits=0)
        return timed(staged, half, work)


def by_script(build, half, way):
    def work():
        began = time.monotonic()
        subprocess.run([sys.executable, SCRIPT, way, staged.group, "people.csv"], cwd=staged.folder, env=staged.settings, check=True, stdout=subprocess.DEVNULL)
        return time.monotonic() - began

    with tenant(build.emulator, half) as staged:
        return timed(staged, half, work)


def all_hold(that, this):
    """Prints what each took; whether this build is as far ahead of each as it has to be. All are before this build's emulator."""
    that = that._replace(emulator=this.emulator)
    rounds = [
        {
            "that": by_listsync(that, HALF),
            "this": by_listsync(this, HALF),
            "batches": by_script(this, HALF, "batches"),
            "sixteen": by_script(this, HALF, "sixteen"),
        }
        for _ in range(ROUNDS)
    ]
    short, long = (by_script(this, half, "in-turn") for half in (250, 500))
    print(f"in turn: {short[0]:.1f} s for 500 changes, {long[0]:.1f} s for 1,000, which is {long[0] / short[0]:.2f} times as long")
    factor = HALF // 500
    rounds[0]["in-turn"] = (long[0] * factor, long[1] * factor)
    middle = {side: statistics.median_low([each[side] for each in rounds if side in each]) for side in rounds[0]}
    holds = True
    for side, (took, requests) in middle.items():
        times = took / middle["this"][0]
        bound = BOUNDS.get(side)
        holds &= bound is None or times >= bound
        told = f"at least {bound}" if bound else ""
        print(f"{side:<10} {took:>8.1f} s {requests:>7} requests  {times:>6.1f} times this build's time  {told}", flush=True)
    return holds
