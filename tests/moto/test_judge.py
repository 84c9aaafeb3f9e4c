"""Each rule of the judge can fail, and lets pass what the service takes."""

import pytest

import expressions
import items
import judge

KEYS = {"t": {None: {"pk": "HASH", "sk": "RANGE"}, "due": {"due_shard": "HASH", "due_key": "RANGE"}}}
KEY = {"pk": {"S": "a"}, "sk": {"S": "b"}}


def faults(operation, request, stored=0):
    request = {"TableName": "t", **request} if operation in ("GetItem", "Query", "PutItem", "UpdateItem") else request
    return judge.faults(operation, request, judge.Tables(KEYS, lambda table, key: stored))


def query(**more):
    wanted = {"KeyConditionExpression": "#pk = :pk", "ExpressionAttributeNames": {"#pk": "pk"},
              "ExpressionAttributeValues": {":pk": {"S": "x"}}}
    for name, value in more.items():
        wanted[name] = {**wanted[name], **value} if isinstance(wanted.get(name), dict) else value
    return wanted


def put(**attributes):
    return {"Item": {**KEY, **attributes}}


def update(expression, **more):
    return {"Key": KEY, "UpdateExpression": expression, **more}


def keys(count):
    return [{"pk": {"S": "a"}, "sk": {"S": str(number)}} for number in range(count)]


def batch(*writes):
    return {"RequestItems": {"t": list(writes)}}


def deletes(count):
    return [{"DeleteRequest": {"Key": key}} for key in keys(count)]


def transaction(*writes, **more):
    return {"TransactItems": list(writes), **more}


def transact_put(key=KEY, **attributes):
    return {"Put": {"TableName": "t", "Item": {**key, **attributes}}}


def nested(levels):
    value = {"S": "x"}
    for _ in range(levels - 1):
        value = {"L": [value]}
    return value


def text(length):
    return {"S": "x" * length}


def condition(text, **more):
    return {**put(), "ConditionExpression": text, **more}


# What is left of an item of the largest size beside its keys: pk, sk, and the name `a`.
ROOM = items.LARGEST - len("pkask") - len("ab")
ONE = {":v": {"N": "1"}}
TWO = {"#x": "x", "#y": "y"}

