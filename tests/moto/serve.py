"""Serves moto as an emulated AWS on 127.0.0.1, at the port that is its one argument, until its standard input ends.

Four things are unlike the plain server, because tests need them:

- One request to DynamoDB is done at a time, and a refused transaction puts back just what it wrote. The plain server
  puts back a copy of the whole table, which loses what others wrote meanwhile, and makes that copy for every write of
  every transaction.
- It works some times quicker: see quick.py.
- A query looks at the items of its partition, or of its index. The plain server sorts the whole table for each.
- The clock of SQS can be set ahead: PUT /clock with the seconds in the body. So a test of delays need not wait.
- It counts what was asked of it: GET /calls answers so many per operation. And GET /uses answers what each access key
  but `test` did to what, in the words of a role's policy.

And it knows what moto does not: STS GetWebIdentityToken, and, after PUT /trouble, a DynamoDB under load: batches that
are half done, requests that are throttled, transactions that conflict.
"""

import collections
import copy
import inspect
import io
import itertools
import json
import os
import re
import sys
import threading
from urllib.parse import parse_qs

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.server import DomainDispatcherApplication, create_backend_app
from moto.sqs import models as sqs
from werkzeug.serving import make_server

from quick import be_quick

one_at_a_time = threading.RLock()
ahead = 0.0
requests = None
calls = collections.Counter()
uses = collections.defaultdict(set)

# What a role's token is, for a test that trusts it.
WEB_IDENTITY_TOKEN = "emulated-web-identity-token"


def end_with_standard_input():
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)


def set_the_clock_ahead():
    seconds, milliseconds = sqs.unix_time, sqs.unix_time_millis
    sqs.unix_time = lambda moment=None: seconds(moment) + (0 if moment else ahead)
    sqs.unix_time_millis = lambda moment=None: milliseconds(moment) + (0 if moment else ahead * 1000)


def target(backend, write):
    kind, op = next(iter(write.items()))
    table = backend.get_table(op["TableName"])
    key = op["Item"] if kind == "Put" else op["Key"]
    sort = DynamoType(key[table.range_key_attr]) if table.range_key_attr else None
    return table, DynamoType(key[table.hash_key_attr]), sort


def put_back(table, partition, sort, item):
    if item is not None:
        table.items[partition][sort] = item
    elif sort in table.items.get(partition, {}):
        del table.items[partition][sort]


def undo_refused_transactions():
    whole = DynamoDBBackend.transact_write_items

    def transact(self, transact_items):
        before = []
        for write in transact_items:
            table, partition, sort = target(self, write)
            before.append((table, partition, sort, copy.deepcopy(table.get_item(partition, sort))))
        # What moto takes for its copy of the table is the table.
        Table.__deepcopy__ = lambda table, _: table
        try:
            whole(self, transact_items)
        except Exception:
            for written in before:
                put_back(*written)
            raise
        finally:
            del Table.__deepcopy__

    DynamoDBBackend.transact_write_items = transact


def query_what_is_asked_for():
    whole = Table.query

    def query(self, hash_key, *others, **named):
        index = inspect.signature(whole).bind(self, hash_key, *others, **named).arguments.get("index_name")
        if index is None:
            items = list(self.items.get(hash_key, {}).values())
        else:
            keys = {key["AttributeName"] for key in self.get_index(index).schema}
            items = [item for part in self.items.values() for item in part.values() if keys <= item.attrs.keys()]
        self.all_items = lambda: items
        try:
            return whole(self, hash_key, *others, **named)
        finally:
            del self.all_items

    Table.query = query


def serve_one_at_a_time():
    whole = DynamoHandler.call_action

    def call(self):
        with one_at_a_time:
            return whole(self)

    DynamoHandler.call_action = call


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


def half(items):
    """The first half of what a batch names, and what is left over; at least one is done."""
    (table, wanted), = items.items()
    keys = wanted["Keys"] if isinstance(wanted, dict) else wanted
    middle = (len(keys) + 1) // 2

    def part(some):
        if not some:
            return {}
        return {table: {**wanted, "Keys": some} if isinstance(wanted, dict) else some}

    return part(keys[:middle]), part(keys[middle:])


def refuse(start_response, code, more):
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "Message": code, **more}).encode()
    start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0")])
    return [body]


