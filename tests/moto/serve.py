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

And it knows what moto does not:

- STS GetWebIdentityToken.
- Each request to DynamoDB is judged as the service would: see judge.py. What breaks a rule is refused, and GET /broken
  tells of it, so that the suite fails in which it was asked.
- A transaction that was done before under its token is not done again; with other content the token is refused.
- After PUT /trouble, a DynamoDB under load: batches that are half done, requests that are throttled, transactions that
  conflict. After PUT /odds, one that loses answers, fails and conflicts at random: see odds.py.
- Started with a second argument, it keeps what it was asked and answered for GET /recorded: see second.py.
"""

import collections
import copy
import inspect
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

from dynamo import Answer, DynamoDb, one_at_a_time
from quick import be_quick

ahead = 0.0
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


def caller(environment):
    """The access key, and the service that is asked."""
    found = re.search(r"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/", environment.get("HTTP_AUTHORIZATION", ""))
    return found.groups() if found else ("test", "")


def note(environment, body):
    who, service = caller(environment)
    operation = environment.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    uses[who].update(f"{service}:{use}" for use in actions(service, operation, environment, body))


def actions(service, operation, environment, body):
    """What a role has to be allowed for a request: an action and the resource, by the names of the template, and of the table
    the kind of the items."""
    if service == "s3":
        folder = environment["PATH_INFO"].split("/")[2]
        return [f"{environment['REQUEST_METHOD'].capitalize()}Object Inbox/{folder}/*"]
    if service == "sqs":
        return [f"{operation.removesuffix('Batch')} Queue"]
    if service != "dynamodb":
        return [operation]
    asked = json.loads(body)
    if "IndexName" in asked:
        return [f"{operation} Table/index/{asked['IndexName']}"]
    return [f"{action} Table of {partition.partition('#')[0]}" for action, partition in partitions(operation, asked)]


def partitions(operation, asked):
    """Each action of a request with the partition that it is for; what stands before the first # is the kind of its items."""
    if operation == "TransactWriteItems":
        names = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
        parts = [(names[kind], part) for write in asked["TransactItems"] for kind, part in write.items()]
    elif operation == "BatchWriteItem":
        parts = [(operation, part) for writes in asked["RequestItems"].values() for write in writes for part in write.values()]
    elif operation == "BatchGetItem":
        parts = [(operation, {"Key": key}) for wanted in asked["RequestItems"].values() for key in wanted["Keys"]]
    elif operation == "Query":
        parts = [(operation, {"Key": {"pk": asked["ExpressionAttributeValues"][":pk"]}})]
    else:
        parts = [(operation, asked)]
    return [(action, key["pk"]["S"]) for action, part in parts if (key := part.get("Item") or part.get("Key"))]


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


def tell(start_response, what):
    body = json.dumps(what).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


def application(is_recorded):
    moto = DomainDispatcherApplication(create_backend_app)
    dynamo = DynamoDb(moto, is_recorded)

    def told():
        """What a test can ask of the server itself."""
        all_uses = {who: sorted(used) for who, used in uses.items()}
        return {"/calls": calls, "/uses": all_uses, "/broken": dynamo.broken, "/recorded": dynamo.recorded}

    def set_up(path, body):
        """What a test can set at the server itself."""
        global ahead
        if path == "/clock":
            ahead = float(body)
        elif path == "/trouble":
            dynamo.put_under_load()
        else:
            dynamo.throw(json.loads(body) if body else None)

    def serve(environment, start_response):
        path, target = environment["PATH_INFO"], environment.get("HTTP_X_AMZ_TARGET", "")
        if path in ("/calls", "/uses", "/broken", "/recorded"):
            with one_at_a_time:
                return tell(start_response, told()[path])
        form = environment.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
        watched = caller(environment)[0] != "test" and not form
        if target:
            with one_at_a_time:
                calls[target.partition(".")[2]] += 1
        ours = path in ("/clock", "/trouble", "/odds")
        if not (ours or form or watched or target.startswith("DynamoDB_")):
            return moto(environment, start_response)
        body = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
        if ours:
            set_up(path, body)
            start_response("204 No Content", [])
            return [b""]
        if watched:
            with one_at_a_time:
                note(environment, body)
        if target.startswith("DynamoDB_"):
            return dynamo.answer(environment, start_response, target.partition(".")[2], body)
        asked = parse_qs(body.decode()) if form else {}
        if asked.get("Action") == ["GetWebIdentityToken"]:
            return web_identity(start_response, asked)
        return Answer(moto, environment, body).send(start_response)

    return serve


if __name__ == "__main__":
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    set_the_clock_ahead()
    undo_refused_transactions()
    be_quick()
    query_what_is_asked_for()
    serve_one_at_a_time()
    server = make_server("127.0.0.1", int(sys.argv[1]), application(is_recorded=len(sys.argv) > 2), threaded=True)
    server.serve_forever()
