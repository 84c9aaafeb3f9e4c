"""Judges each request to DynamoDB as the service would, where moto is more generous or silent.

A request is judged by the rules of RULES for its operation; those of expressions and of items are beside. What is not
known here is refused too: who sends a new parameter looks up what DynamoDB asks of it, and adds it.

Sources are pages of the Amazon DynamoDB API reference for the operation, unless they name another.
"""

import json

import expressions
import items
from expressions import Expressions

# What one request may have.
MOST_WRITES = 25
MOST_READS = 100
MOST_OPERATIONS = 100
MOST_BYTES = {"BatchWriteItem": 16 * 1024 * 1024, "TransactWriteItems": 4 * 1024 * 1024}
LONGEST_TOKEN = 36

EXPRESSION = {"ExpressionAttributeNames", "ExpressionAttributeValues"}
WRITE = EXPRESSION | {"TableName", "ConditionExpression", "ReturnValuesOnConditionCheckFailure"}
KNOWN = {
    "GetItem": {"TableName", "Key", "ConsistentRead"},
    "BatchGetItem": {"RequestItems"},
    "Query": EXPRESSION | {
        "TableName", "IndexName", "ConsistentRead", "KeyConditionExpression", "FilterExpression", "ScanIndexForward", "Limit",
        "ExclusiveStartKey",
    },
    "PutItem": WRITE | {"Item"},
    "UpdateItem": WRITE | {"Key", "UpdateExpression", "ReturnValues"},
    "BatchWriteItem": {"RequestItems"},
    "TransactWriteItems": {"TransactItems", "ClientRequestToken"},
}
# How tables are made, and how a test looks at all there is: not judged.
FREE = {"CreateTable", "DescribeTable", "ListTables", "DescribeContinuousBackups", "UpdateContinuousBackups", "UpdateTimeToLive",
        "DescribeTimeToLive", "Scan", "TagResource", "ListTagsOfResource", "UpdateTable"}


class Tables:
    """The keys of the tables: `keys` gives those of a table or of one of its indexes, by name HASH or RANGE; `stored` the size
    of the item that is there now."""

    def __init__(self, keys, stored=lambda table, key: 0):
        self.keys, self.stored = keys, stored

    def all(self, table):
        """The keys of the table and of its indexes."""
        return {name: kind for keys in self.keys[table].values() for name, kind in keys.items()}


def parameters_are_known(operation, request, tables):
    """A parameter that no rule here knows is not judged."""
    for name in sorted(set(request) - KNOWN.get(operation, set())):
        yield f"{operation}: the parameter {name} is not judged here: add what DynamoDB asks of it"


def expressions_are_good(operation, request, tables):
    for it in [request, *parts(operation, request)]:
        if isinstance(it, dict):
            yield from expressions.faults(it)
            for value in it.get("ExpressionAttributeValues", {}).values():
                yield from items.values_are_good({"a value": value})


def parts(operation, request):
    if operation == "TransactWriteItems":
        return [part for write in request["TransactItems"] for part in write.values()]
    return []


def whole_items(operation, request):
    """Each item that is written whole, with its table."""
    if operation == "PutItem":
        yield request["TableName"], request["Item"]
    if operation == "TransactWriteItems":
        yield from ((write["Put"]["TableName"], write["Put"]["Item"]) for write in request["TransactItems"] if "Put" in write)
    if operation == "BatchWriteItem":
        for table, writes in request["RequestItems"].items():
            yield from ((table, write["PutRequest"]["Item"]) for write in writes if "PutRequest" in write)


def bare_keys(operation, request):
    """Each key that is named as such, with its table."""
    for it in [request, *parts(operation, request)]:
        if "Key" in it:
            yield it["TableName"], it["Key"]
    if operation == "BatchGetItem":
        for table, wanted in request["RequestItems"].items():
            yield from ((table, key) for key in wanted["Keys"])
    if operation == "BatchWriteItem":
        for table, writes in request["RequestItems"].items():
            yield from ((table, write["DeleteRequest"]["Key"]) for write in writes if "DeleteRequest" in write)


