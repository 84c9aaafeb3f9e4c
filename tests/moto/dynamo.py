"""What stands between the tests and moto's DynamoDB: a judge, a memory for tokens, and the odds.

- Each request is judged as the service would: see judge.py. What breaks a rule is refused, and is kept in `broken`, so
  that the suite fails in which it was asked.
- A transaction that was done before under its token is not done again; with other content the token is refused.
- Under load, batches are half done, requests throttled, and transactions conflict, in turn. By the odds, answers are lost,
  and the service fails and conflicts, at random: see odds.py.
"""

import io
import itertools
import json
import socket
import threading
import time

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

import judge
from odds import Fate, Odds, Once
from units import Meter

one_at_a_time = threading.RLock()
# How long a token is known (TransactWriteItems, ClientRequestToken).
TOKEN_SECONDS = 600
JSON = ("Content-Type", "application/x-amz-json-1.0")


class Answer:
    """What the plain server answers to a request, to be sent on."""

    def __init__(self, moto, environment, body):
        environment["wsgi.input"] = io.BytesIO(body)
        environment["CONTENT_LENGTH"] = str(len(body))
        self.body = b"".join(moto(environment, self.start))

    def start(self, status, headers, _=None):
        self.status, self.headers = status, headers

    def send(self, start_response):
        headers = [(name, value) for name, value in self.headers if name.lower() != "content-length"]
        start_response(self.status, headers + [("Content-Length", str(len(self.body)))])
        return [self.body]


class Made:
    """An answer that moto had no part in."""

    def __init__(self, what, status="200 OK"):
        self.body, self.status = json.dumps(what).encode(), status

    def send(self, start_response):
        start_response(self.status, [JSON, ("Content-Length", str(len(self.body)))])
        return [self.body]


def refusal(code, more=None, status="400 Bad Request"):
    return Made({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "Message": code, **(more or {})}, status)


def tables(names):
    """The keys of these tables and of their indexes, as they were made, and what is in them; none: one is not there."""
    found = {name: region.tables[name] for account in dynamodb_backends.values() for region in account.values() for name in names
             if name in region.tables}
    if set(found) != set(names):
        return None
    keys = {}
    for name, table in found.items():
        schemas = {None: table.schema, **{index.name: index.schema for index in [*table.indexes, *table.global_indexes]}}
        keys[name] = {index: {key["AttributeName"]: key["KeyType"] for key in schema} for index, schema in schemas.items()}

    def stored(name, key):
        table = found[name]
        sort = DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
        item = table.get_item(DynamoType(key[table.hash_key_attr]), sort)
        return item.size() if item else 0

    return judge.Tables(keys, stored)


def looked_at(name, named):
    """An item as it lies in a table, named by its key or whole, and its entry in each index that has it."""
    table = next(region.tables[name] for account in dynamodb_backends.values() for region in account.values() if name in region.tables)
    sort = DynamoType(named[table.range_key_attr]) if table.range_key_attr else None
    item = table.get_item(DynamoType(named[table.hash_key_attr]), sort)
    entries = {}
    for index in table.global_indexes if item else []:
        keys = tuple(index.schema_key_attrs)
        if all(key in item.attrs for key in keys):
            entries[index.name, keys] = index.project(item).to_json()["Attributes"]
    return item and item.to_json()["Attributes"], entries


def half(wanted_items):
    """The first half of what a batch names, and what is left over; at least one is done."""
    (table, wanted), = wanted_items.items()
    keys = wanted["Keys"] if isinstance(wanted, dict) else wanted
    middle = (len(keys) + 1) // 2

    def part(some):
        if not some:
            return {}
        return {table: {**wanted, "Keys": some} if isinstance(wanted, dict) else some}

    return part(keys[:middle]), part(keys[middle:])


class Barrier:
    """Lets so many requests of one operation pass, and holds the next one until it is told to go on."""

    def __init__(self, operation, after):
        self.operation, self.passing = operation, after
        self.reached, self.open = threading.Event(), threading.Event()

    def meet(self, operation):
        with one_at_a_time:
            if operation != self.operation or self.passing < 0:
                return
            self.passing -= 1
            held = self.passing < 0
        if held:
            self.reached.set()
            self.open.wait()