# A rule, the operation, what it takes, and what it refuses.
CASES = [
    (judge.parameters_are_known, "GetItem", {"Key": KEY}, {"Key": KEY, "AttributesToGet": ["a"]}),
    (judge.parameters_are_known, "GetItem", {"Key": KEY}, {"Key": KEY, "ProjectionExpression": "a"}),
    (judge.items_are_good, "PutItem", put(), {"Item": {"pk": {"S": "a"}}}),
    (judge.keys_are_good, "GetItem", {"Key": KEY}, {"Key": {"pk": {"S": "a"}}}),
    (judge.updates_leave_the_key, "UpdateItem", update("SET x = :v", ExpressionAttributeValues=ONE),
     update("SET sk = :v", ExpressionAttributeValues={":v": {"S": "x"}})),
    (judge.updates_leave_the_key, "UpdateItem", update("SET due_key = :v", ExpressionAttributeValues={":v": {"S": "x"}}),
     update("SET due_key = :v", ExpressionAttributeValues={":v": {"S": ""}})),
    (judge.queries_name_their_partition, "Query", query(),
     query(KeyConditionExpression="#pk > :pk")),
    (judge.queries_name_their_partition, "Query", query(),
     query(KeyConditionExpression="#pk = :pk AND #x = :pk", ExpressionAttributeNames={"#x": "x"})),
    (judge.queries_name_their_partition, "Query", query(), query(ExpressionAttributeValues={":pk": {"S": ""}})),
    (judge.queries_name_their_partition, "Query", query(), query(IndexName="runs")),
    (judge.filters_name_no_key, "Query", query(FilterExpression="#x = :pk", ExpressionAttributeNames={"#x": "x"}),
     query(FilterExpression="attribute_exists(#pk)")),
    (judge.filters_name_no_key, "Query", query(FilterExpression="x = :pk"), query(FilterExpression="sk = :pk")),
    (judge.filters_name_no_key, "Query", query(FilterExpression="due_key = :pk"),
     query(IndexName="due", KeyConditionExpression="due_shard = :pk", FilterExpression="#pk = :pk AND due_key = :pk")),
    (judge.indexes_are_read_as_they_are, "Query", query(ConsistentRead=True),
     query(IndexName="due", KeyConditionExpression="due_shard = :pk", FilterExpression="#pk = :pk", ConsistentRead=True)),
    (judge.indexes_are_read_as_they_are, "Query", query(Limit=1), query(Limit=0)),
    (judge.pages_begin_at_a_key, "Query", query(ExclusiveStartKey=KEY), query(ExclusiveStartKey={"pk": {"S": "a"}})),
    (judge.batches_are_short, "BatchWriteItem", batch(*deletes(25)), batch(*deletes(26))),
    (judge.batches_are_short, "BatchGetItem", {"RequestItems": {"t": {"Keys": keys(100)}}},
     {"RequestItems": {"t": {"Keys": keys(101)}}}),
    (judge.batches_name_an_item_once, "BatchWriteItem", batch(*deletes(2)), batch(*deletes(1), *deletes(1))),
    (judge.batches_name_an_item_once, "BatchWriteItem", batch({"PutRequest": put(sk={"S": "1"})}, *deletes(1)),
     batch({"PutRequest": put(sk={"S": "0"})}, *deletes(1))),
    (judge.batches_name_an_item_once, "BatchGetItem", {"RequestItems": {"t": {"Keys": keys(2)}}},
     {"RequestItems": {"t": {"Keys": keys(1) * 2}}}),
    (judge.transactions_are_short, "TransactWriteItems", transaction(*map(transact_put, keys(100))),
     transaction(*map(transact_put, keys(101)))),
    (judge.transactions_touch_an_item_once, "TransactWriteItems", transaction(*map(transact_put, keys(2))),
     transaction(transact_put(), {"Delete": {"TableName": "t", "Key": KEY}})),
    (judge.requests_are_small, "TransactWriteItems", transaction(*(transact_put(key, a=text(400_000)) for key in keys(10))),
     transaction(*(transact_put(key, a=text(400_000)) for key in keys(11)))),
    (judge.tokens_have_a_length, "TransactWriteItems", transaction(transact_put(), ClientRequestToken="x" * 36),
     transaction(transact_put(), ClientRequestToken="x" * 37)),
    (judge.checks_have_a_condition, "TransactWriteItems",
     transaction({"ConditionCheck": {"TableName": "t", "Key": KEY, "ConditionExpression": "attribute_exists(x)"}}),
     transaction({"ConditionCheck": {"TableName": "t", "Key": KEY}})),
    (judge.old_items_are_asked_for_as_the_service_knows, "PutItem", put() | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"},
     put() | {"ReturnValuesOnConditionCheckFailure": "ALL_NEW"}),
    (items.keys_are_whole, "GetItem", {"Key": KEY}, {"Key": {**KEY, "x": {"S": "x"}}}),
    (items.keys_are_short_texts, "PutItem", put(pk=text(2048)), put(pk=text(2049))),
    (items.keys_are_short_texts, "PutItem", put(sk=text(1024)), put(sk=text(1025))),
    (items.keys_are_short_texts, "PutItem", put(), put(sk={"S": ""})),
    (items.keys_are_short_texts, "PutItem", put(), put(sk={"N": "1"})),
    (items.keys_are_short_texts, "PutItem", put(due_key={"S": "x"}), put(due_key={"S": ""})),
    (items.items_are_small, "PutItem", put(a=text(ROOM)), put(a=text(ROOM + 1))),
    (items.names_are_short, "PutItem", put(x={"S": ""}), put(**{"": {"S": "x"}})),
    (items.values_are_good, "PutItem", put(a={"SS": ["x"]}), put(a={"SS": []})),
    (items.values_are_good, "PutItem", put(a={"NS": ["1", "2"]}), put(a={"NS": ["1", "1.0"]})),
    (items.values_are_good, "PutItem", put(a={"N": "9" * 38}), put(a={"N": "9" * 39})),
    (items.values_are_good, "PutItem", put(a={"N": "1E+125"}), put(a={"N": "1E+126"})),
    (items.values_are_good, "PutItem", put(a={"N": "-1"}), put(a={"N": "one"})),
    (items.values_are_good, "PutItem", put(a=nested(32)), put(a=nested(33))),
    (items.values_are_good, "PutItem", put(a={"NULL": True}), put(a={"S": "x", "N": "1"})),
    (expressions.texts_have_a_length, "PutItem", condition("attribute_exists(x)"), condition(" ")),
    (expressions.texts_have_a_length, "PutItem", condition(f"attribute_exists({'x' * 4078})"),
     condition(f"attribute_exists({'x' * 4079})")),
    (expressions.placeholders_are_short, "PutItem",
     condition(f"attribute_exists(#{'x' * 254})", ExpressionAttributeNames={"#" + "x" * 254: "x"}),
     condition(f"attribute_exists(#{'x' * 255})", ExpressionAttributeNames={"#" + "x" * 255: "x"})),
    (expressions.placeholders_are_used_and_known, "PutItem",
     condition("#x = #y", ExpressionAttributeNames=TWO), condition("attribute_exists(#x)", ExpressionAttributeNames=TWO)),
    (expressions.placeholders_are_used_and_known, "PutItem",
     condition("x = :v", ExpressionAttributeValues=ONE),
     condition("x = :v OR x = :w", ExpressionAttributeValues=ONE)),
    (expressions.placeholders_are_used_and_known, "PutItem",
     condition("attribute_exists(x)"), condition("attribute_exists(x)", ExpressionAttributeValues={})),
    (expressions.reserved_words_have_a_placeholder, "PutItem",
     condition("#x = #y", ExpressionAttributeNames={"#x": "name", "#y": "y"}), condition("name = y")),
    (expressions.operators_are_counted, "UpdateItem",
     update("SET " + ", ".join(f"a{number} = b" for number in range(150))),
     update("SET " + ", ".join(f"a{number} = b" for number in range(151)))),
    (expressions.operators_are_counted, "PutItem", condition(f"x IN ({', '.join(['y'] * 100)})"),
     condition(f"x IN ({', '.join(['y'] * 101)})")),
    (expressions.parentheses_are_of_use, "PutItem", condition("(x = y) AND (y = x)"), condition("((x = y)) AND y = x")),
    (expressions.ranges_go_up, "Query",
     query(KeyConditionExpression="#pk = :pk AND sk BETWEEN :a AND :b", ExpressionAttributeValues={":a": {"S": "a"}, ":b": {"S": "a"}}),
     query(KeyConditionExpression="#pk = :pk AND sk BETWEEN :a AND :b", ExpressionAttributeValues={":a": {"S": "b"}, ":b": {"S": "a"}})),
    (expressions.clauses_come_once, "UpdateItem", update("SET x = y, a = y REMOVE z"), update("SET x = y REMOVE z SET a = y")),
    (expressions.paths_do_not_overlap, "UpdateItem", update("SET x = y, y = x"), update("SET x = y REMOVE x")),
]


@pytest.mark.parametrize("rule, operation, good, bad", CASES, ids=lambda it: getattr(it, "__name__", ""))
def test_a_rule_takes_what_the_service_takes_and_can_fail(rule, operation, good, bad):
    assert faults(operation, good) == []
    assert len(faults(operation, bad)) == 1


def test_what_is_stored_counts_for_the_size_of_a_transaction():
    looked_at = [{"Delete": {"TableName": "t", "Key": key}} for key in keys(11)]
    assert faults("TransactWriteItems", transaction(*looked_at), stored=380_000) == []
    assert faults("TransactWriteItems", transaction(*looked_at), stored=400_000) != []


def test_every_rule_has_a_case():
    tested = {rule for rule, *_ in CASES}
    own = {judge.expressions_are_good}
    of_items = {getattr(items, name) for name in vars(items) if "_are_" in name}
    assert set(judge.RULES) - own | set(expressions.RULES) | of_items == tested
