"""The Terraform module makes what the template makes, resource by resource and policy by policy."""

import json
import re
import shutil

import pytest

import alike
import module
import template as shipped
from test_key import KEY
from test_stack import EVERYTHING, Stack

SOURCE = shipped.source()
TRANSLATED = shipped.translated(SOURCE)
WORLDS = {
    "by default": {},
    "everything": EVERYTHING,
    "a secret": EVERYTHING | {"CredentialKind": "secretsmanager"},
    "a parameter": EVERYTHING | {"CredentialKind": "ssm"},
    "a key of one's own": EVERYTHING | {"KeyArn": KEY},
    "a table that is there": EVERYTHING | {"ExistingTable": "restored"},
    "an API without an app": {"Api": "yes", "CredentialKind": "ssm"},
    "an address that stays open": EVERYTHING | {"GatewayAddress": "open"},
    "a bounded API": {"Api": "yes", "ApiConcurrency": 10, "TrustedProxies": "10.0.0.0/8"},
    "mail by a server": EVERYTHING | {"AlertMail": "smtp"},
    "mail by the tenant": {"AlertMail": "graph", "AlertMailFrom": "a@contoso.example", "AlertMailTo": "b@contoso.example"},
    "topics of both": {"AlarmEmail": "a@contoso.example", "AlarmTopicArn": "arn:aws:sns:eu-west-1:123456789012:mine"},
    "numbers": {"Concurrency": 7, "LogRetentionDays": 90, "InboxRetentionDays": 5, "Interval": "rate(5 minutes)", "Architecture": "x86_64"},
}
# What has to be there beside some.
MAIL = {"AlertMailFrom": "a@contoso.example", "AlertMailTo": "a@contoso.example"}
APP = {"Api": "yes", "ApiClientId": EVERYTHING["ApiClientId"]}


class Asked(Stack):
    """What the template asks for, with a name in place of what AWS would make."""

    def __init__(self, **parameters):
        self.template = TRANSLATED
        self.made = {name: f"<{name}>" for name in self.template["Resources"]}
        defaults = {name: it.get("Default") for name, it in self.template["Parameters"].items()}
        self.values = defaults | shipped.PARAMETERS | parameters | {"AWS::StackName": "listsync", "AWS::Region": shipped.REGION, "AWS::Partition": "aws", "AWS::AccountId": "123456789012", "AWS::URLSuffix": "amazonaws.com"}

    def attribute(self, name, attribute):
        if (name, attribute) in [(each, "Arn") for each in self.of_type("AWS::Logs::LogGroup")]:
            return f"<{name}.Arn>:*"
        return f"<{name}.{attribute}>"

    def is_there(self, it):
        return "Condition" not in it or self.holds({"Condition": it["Condition"]})

    def properties(self):
        there = {name: self.asked(name) for name, it in self.template["Resources"].items() if self.is_there(it)}
        for name in self.of_type("AWS::Lambda::Function"):
            if name in there:
                # Which file it is, sam deploy knows; the tag says that it was SAM.
                there[name] |= {"Code": {"File": f"target/lambda/listsync-{name.removesuffix('Function').lower()}/bootstrap.zip"}}
                del there[name]["Tags"]
        return there


def variable(parameter):
    return re.sub(r"(?<!^)(?=[A-Z])", "_", parameter).lower()


def variables(parameters):
    return {variable(name): value for name, value in (shipped.PARAMETERS | parameters).items()}


def comparable(value):
    """Texts that are documents, as documents."""
    match value:
        case dict():
            return {key: comparable(each) for key, each in value.items()}
        case list():
            return [comparable(each) for each in value]
        case str() if value.startswith("{"):
            return comparable(json.loads(value))
    return value


@pytest.mark.parametrize("world", WORLDS)
def test_the_module_makes_what_the_template_makes(world):
    asked = Asked(**WORLDS[world]).properties()
    made, _ = alike.made(module.Module(**variables(WORLDS[world])))
    assert set(made) == set(asked)
    for name in asked:
        assert comparable(made[name]) == comparable(asked[name]), name


@pytest.mark.parametrize("world", WORLDS)
def test_the_outputs_are_the_same(world):
    asked, given = Asked(**WORLDS[world]), module.Module(**variables(WORLDS[world]))
    outputs = asked.template["Outputs"]
    assert {variable(name) for name in outputs} == set(given.outputs)
    for name, it in outputs.items():
        wanted = asked.follow(it["Value"]) if asked.is_there(it) else None
        found = given.output(variable(name))
        assert (found and alike.in_words(found)) == wanted, name


