#!/usr/bin/env bash
# dynalite 4.0.0 (npm) and moto 5.2.5 (PyPI), doubles of DynamoDB: four updates that they carry out otherwise than the
# developer guide says, page "Using update expressions", and the API reference, "UpdateItem" and "AttributeValue".
#
# Guess before the run: all four as documented, in both.
# Seen:
# - dynalite, REMOVE l[0], l[1] of three: takes off the first and the third, as the places move while it goes;
# - moto: an empty set is stored (a set must not be empty);
# - moto: a number comes back as it was written, 0.10 (documented: without leading and trailing zeros);
# - moto, UPDATED_OLD: an attribute that is set to the value it has is left out.
# So neither proves an update; a contract that runs on both shows where they part.
set -euo pipefail
dir=$(mktemp -d)
server=
trap 'kill $server 2>/dev/null || true; rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[dynamodb]==5.2.5' boto3==1.44.5
cd "$dir"
npm install --silent --no-audit --no-fund dynalite@4.0.0

cat > serve.cjs <<'JS'
const server = require("dynalite")({ createTableMs: 0 });
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
JS
cat > updates.py <<'PY'
import sys
from importlib.metadata import version

import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

KEY = {"id": {"S": "link"}}


def numbers(*values):
    return [{"N": value} for value in values]


def answers(client):
    client.create_table(
        TableName="links",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName="links", WaiterConfig={"Delay": 1})
    client.put_item(TableName="links", Item=KEY | {"l": {"L": numbers("1", "2", "3")}, "same": {"N": "1"}})

    def update(expression, returned="ALL_NEW", **values):
        asked = {"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}} if values else {}
        result = client.update_item(
            TableName="links", Key=KEY, UpdateExpression=expression, ReturnValues=returned, **asked
        )
        return result.get("Attributes", {})

    def empty_set():
        try:
            return update("SET s = :s", s={"SS": []})["s"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    return {
        "REMOVE l[0], l[1]": update("REMOVE l[0], l[1]")["l"]["L"],
        "SET s = an empty set": empty_set(),
        "SET m = 0.10": update("SET m = :m", m={"N": "0.10"})["m"]["N"],
        "SET same = the same": update("SET same = :one", "UPDATED_OLD", one={"N": "1"}).get("same"),
    }


DOCUMENTED = [numbers("3"), "ValidationException", "0.1", {"N": "1"}]
DYNALITE = [numbers("2"), *DOCUMENTED[1:]]
MOTO = [DOCUMENTED[0], {"SS": []}, "0.10", None]

account = {"region_name": "eu-west-1", "aws_access_key_id": "double", "aws_secret_access_key": "double"}
dynalite = answers(boto3.client("dynamodb", endpoint_url=f"http://127.0.0.1:{sys.argv[1]}", **account))
with mock_aws():
    moto = answers(boto3.client("dynamodb", **account))
for update, documented in zip(moto, DOCUMENTED):
    print(f"{update}: documented {documented}, dynalite 4.0.0 {dynalite[update]}, moto {version('moto')} {moto[update]}")
assert list(dynalite.values()) == DYNALITE
assert list(moto.values()) == MOTO
PY
node serve.cjs > port &
server=$!
until [ -s port ]; do sleep 0.1; done
"$dir/venv/bin/python" updates.py "$(cat port)"
echo "as found"