def under_load(moto, environment, start_response, operation, body):
    number = next(requests)
    if operation == "TransactWriteItems" and number % 5 == 0:
        reasons = [{"Code": "TransactionConflict", "Message": "x"} for _ in json.loads(body)["TransactItems"]]
        return refuse(start_response, "TransactionCanceledException", {"CancellationReasons": reasons})
    if number % 17 == 0:
        return refuse(start_response, "ThrottlingException", {})
    if operation not in ("BatchGetItem", "BatchWriteItem"):
        return Answer(moto, environment, body).send(start_response)
    request = json.loads(body)
    request["RequestItems"], left = half(request["RequestItems"])
    answer = Answer(moto, environment, json.dumps(request).encode())
    told = json.loads(answer.body)
    told["UnprocessedKeys" if operation == "BatchGetItem" else "UnprocessedItems"] = left
    answer.body = json.dumps(told).encode()
    return answer.send(start_response)


def caller(environment):
    """The access key, and the service that is asked."""
    found = re.search(r"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/", environment.get("HTTP_AUTHORIZATION", ""))
    return found.groups() if found else ("test", "")


def note(environment, body):
    who, service = caller(environment)
    operation = environment.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    uses[who].update(f"{service}:{use}" for use in actions(service, operation, environment, body))


def actions(service, operation, environment, body):
    """What a role has to be allowed for a request: an action and the resource, by the names of the template."""
    if service == "s3":
        folder = environment["PATH_INFO"].split("/")[2]
        return [f"{environment['REQUEST_METHOD'].capitalize()}Object Inbox/{folder}/*"]
    if service == "sqs":
        return [f"{operation.removesuffix('Batch')} Queue"]
    if service != "dynamodb":
        return [operation]
    asked = json.loads(body)
    if operation == "TransactWriteItems":
        names = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
        return [f"{names[kind]} Table" for write in asked["TransactItems"] for kind in write]
    index = f"/index/{asked['IndexName']}" if "IndexName" in asked else ""
    return [f"{operation} Table{index}"]


def web_identity(start_response, form):
    wanted = {"SigningAlgorithm": ("RS256", "ES384"), "Audience.member.1": ("api://AzureADTokenExchange",)}
    missing = [name for name, values in wanted.items() if form.get(name, [""])[0] not in values]
    if missing:
        start_response("400 Bad Request", [("Content-Type", "text/xml")])
        error = f"<Error><Code>ValidationError</Code><Message>{missing[0]}</Message></Error>"
        return [f"<ErrorResponse>{error}</ErrorResponse>".encode()]
    token = f"<WebIdentityToken>{WEB_IDENTITY_TOKEN}</WebIdentityToken>"
    result = f"<GetWebIdentityTokenResult>{token}</GetWebIdentityTokenResult>"
    start_response("200 OK", [("Content-Type", "text/xml")])
    return [f"<GetWebIdentityTokenResponse>{result}</GetWebIdentityTokenResponse>".encode()]


def application():
    moto = DomainDispatcherApplication(create_backend_app)

    def serve(environment, start_response):
        global ahead, requests
        path, target = environment["PATH_INFO"], environment.get("HTTP_X_AMZ_TARGET", "")
        form = environment.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
        loaded = requests is not None and target.startswith("DynamoDB_")
        if target:
            with one_at_a_time:
                calls[target.partition(".")[2]] += 1
        if path == "/calls":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(calls).encode()]
        if path == "/uses":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({who: sorted(used) for who, used in uses.items()}).encode()]
        watched = caller(environment)[0] != "test" and not form
        if path not in ("/clock", "/trouble") and not form and not loaded and not watched:
            return moto(environment, start_response)
        body = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
        if path == "/clock":
            ahead = float(body)
        elif path == "/trouble":
            requests = itertools.count(1)
        elif watched and not loaded:
            with one_at_a_time:
                note(environment, body)
            return Answer(moto, environment, body).send(start_response)
        elif loaded:
            return under_load(moto, environment, start_response, target.partition(".")[2], body)
        else:
            asked = parse_qs(body.decode())
            if asked.get("Action") == ["GetWebIdentityToken"]:
                return web_identity(start_response, asked)
            return Answer(moto, environment, body).send(start_response)
        start_response("204 No Content", [])
        return [b""]

    return serve


if __name__ == "__main__":
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    set_the_clock_ahead()
    undo_refused_transactions()
    be_quick()
    query_what_is_asked_for()
    serve_one_at_a_time()
    server = make_server("127.0.0.1", int(sys.argv[1]), application(), threaded=True)
    server.serve_forever()