def items_are_good(operation, request, tables):
    for table, item in whole_items(operation, request):
        if missing := sorted(set(tables.keys[table][None]) - set(item)):
            yield f"one of the required keys was not given a value: {missing}"
        yield from items.keys_are_short_texts(item, tables.all(table))
        yield from items.names_are_short(item)
        odd = list(items.values_are_good(item))
        # What has no type has no size.
        yield from odd or items.items_are_small(item)


def keys_are_good(operation, request, tables):
    for table, key in bare_keys(operation, request):
        yield from items.keys_are_whole(key, tables.keys[table][None])
        yield from items.keys_are_short_texts(key, tables.keys[table][None])


def updates_leave_the_key(operation, request, tables):
    """Developer guide, "Using update expressions": the key of an item is not changed; what an index is keyed by is a key, too."""
    for it in [request, *parts(operation, request)]:
        if "UpdateExpression" not in it:
            continue
        expression, keys = Expressions(it), tables.all(it["TableName"])
        for _, name in expressions.changes(expression):
            if name in tables.keys[it["TableName"]][None]:
                yield f"cannot update attribute {name}: this attribute is part of the key"
        yield from items.keys_are_short_texts(dict(assigned(expression)), keys)


def assigned(it):
    """The attributes that an update sets to a value as it stands."""
    tokens = it.tokens["UpdateExpression"]
    for name, sign, value in zip(tokens, tokens[1:], tokens[2:]):
        if sign == "=" and it.name(name) and it.value(value):
            yield it.name(name), it.value(value)


def queries_name_their_partition(operation, request, tables):
    """Developer guide, "Key condition expressions for the Query operation": one partition, and one range of its sort key."""
    if operation != "Query":
        return
    it, keys = Expressions(request), tables.keys[request["TableName"]].get(request.get("IndexName"))
    if keys is None:
        yield f"the table does not have the specified index: {request['IndexName']}"
        return
    tokens = it.tokens.get("KeyConditionExpression", [])
    names = [it.name(token) for token in tokens if it.name(token)]
    partition, = (name for name, kind in keys.items() if kind == "HASH")
    equals = [it.name(one) for one, sign in zip(tokens, tokens[1:]) if sign == "=" and it.name(one)]
    if equals.count(partition) != 1 or names.count(partition) != 1:
        yield "query condition missed key schema element, or has it twice"
    if set(names) - set(keys) or len(names) > 2 or {"OR", "NOT", "<>", "IN"} & {token.upper() for token in tokens}:
        yield "query key condition not supported"
    of_keys = {token: value for token, value in (request.get("ExpressionAttributeValues") or {}).items() if token in tokens}
    yield from items.keys_are_short_texts(of_keys, {token: "HASH" for token in of_keys})


def filters_name_no_key(operation, request, tables):
    """Developer guide, "Filter expressions for the Query operation": a filter cannot name the partition key or the sort key."""
    if operation == "Query":
        keys = tables.keys[request["TableName"]].get(request.get("IndexName"), {})
        for name in sorted(Expressions(request).attributes("FilterExpression") & set(keys)):
            yield f"filter expression can only contain non-primary key attributes: primary key attribute: {name}"


def indexes_are_read_as_they_are(operation, request, tables):
    """Query: a consistent read of a global secondary index is refused; a page has at least one item."""
    if operation == "Query":
        if request.get("IndexName") and request.get("ConsistentRead"):
            yield "consistent reads are not supported on global secondary indexes"
        if request.get("Limit", 1) < 1:
            yield "a limit is at least 1"


def pages_begin_at_a_key(operation, request, tables):
    """Query: the start of a page has the keys of the table, and of the index that is read."""
    if operation == "Query" and "ExclusiveStartKey" in request:
        keys = tables.keys[request["TableName"]]
        wanted = {**keys[None], **keys.get(request.get("IndexName"), {})}
        yield from items.keys_are_whole(request["ExclusiveStartKey"], wanted)