def test_the_same_outlives_both():
    resources = SOURCE["Resources"]
    _, kept = alike.made(module.Module(**variables({})))
    assert kept == {name for name, it in resources.items() if it.get("DeletionPolicy")}


def test_each_parameter_is_a_variable_with_the_same_default():
    parameters, given = SOURCE["Parameters"], module.Module(**variables({}))
    assert {variable(name) for name in parameters} | {"name", "code_folder", "code_bucket", "code_prefix"} == set(given.variables)
    for name, it in parameters.items():
        if name not in shipped.PARAMETERS:
            assert given.variable(variable(name)) == it["Default"], name


TRIED = ["", "x", "no", "yes", "ssm", "off", "7d", "/a/b", "a b", "https://contoso.example", "http://contoso.example", "https://contoso.example/x", "rate(1 minutes)", "rate(2 hours)", "66666666-7777-8888-9999-000000000001", "a@contoso.example", "a@contoso.example,b@contoso.example", KEY, "arn:aws:sns:eu-west-1:123456789012:mine", "restored", "10.0.0.0/8", "open", "x86_64", "ses"]


@pytest.mark.parametrize("name", SOURCE["Parameters"])
def test_a_variable_takes_what_the_parameter_takes(name):
    it = SOURCE["Parameters"][name]
    for value in [0, 1, 2, 7, 29, 30, 1000, 1001, 3650, 3651] if it["Type"] == "Number" else TRIED:
        taken = re.fullmatch(it["AllowedPattern"], value) is not None if "AllowedPattern" in it else value in it["AllowedValues"] if "AllowedValues" in it else it["MinValue"] <= value <= it["MaxValue"]
        # Others have to be there beside some, which the next test judges.
        beside = {**MAIL, **APP, name: value}
        said = list(module.Module(**variables(beside)).complaints([variable(name)]))
        assert (not said) == taken, (value, said)


@pytest.mark.parametrize(
    "parameters",
    [
        {"Api": "yes", "ApiClientId": shipped.PARAMETERS["ClientId"]},
        {"ApiClientSecretName": "/listsync/client-secret"},
        {"AlertMail": "ses", "AlertMailTo": "a@contoso.example"},
        {"AlertMail": "ses", "AlertMailFrom": "a@contoso.example"},
        {**APP, "ConsoleSignIn": "yes", "Api": "no"},
        {**APP, "ConsoleSignIn": "yes", "ApiClientId": ""},
    ],
)
def test_what_the_template_refuses_the_module_refuses(parameters):
    asked = Asked(**parameters)
    refused = [it["AssertDescription"] for rule in asked.template["Rules"].values() for it in rule["Assertions"] if not asked.holds(it["Assert"])]
    said = list(module.Module(**variables(parameters)).complaints())
    # In the same words, but for the names of parameters.
    (one,) = said
    assert one.lower().replace("_", "") in [it.lower() for it in refused]


def test_a_release_is_taken_from_a_bucket():
    made, _ = alike.made(module.Module(**variables({}), code_bucket="zips", code_prefix="0.1.0/"))
    assert made["TimerFunction"]["Code"] == {"S3Bucket": "zips", "S3Key": "0.1.0/listsync-timer-arm64.zip"}


def test_the_comparison_is_able_to_fail(tmp_path):
    faults = {
        "timeout     = 900": "timeout     = 90",
        '"ses:SendEmail"': '"ses:*"',
        "prevent_destroy = true": "prevent_destroy = false",
        "block_public_policy     = true": "block_public_policy     = false",
        "if local.api_reads_directory && local.uses_secret]": "if local.uses_secret]",
        '"SIGNING", ': "",
    }
    world = {"CredentialKind": "secretsmanager"} | EVERYTHING | {"ApiClientId": "", "ConsoleSignIn": "no"}
    asked = comparable(Asked(**world).properties())
    for number, (right, wrong) in enumerate(faults.items()):
        folder = tmp_path / str(number)
        shutil.copytree(module.FOLDER, folder)
        (path,) = [each for each in folder.glob("*.tf") if right in each.read_text()][:1]
        path.write_text(path.read_text().replace(right, wrong, 1))
        made, kept = alike.made(module.Module(folder, **variables(world)))
        assert comparable(made) != asked or kept != {"Inbox", "Table"}, right
