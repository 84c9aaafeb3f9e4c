"""Serves moto as an emulated AWS on 127.0.0.1, at a free port that it prints, until its standard input ends.

Four things are unlike the plain server, because tests need them:

- One request to DynamoDB is done at a time, and a refused transaction puts back just what it wrote. The plain server
  puts back a copy of the whole table, which loses what others wrote meanwhile, and makes that copy for every write of
  every transaction.
- It works some times quicker: see quick.py.
- A query looks at the items of its partition, or of its index. The plain server sorts the whole table for each.
- The clock of SQS can be set ahead: PUT /clock with the seconds in the body. So a test of delays need not wait.
- It counts what was asked of it: GET /calls answers so many per operation; GET /letters answers what SES sent.
- After PUT /roles, an access key other than `test` stands for a role, and each of its requests is judged by that role:
  see roles.py. What the role does not allow is refused; GET /refused tells of it, once.

And it knows what moto does not:

- STS GetWebIdentityToken.
- Each request to DynamoDB is judged as the service would: see judge.py. What breaks a rule is refused, and GET /broken
  tells of it, so that the suite fails in which it was asked.
- A transaction that was done before under its token is not done again; with other content the token is refused.
- After PUT /trouble, a DynamoDB under load: batches that are half done, requests that are throttled, transactions that
  conflict. After PUT /odds, one that loses answers, fails and conflicts at random: see odds.py.
- After PUT /hold, one request is held before it is done: PUT /held answers once it has come, PUT /go lets it go on. So a
  test acts in the middle of what somebody else does, however busy the machine is.
- After PUT /meter it sums what DynamoDB takes, in units: GET /units tells it, see units.py.
- Started with `recorded`, it keeps what it was asked and answered for GET /recorded: see second.py.
- Started with `deployed`, it has the shipped stack, and serves a copy of itself to each who connects: see staged.py.
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
from moto.ses.models import ses_backends
from moto.sqs import models as sqs
from werkzeug.serving import make_server

import roles
import staged
from dynamo import Answer, Barrier, DynamoDb, one_at_a_time, refusal
from quick import be_quick

ahead = 0.0
calls = collections.Counter()
# What each role allows, and what it was asked beyond that.
policies = {}
refused = []

# What a role's token is, for a test that trusts it.
WEB_IDENTITY_TOKEN = "emulated-web-identity-token"


def end_with(descriptor):
    """Ends this process when whoever holds the other end has closed it."""
    # Not by sys.stdin: a copy of this process would find it locked for ever.
    while os.read(descriptor, 4096):
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


def beyond_role(environment, body):
    """What a request needs that the role of its caller does not allow."""
    who, service = caller(environment)
    if who not in policies:
        return []
    operation = environment.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    asked = json.loads(body) if operation and body else {}
    place = roles.in_bucket(environment["PATH_INFO"]) if service == "s3" else None
    verb = f"{environment['REQUEST_METHOD'].capitalize()}Object" if service == "s3" else operation
    if service == "ses":
        place, verb = "Sender", "SendEmail" if environment["PATH_INFO"] == "/v2/email/outbound-emails" else environment["PATH_INFO"]
    return [f"{who}: {use}" for use in roles.uses((service, verb), asked, place) if not roles.allows(policies[who], use)]


def denied(start_response, service):
    """What a service answers to whom it does not allow something."""
    if service != "s3":
        return refusal("AccessDeniedException").send(start_response)
    body = b"<Error><Code>AccessDenied</Code></Error>"
    start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]


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

    def told(path):
        """What a test can ask of the server itself."""
        if path == "/refused":
            once = list(refused)
            refused.clear()
            return once
        if path == "/letters":
            return [vars(letter) for backends in ses_backends.values() for backend in backends.values() for letter in backend.sent_messages]
        if path == "/units":
            return dynamo.meter.told()
        return {"/calls": calls, "/broken": dynamo.broken + refused, "/recorded": dynamo.recorded}[path]

    def set_up(path, body):
        """What a test can set at the server itself."""
        global ahead
        if path == "/clock":
            ahead = float(body)
        elif path == "/trouble":
            dynamo.put_under_load()
        elif path == "/meter":
            dynamo.put_a_meter()
        elif path == "/hold":
            dynamo.barrier = Barrier(**json.loads(body))
        elif path == "/held":
            dynamo.barrier.reached.wait()
        elif path == "/go":
            dynamo.barrier.open.set()
        elif path == "/roles":
            policies.update(json.loads(body))
        else:
            dynamo.throw(json.loads(body) if body else None)

    def serve(environment, start_response):
        path, target = environment["PATH_INFO"], environment.get("HTTP_X_AMZ_TARGET", "")
        if path in ("/calls", "/letters", "/refused", "/broken", "/recorded", "/units"):
            with one_at_a_time:
                return tell(start_response, told(path))
        form = environment.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
        watched = caller(environment)[0] != "test" and not form
        if target:
            with one_at_a_time:
                calls[target.partition(".")[2]] += 1
        ours = path in ("/clock", "/trouble", "/odds", "/meter", "/roles", "/hold", "/held", "/go")
        if not (ours or form or watched or target.startswith("DynamoDB_")):
            return moto(environment, start_response)
        body = environment["wsgi.input"].read(int(environment.get("CONTENT_LENGTH") or 0))
        if ours:
            set_up(path, body)
            start_response("204 No Content", [])
            return [b""]
        if watched:
            with one_at_a_time:
                beyond = beyond_role(environment, body)
                refused.extend(beyond)
            if beyond:
                return denied(start_response, caller(environment)[1])
        if target.startswith("DynamoDB_"):
            return dynamo.answer(environment, start_response, target.partition(".")[2], body)
        asked = parse_qs(body.decode()) if form else {}
        if asked.get("Action") == ["GetWebIdentityToken"]:
            return web_identity(start_response, asked)
        return Answer(moto, environment, body).send(start_response)

    return serve


def listening(how):
    """A server at a free port."""
    return make_server("127.0.0.1", 0, application(is_recorded=how == "recorded"), threaded=True)


def main(how):
    threading.Thread(target=end_with, args=[0], daemon=True).start()
    set_the_clock_ahead()
    undo_refused_transactions()
    be_quick()
    query_what_is_asked_for()
    serve_one_at_a_time()
    if how == "deployed":
        staged.serve(listening, end_with)
    server = listening(how)
    print(server.server_port, flush=True)
    # Nobody reads on.
    sys.stdout = open(os.devnull, "w")
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "plain")
