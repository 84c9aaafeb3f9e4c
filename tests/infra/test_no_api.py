"""A stack for which nobody asked for the HTTP API."""

from moto import mock_aws

from test_stack import NOT_MADE, Stack


def test_an_api_without_an_app_of_its_own_has_no_credential():
    with mock_aws():
        stack = Stack(Api="yes", CredentialKind="ssm")
        variables = stack.asked("ApiFunction")["Environment"]["Variables"]
        assert not {"AZURE_CLIENT_ID", "AZURE_TENANT_ID", "LISTSYNC_CREDENTIAL"} & set(variables)
        sids = {statement["Sid"] for statement in stack.asked("ApiRole")["Policies"][0]["PolicyDocument"]["Statement"]}
        assert sids == {"ReadItems", "WriteItems", "Record", "ShowRuns", "SendMessages", "WriteLog"}


def test_without_an_api_nothing_of_it_is_made():
    with mock_aws():
        stack = Stack()
        wanted = {name for name, it in stack.template["Resources"].items() if it["Type"] not in NOT_MADE and it.get("Condition", "MakesTable") == "MakesTable"}
        assert set(stack.made) == wanted
        assert {"ApiFunction", "ApiRole", "ApiLog"}.isdisjoint(stack.made)
        assert not [name for name in stack.outputs if name.startswith("Api")]
        assert not stack.client("apigatewayv2").get_apis()["Items"]
