"""A stack over a table that is there already."""

from moto import mock_aws

import rules
import template as shipped
from test_stack import EVERYTHING, Stack


def test_a_stack_over_a_table_that_is_there_makes_none_and_its_roles_and_functions_have_that_one():
    with mock_aws():
        stack = Stack(ExistingTable="listsync-restored", Api="yes", ApiClientId=EVERYTHING["ApiClientId"])
        assert "Table" not in stack.made
        assert stack.outputs["Store"] == "dynamodb:listsync-restored"
        arn = f"arn:aws:dynamodb:{shipped.REGION}:123456789012:table/listsync-restored"
        for name in stack.of_type("AWS::Lambda::Function"):
            assert stack.asked(name)["Environment"]["Variables"]["LISTSYNC_STORE"] == "dynamodb:listsync-restored"
        for role in ("TimerRole", "WorkerRole", "InboxRole", "ApiRole"):
            statements = stack.asked(role)["Policies"][0]["PolicyDocument"]["Statement"]
            of_tables = [it for it in statements if any(action.startswith("dynamodb:") for action in rules.each(it["Action"]))]
            assert of_tables
            assert all(resource == arn or resource.startswith(f"{arn}/index/") for it in of_tables for resource in rules.each(it["Resource"]))
