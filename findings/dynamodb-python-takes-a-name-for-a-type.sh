#!/usr/bin/env bash
# dynamodb-json 1.4.2 (PyPI): a map that has an attribute called S, N, L or M is read as that one value, and the rest
# of it is gone. API reference, "AttributeValue": a type stands around every value, and the names inside of "M" are
# free; the developer guide's page on naming rules forbids no such name. The type reader of boto3 1.44.8 is the measure.
#
# Guess before the run: what is written and read again is the same, whatever its attributes are called.
# Seen: {"S": "south", "N": "north"} comes back as "south", {"M": 4, "L": 3} as 4, without an error; an item with an
# attribute "S" is no item any more. So a list of rooms, sizes or days keyed by one letter loses all but one of them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check \
  dynamodb-json==1.4.2 boto3==1.44.8 simplejson==4.3.0 six==1.17.0

cat > "$dir/names.py" <<'PY'
from importlib.metadata import version

from boto3.dynamodb.types import TypeDeserializer
from dynamodb_json import json_util

print("dynamodb-json", version("dynamodb-json"))
# The item, and what the library makes of it.
plain = {"id": "board", "rooms": {"south": "S1", "north": "N1"}}
cases = [
    (plain, plain),
    ({"id": "board", "rooms": {"S": "south", "N": "north"}}, {"id": "board", "rooms": "south"}),
    ({"id": "board", "shirts": {"M": 4, "L": 3}}, {"id": "board", "shirts": 4}),
    ({"id": "board", "days": {"M": ["ann"], "T": ["bob"]}}, {"id": "board", "days": ["ann"]}),
    ({"id": "board", "S": "south"}, "south"),
]
for item, found in cases:
    wire = json_util.dumps(item, as_dict=True)
    boto = {name: TypeDeserializer().deserialize(value) for name, value in wire.items()}
    read = json_util.loads(wire)
    print(item, "-> boto3", "the same" if boto == item else boto, "- dynamodb-json", read)
    assert boto == item
    assert read == found
    assert json_util.loads(json_util.dumps(item)) == found
PY
"$dir/venv/bin/python" "$dir/names.py"
echo "as found"
