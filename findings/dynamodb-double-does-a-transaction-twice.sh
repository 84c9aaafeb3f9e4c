#!/usr/bin/env bash
# moto 5.2.5 (PyPI, a double of AWS): a transaction that is sent again with its ClientRequestToken is done again, and
# batches pass that AWS refuses. API reference, "TransactWriteItems": with one token a second call changes nothing for
# ten minutes, and with other content it is an IdempotentParameterMismatchException; "BatchWriteItem": at most 25
# requests, and no two for one item.
#
# Guess before the run: the counter stands at 1, the other three calls are refused, as is a transaction with two
# changes of one item, which moto does refuse.
# Seen: the counter stands at 2, all three pass. So a test cannot show that sending again is safe, and a batch of 26
# fails only on AWS.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check "moto[dynamodb]==5.2.5" boto3==1.44.5

cat > "$dir/again.py" <<'PY'
from importlib.metadata import version

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws


def key(name):
    return {"pk": {"S": name}}


def addition(name):
    return {"Update": {"TableName": "people", "Key": key(name), "UpdateExpression": "ADD runs :one",
                       "ExpressionAttributeValues": {":one": {"N": "1"}}}}


def put(name):
    return {"PutRequest": {"Item": key(name)}}


def passes(what, call, **wishes):
    try:
        call(**wishes)
        verdict = "passes"
    except ClientError as error:
        verdict = error.response["Error"]["Code"]
    print(what, "->", verdict)
    return verdict == "passes"


with mock_aws():
    double = boto3.client("dynamodb", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x")
    double.create_table(
        TableName="people", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}])
    print("moto", version("moto"))
    write, batch = double.transact_write_items, double.batch_write_item
    assert not passes("one item twice", write, TransactItems=[addition("bob"), addition("bob")])
    for _ in range(2):
        assert passes("token t-1", write, ClientRequestToken="t-1", TransactItems=[addition("ann")])
    runs = double.get_item(TableName="people", Key=key("ann"))["Item"]["runs"]["N"]
    print("added once, sent twice ->", runs)
    assert runs == "2"
    assert passes("token t-1, other content", write, ClientRequestToken="t-1", TransactItems=[addition("cy")])
    assert passes("batch of 26", batch, RequestItems={"people": [put(f"p{number}") for number in range(26)]})
    both = [put("ann"), {"DeleteRequest": {"Key": key("ann")}}]
    assert passes("batch that puts and deletes one", batch, RequestItems={"people": both})
PY
"$dir/venv/bin/python" "$dir/again.py"
echo "as found"
