#!/usr/bin/env bash
# python-hcl2 8.1.4 (PyPI): a string of a Terraform file comes back with its quotation marks, also as the key of a block's
# label, and each block has a key "__is_block__" that no file holds. Up to version 7 strings came plain. A check that
# compares a Terraform module with a CloudFormation template by it finds every name different.
#
# Guess before the run: {"resource": [{"aws_sqs_queue": {"work": {"name": "work"}}}]}.
# Seen: quotation marks in labels and values; numbers and booleans come plain; an expression comes as "${…}".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/new"
"$dir/new/bin/pip" install --quiet --disable-pip-version-check python-hcl2==8.1.4
python3 -m venv "$dir/old"
"$dir/old/bin/pip" install --quiet --disable-pip-version-check python-hcl2==7.3.1

cat > "$dir/read.py" <<'PY'
import json
import sys
from importlib.metadata import version

import hcl2

got = hcl2.loads('resource "aws_sqs_queue" "work" {\n  name = "work"\n  delay_seconds = 60\n}\n')
print("python-hcl2", version("python-hcl2"), json.dumps(got))
new = {"resource": [{'"aws_sqs_queue"': {'"work"': {"name": '"work"', "delay_seconds": 60, "__is_block__": True}}}]}
old = {"resource": [{"aws_sqs_queue": {"work": {"name": "work", "delay_seconds": 60}}}]}
assert got == {"new": new, "old": old}[sys.argv[1]], got
PY
"$dir/old/bin/python" "$dir/read.py" old
"$dir/new/bin/python" "$dir/read.py" new
echo "as found"