def batches_are_short(operation, request, tables):
    """BatchWriteItem: 25 requests; BatchGetItem: 100 items."""
    most = {"BatchWriteItem": MOST_WRITES, "BatchGetItem": MOST_READS}.get(operation)
    if most:
        counts = [len(it["Keys"]) if isinstance(it, dict) else len(it) for it in request["RequestItems"].values()]
        if sum(counts) > most:
            yield f"too many items requested for the {operation} call"
        if not counts or 0 in counts:
            yield f"{operation}: a table without a request"


def batches_name_an_item_once(operation, request, tables):
    """BatchWriteItem, BatchGetItem: "Provided list of item keys contains duplicates", a put and a delete of one included."""
    if operation in ("BatchWriteItem", "BatchGetItem"):
        yield from once(named(operation, request, tables), "provided list of item keys contains duplicates")


def transactions_are_short(operation, request, tables):
    """TransactWriteItems: 100 actions."""
    if operation == "TransactWriteItems" and not 0 < len(request["TransactItems"]) <= MOST_OPERATIONS:
        yield f"a transaction has 1 to {MOST_OPERATIONS} actions"


def transactions_touch_an_item_once(operation, request, tables):
    """TransactWriteItems: "Transaction request cannot include multiple operations on one item"."""
    if operation == "TransactWriteItems":
        yield from once(named(operation, request, tables), "transaction request cannot include multiple operations on one item")


def named(operation, request, tables):
    """Each item that a request names, by table and key."""
    whole = ((table, {name: item.get(name) for name in tables.keys[table][None]}) for table, item in whole_items(operation, request))
    return [(table, json.dumps(key, sort_keys=True)) for table, key in [*whole, *bare_keys(operation, request)]]


def once(names, fault):
    if len(set(names)) < len(names):
        yield fault


def requests_are_small(operation, request, tables):
    """TransactWriteItems: 4 MB of items, those that are only looked at or changed as they are stored; BatchWriteItem: 16 MB."""
    if operation in MOST_BYTES:
        written = sum(items.measure(item) for _, item in whole_items(operation, request))
        if operation == "TransactWriteItems":
            written += sum(tables.stored(table, key) for table, key in bare_keys(operation, request))
        if written > MOST_BYTES[operation]:
            yield f"{operation}: {written} bytes are more than {MOST_BYTES[operation]}"


def tokens_have_a_length(operation, request, tables):
    """TransactWriteItems: a client request token has 1 to 36 characters."""
    if "ClientRequestToken" in request and not 0 < len(request["ClientRequestToken"]) <= LONGEST_TOKEN:
        yield f"a client request token has 1 to {LONGEST_TOKEN} characters"


def checks_have_a_condition(operation, request, tables):
    """TransactWriteItems: a condition check without a condition is refused."""
    if operation == "TransactWriteItems":
        for write in request["TransactItems"]:
            if len(write) != 1:
                yield "TransactItems can only contain one of Check, Put, Update or Delete"
            if not write.get("ConditionCheck", {"ConditionExpression": "x"}).get("ConditionExpression"):
                yield "a condition check without a condition"


def old_items_are_asked_for_as_the_service_knows(operation, request, tables):
    """PutItem, UpdateItem: the values of ReturnValues and ReturnValuesOnConditionCheckFailure."""
    for it in [request, *parts(operation, request)]:
        if it.get("ReturnValuesOnConditionCheckFailure", "NONE") not in ("NONE", "ALL_OLD"):
            yield "ReturnValuesOnConditionCheckFailure is NONE or ALL_OLD"
        if it.get("ReturnValues", "NONE") not in ("NONE", "ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"):
            yield "ReturnValues is none of those that there are"


RULES = [
    parameters_are_known, expressions_are_good, items_are_good, keys_are_good, updates_leave_the_key, queries_name_their_partition,
    filters_name_no_key, indexes_are_read_as_they_are, pages_begin_at_a_key, batches_are_short, batches_name_an_item_once,
    transactions_are_short, transactions_touch_an_item_once, requests_are_small, tokens_have_a_length, checks_have_a_condition,
    old_items_are_asked_for_as_the_service_knows,
]


def faults(operation, request, tables):
    """What the service would refuse a request for, as sentences."""
    return [fault for rule in RULES for fault in rule(operation, request, tables)]
