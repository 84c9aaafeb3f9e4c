"""What a round that finds nothing takes of DynamoDB is what the guide says it costs by: the shipped programs, on the shipped
stack, before an emulated tenant."""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import urllib.request

import pytest

import units

# How many links are looked at beside the first: what each of them takes more is what a round takes.
MORE = 6
ROOT = pathlib.Path(__file__).resolve().parents[2]
KEYS = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="module")
def programs():
    """The folder of the programs, with the features that the tests have, so that what they have built is used again."""
    if folder := os.environ.get("LISTSYNC_BIN_DIR"):
        return pathlib.Path(folder)
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--workspace", "--bins", "--tests"], cwd=ROOT, check=True)
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"


@pytest.fixture
def cloud():
    """The address of an emulated AWS with the stack, and what deploying it told."""
    command = [sys.executable, ROOT / "tests/moto/serve.py"]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = f"http://127.0.0.1:{int(server.stdout.readline())}"
        known = os.environ | KEYS | {"AWS_ENDPOINT_URL": address}
        told = subprocess.run([sys.executable, ROOT / "tests/infra/deploy.py", "listsync"], env=known, check=True, capture_output=True)
        yield address, json.loads(told.stdout)
    finally:
        server.stdin.close()
        server.wait(timeout=10)


@pytest.fixture
def tenant(programs, tmp_path):
    """The settings for an emulated tenant. Its people are in `people.csv`."""
    command = [programs / "listsync-graph-emulator", "--port", "0", "--env-out", "emulator.env", "--people-out", "people.csv"]
    emulator = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    try:
        assert any(line.startswith("# Ctrl-C") for line in emulator.stdout), "the emulator ended"
        lines = (tmp_path / "emulator.env").read_text().splitlines()
        yield dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    finally:
        emulator.kill()
        emulator.wait()


def asked(address, path, method="GET"):
    with urllib.request.urlopen(urllib.request.Request(address + path, method=method, data=b"" if method == "PUT" else None)) as answer:
        return answer.read()


def test_a_round_that_finds_nothing_takes_no_more_than_the_guide_says(cloud, tenant, programs, tmp_path):
    address, stack = cloud
    known = {"PATH": os.environ["PATH"]} | KEYS | tenant | {"AWS_ENDPOINT_URL": address}
    known |= {"LISTSYNC_STORE": stack["Store"], "LISTSYNC_QUEUE": stack["QueueUrl"]}

    def listsync(*words):
        ended = subprocess.run([programs / "listsync", *words], cwd=tmp_path, env=known, capture_output=True, text=True)
        assert ended.returncode == 0, (words, ended.stdout, ended.stderr)

    def linked(name):
        """A link at rest that is due again a second after each look."""
        listsync("lists", "create", name)
        listsync("import", "people.csv", "--list", name, "--mode", "incremental")
        listsync("link", name, "--new-group", f"{name} readers", "--every", "1s")
        # The second one reads the echo of what the first one wrote.
        listsync("sync", name)
        listsync("sync", name)

    def a_round():
        time.sleep(1.1)
        asked(address, "/meter", "PUT")
        listsync("tick")
        listsync("work", "--until-empty")
        return json.loads(asked(address, "/units"))

    def a_usual_round():
        """The cheaper of two: what is due by the clock once in a while, for all links together, comes in one of them at most."""
        return min(a_round(), a_round(), key=lambda took: took["write"] + took["read"])

    further = [f"News {number}" for number in range(MORE)]
    for name in ["News", *further]:
        linked(name)
    # The first worker finds that changes of people are to be read, which is done once for all links.
    _, all_of_them = a_round(), a_usual_round()
    for name in further:
        listsync("links", "pause", name)
    one = a_usual_round()
    assert json.loads(asked(address, "/broken")) == []
    took = {kind: (all_of_them[kind] - one[kind]) / MORE for kind in ("write", "read")}
    guide = " ".join((ROOT / "infra/README.md").read_text().split())
    write, read = map(float, re.search(r"takes ([\d.]+) write units and ([\d.]+) read units", guide).groups())
    assert 0 < took["write"] <= write and 0 < took["read"] <= read, (took, all_of_them["lines"])


def text(letters):
    return {"S": "x" * letters}


def test_units_are_counted_as_the_service_counts_them():
    """By the examples of "DynamoDB read and write operations": 3.5 KB are four units written, and one or a half read."""
    item = {"pk": text(1_000), "sk": text(2_580)}
    before, after, keys = {"pk": text(1), "due": text(1)}, {"pk": text(1), "due": {"S": "y"}}, ("due",)
    assert units.written(units.measure(item)) == 4
    assert (units.read(units.measure(item), True), units.read(units.measure(item), None)) == (1, 0.5)
    assert [units.of_index(*one, keys) for one in [(before, before), (None, after), (after, None), (before, after)]] == [0, 1, 1, 2]


def test_a_transaction_takes_twice_as_much_and_its_checks_as_well():
    there = {"pk": text(10)}
    meter = units.Meter(lambda table, named: (there, {}))
    parts = [{"Put": {"TableName": "t", "Item": there}}, {"ConditionCheck": {"TableName": "t", "Key": there}}]
    meter.take("TransactWriteItems", {"TransactItems": parts}, lambda: None)
    meter.take("PutItem", {"TableName": "t", "Item": there}, lambda: None)
    assert meter.write == 2 * 2 + 1