class DynamoDb:
    """All requests to DynamoDB go through here."""

    def __init__(self, moto, is_recorded):
        self.moto, self.broken, self.recorded = moto, [], [] if is_recorded else None
        # Transactions that were done: token -> when, content.
        self.done = {}
        self.loaded = self.odds = self.barrier = self.meter = None

    def put_under_load(self):
        self.loaded = itertools.count(1)

    def put_a_meter(self):
        """From now on it is summed what is asked, in units."""
        self.meter = Meter(looked_at)

    def throw(self, odds):
        """From now on the odds decide; none: what is asked is done."""
        self.odds = odds and (Once(**odds) if "lose" in odds else Odds(**odds))

    def answer(self, environment, start_response, operation, body):
        asked = json.loads(body)
        if barrier := self.barrier:
            barrier.meet(operation)
        with one_at_a_time:
            fate, answer = self.decide(environment, operation, asked, body)
        sent = answer.send(start_response)
        if fate == Fate.LOST:
            environment["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return sent

    def decide(self, environment, operation, asked, body):
        if faults := self.judged(operation, asked):
            return Fate.DONE, refusal("ValidationException", {"Message": "; ".join(faults)})
        if self.loaded:
            return Fate.DONE, self.under_load(environment, operation, asked, body)
        fate = self.odds.fate(operation, body) if self.odds else Fate.DONE
        if fate in (Fate.DONE, Fate.LOST, Fate.BROKEN_AFTER):
            answer = self.do(environment, operation, asked, body)
        if fate in (Fate.DONE, Fate.LOST):
            return fate, answer
        return fate, self.unlucky(fate, operation, (asked, body))

    def unlucky(self, fate, operation, request):
        asked, body = request
        if fate == Fate.LEFT_OVER:
            return Made(left_over(operation, asked["RequestItems"]))
        if fate == Fate.THROTTLED:
            return refusal("ProvisionedThroughputExceededException")
        if fate != Fate.CONFLICT:
            return refusal("InternalServerError", status="500 Internal Server Error")
        if operation == "TransactWriteItems":
            return refusal("TransactionCanceledException", self.odds.conflict(len(asked["TransactItems"]), body))
        return refusal("TransactionConflictException")

    def judged(self, operation, asked):
        """The faults of a request. Of a table that is not there moto says so."""
        names = {asked.get("TableName"), *asked.get("RequestItems", {})}
        names |= {part.get("TableName") for write in asked.get("TransactItems", []) for part in write.values()}
        known = None if operation in judge.FREE else tables(names - {None})
        faults = judge.faults(operation, asked, known) if known else []
        self.broken.extend(f"{operation}: {fault}" for fault in faults)
        return faults

    def do(self, environment, operation, asked, body):
        """Asks moto, unless this is a transaction that was done before."""
        token, content = asked.get("ClientRequestToken"), {**asked, "ClientRequestToken": None}
        if token:
            at, before = self.done.get(token, (0, None))
            if before and time.monotonic() - at < TOKEN_SECONDS:
                return Made({}) if before == content else refusal("IdempotentParameterMismatchException")
        meter = None if operation in judge.FREE else self.meter

        def ask():
            return Answer(self.moto, environment, body)

        answer = meter.take(operation, asked, ask) if meter else ask()
        if meter and answer.status.startswith("200"):
            meter.shown(operation, asked, json.loads(answer.body))
        if token and answer.status.startswith("200"):
            self.done[token] = time.monotonic(), content
        if self.recorded is not None:
            self.recorded.append([operation, asked, int(answer.status.split()[0]), json.loads(answer.body or b"null")])
        return answer

    def under_load(self, environment, operation, asked, body):
        number = next(self.loaded)
        if operation == "TransactWriteItems" and number % 5 == 0:
            reasons = [{"Code": "TransactionConflict", "Message": "x"} for _ in asked["TransactItems"]]
            return refusal("TransactionCanceledException", {"CancellationReasons": reasons})
        if number % 17 == 0:
            return refusal("ThrottlingException")
        if operation not in ("BatchGetItem", "BatchWriteItem"):
            return self.do(environment, operation, asked, body)
        asked["RequestItems"], left = half(asked["RequestItems"])
        answer = self.do(environment, operation, asked, json.dumps(asked).encode())
        return Made(merged(json.loads(answer.body), left_over(operation, left)), answer.status)


def left_over(operation, requests):
    """The answer to a batch of which this was not done."""
    if operation == "BatchWriteItem":
        return {"UnprocessedItems": requests}
    return {"Responses": {}, "UnprocessedKeys": requests}


def merged(answer, left):
    return {**answer, **{name: value for name, value in left.items() if name.startswith("Unprocessed")}}
