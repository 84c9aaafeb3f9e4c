"""What the operator's policy allows is what the command line asks of AWS, and no more."""

import json
import re
from pathlib import Path

import rules

ROOT = Path(__file__).parents[2]
POLICY = json.loads((ROOT / "infra" / "operator-policy.json").read_text())
ADAPTER = ROOT / "shared" / "aws" / "src"
# What the worker alone does of the queue, and the tests of a table.
OF_OTHERS = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "dynamodb:CreateTable", "dynamodb:DescribeTable", "dynamodb:UpdateTimeToLive"}
# A transaction is judged by the actions of its parts ("Using IAM with DynamoDB transactions").
PARTS = {"dynamodb:TransactWriteItems": {"dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}}


def allowed(service):
    return {action for it in POLICY["Statement"] for action in it["Action"] if action.startswith(f"{service}:")}


def asked(service, *paths):
    """The operations that these files of the adapter call."""
    calls = {call for path in paths for call in re.findall(r"\.client\s*\.(\w+)\(\)|client\.(\w+)\(\)", path.read_text()) for call in call if call}
    named = {f"{service}:{''.join(word.title() for word in call.removesuffix('_batch').split('_'))}" for call in calls}
    return {action for name in named for action in PARTS.get(name, {name})} - OF_OTHERS


def test_of_the_table_it_allows_what_is_asked():
    assert allowed("dynamodb") == asked("dynamodb", *sorted((ADAPTER / "table").glob("*.rs")))
    assert allowed("dynamodb") == rules.READS | rules.WRITES


def test_of_the_queues_it_allows_what_is_asked():
    assert allowed("sqs") == asked("sqs", ADAPTER / "queue.rs", ADAPTER / "queue_state.rs")


def test_it_is_for_the_deployment_alone():
    for it in POLICY["Statement"]:
        assert it["Effect"] == "Allow" and not any(rules.WILD.search(action) for action in it["Action"])
        for resource in rules.each(it["Resource"]):
            assert re.fullmatch(r"arn:aws:(dynamodb:REGION:ACCOUNT:table/TABLE(/index/\*)?|sqs:REGION:ACCOUNT:(QUEUE|DEAD_LETTERS))", resource)


def test_every_rule_that_is_not_followed_has_its_reason():
    """tests/checkov, which brings checkov, sees that these are the rules."""
    lines = (ROOT / "infra" / "checkov.yaml").read_text().split("skip-check:\n")[1].splitlines()
    for number, line in enumerate(lines):
        assert re.fullmatch(r"  # .+|  - CKV2?_AWS_\d+", line), line
        if line.startswith("  - "):
            assert number and lines[number - 1].startswith("  # ") and lines[number - 1].endswith("."), line
