"""Serves moto as an emulated AWS on 127.0.0.1, at the port that is its one argument, until its standard input ends.

Two things are unlike the plain server, because tests need them:

- One request to DynamoDB is done at a time, and a refused transaction puts back just what it wrote. The plain server
  puts back a copy of the whole table, which loses what others wrote meanwhile, and makes that copy for every write of
  every transaction.
- The clock of SQS can be set ahead: PUT /clock with the seconds in the body. So a test of delays need not wait.
"""

import copy
import os
import sys
import threading

from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.server import DomainDispatcherApplication, create_backend_app
from moto.sqs import models as sqs
from werkzeug.serving import make_server

one_at_a_time = threading.RLock()
ahead = 0.0


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


def serve_one_at_a_time():
    whole = DynamoHandler.call_action

    def call(self):
        with one_at_a_time:
            return whole(self)

    DynamoHandler.call_action = call


def application():
    moto = DomainDispatcherApplication(create_backend_app)

    def serve(environment, start_response):
        global ahead
        if environment["PATH_INFO"] == "/clock":
            length = int(environment.get("CONTENT_LENGTH") or 0)
            ahead = float(environment["wsgi.input"].read(length))
            start_response("204 No Content", [])
            return [b""]
        return moto(environment, start_response)

    return serve


if __name__ == "__main__":
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    set_the_clock_ahead()
    undo_refused_transactions()
    serve_one_at_a_time()
    server = make_server("127.0.0.1", int(sys.argv[1]), application(), threaded=True)
    server.serve_forever()
