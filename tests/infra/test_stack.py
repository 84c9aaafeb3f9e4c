"""The stack as an emulated AWS makes it, held against what was asked for.

The emulator calls a stack complete even where it left something out, so this names all that it leaves out. What it leaves
out of a stack is made by a call to the service itself, which judges the same properties."""

import ast
import json

import boto3
import pytest
from moto import mock_aws

import deploy
import rules
import template as shipped

STACK = "listsync"
# The parameters under which all there is to make is made.
EVERYTHING = {
    "Api": "yes",
    "ApiClientId": "99999999-8888-7777-6666-555555555555",
    "ConsoleSignIn": "yes",
    "PublicUrl": "https://lists.contoso.example",
    "AlarmEmail": "operators@contoso.example",
    "AlertWebhookUrl": "https://hooks.contoso.example/listsync",
    "AlertTeams": "yes",
    "AlertMail": "ses",
    "AlertMailFrom": "listsync@contoso.example",
    "AlertMailTo": "operators@contoso.example",
}
# Types that the emulator makes nothing of.
NOT_MADE = {
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::CloudWatch::Alarm",
    "AWS::Lambda::EventInvokeConfig",
    # It makes them, and does not say so.
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::Scheduler::Schedule",
}
# Properties that it forgets, of types that it makes.
NOT_KEPT = {
    "AWS::DynamoDB::Table": {"PointInTimeRecoverySpecification", "TimeToLiveSpecification"},
    "AWS::Lambda::Function": {"Architectures", "LoggingConfig", "Tags"},
    "AWS::IAM::Role": {"Description"},
    "AWS::S3::Bucket": {"LifecycleConfiguration", "NotificationConfiguration", "OwnershipControls", "PublicAccessBlockConfiguration"},
}


class Stack:
    """What was asked for, with every reference followed, and what was made."""

    def __init__(self, **parameters):
        self.template = shipped.translated(shipped.source())
        cloud = deploy.deploy(STACK, self.template, **parameters)
        self.outputs = deploy.outputs(cloud, STACK)
        self.made = {it["LogicalResourceId"]: it["PhysicalResourceId"] for it in cloud.list_stack_resources(StackName=STACK)["StackResourceSummaries"] if it.get("PhysicalResourceId")}
        defaults = {name: it.get("Default") for name, it in self.template["Parameters"].items()}
        self.values = defaults | shipped.PARAMETERS | parameters | {"AWS::StackName": STACK, "AWS::Region": shipped.REGION, "AWS::Partition": "aws", "AWS::AccountId": "123456789012", "AWS::URLSuffix": "amazonaws.com"}

    def client(self, service):
        return boto3.client(service, region_name=shipped.REGION)

    def asked(self, name):
        return self.follow(self.template["Resources"][name]["Properties"])

    def of_type(self, kind):
        return [name for name, it in self.template["Resources"].items() if it["Type"] == kind]

    def follow(self, value):
        if isinstance(value, list):
            followed = [self.follow(each) for each in value]
            return [each for each in followed if each is not None]
        if not isinstance(value, dict):
            return value
        match list(value.items()):
            case [("Ref", "AWS::NoValue")]:
                return None
            case [("Ref", name)]:
                return self.values.get(name, self.made.get(name))
            case [("Fn::GetAtt", target)]:
                return self.attribute(*(target if isinstance(target, list) else target.split(".")))
            case [("Fn::If", [condition, yes, no])]:
                return self.follow(yes if self.holds(self.template["Conditions"][condition]) else no)
            case [("Fn::Sub", text)]:
                return self.fill(text)
            case [("Fn::Join", [between, parts])]:
                return between.join(self.follow(part) for part in parts)
            case [("Fn::Select", [number, parts])]:
                return self.follow(parts)[int(number)]
            case [("Fn::Split", [between, text])]:
                return self.follow(text).split(between)
        return {key: self.follow(each) for key, each in value.items() if self.follow(each) is not None}

    def holds(self, condition):
        if "Condition" in condition:
            return self.holds(self.template["Conditions"][condition["Condition"]])
        if "Fn::And" in condition:
            return all(self.holds(each) for each in condition["Fn::And"])
        if "Fn::Or" in condition:
            return any(self.holds(each) for each in condition["Fn::Or"])
        if "Fn::Not" in condition:
            return not self.holds(condition["Fn::Not"][0])
        left, right = condition["Fn::Equals"]
        return self.follow(left) == self.follow(right)

    def fill(self, text):
        while "${" in text:
            before, rest = text.split("${", 1)
            name, after = rest.split("}", 1)
            inner = {"Fn::GetAtt": name.split(".")} if "." in name else {"Ref": name}
            text = before + str(self.follow(inner)) + after
        return text

    def attribute(self, name, attribute):
        made, kind = self.made[name], self.template["Resources"][name]["Type"]
        place = f"{shipped.REGION}:123456789012"
        arns = {
            "AWS::SQS::Queue": f"arn:aws:sqs:{place}:{made.split('/')[-1]}",
            "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{place}:table/{made}",
            "AWS::Lambda::Function": f"arn:aws:lambda:{place}:function:{made}",
            "AWS::IAM::Role": f"arn:aws:iam::123456789012:role/{made}",
            "AWS::Logs::LogGroup": f"arn:aws:logs:{place}:log-group:{made}",
            "AWS::S3::Bucket": f"arn:aws:s3:::{made}",
        }
        return arns[kind] if attribute == "Arn" else made.split("/")[-1]

    def kept(self, name):
        kind = self.template["Resources"][name]["Type"]
        return {key: it for key, it in self.asked(name).items() if key not in NOT_KEPT.get(kind, set())}


@pytest.fixture(scope="module", params=["web-identity", "secretsmanager", "ssm"])
def stack(request):
    with mock_aws():
        yield Stack(CredentialKind=request.param, **EVERYTHING)


def test_all_is_made_but_what_the_emulator_cannot_make(stack):
    wanted = {name for name, it in stack.template["Resources"].items() if it["Type"] not in NOT_MADE}
    assert set(stack.made) == wanted


def test_queues_are_as_asked(stack):
    for name in stack.of_type("AWS::SQS::Queue"):
        made = stack.client("sqs").get_queue_attributes(QueueUrl=stack.made[name], AttributeNames=["All"])["Attributes"]
        for key, asked in stack.kept(name).items():
            # The service answers every attribute as text.
            assert json.loads(made[key]) == asked, (name, key)


def test_the_table_is_as_asked(stack):
    made = stack.client("dynamodb").describe_table(TableName=stack.made["Table"])["Table"]
    asked = stack.kept("Table")
    assert made["BillingModeSummary"]["BillingMode"] == asked.pop("BillingMode")
    indexes = {index["IndexName"]: (index["KeySchema"], index["Projection"]) for index in made["GlobalSecondaryIndexes"]}
    assert indexes == {index["IndexName"]: (index["KeySchema"], index["Projection"]) for index in asked.pop("GlobalSecondaryIndexes")}
    for key, value in asked.items():
        assert made[key] == value, key


def test_functions_are_as_asked(stack):
    for name in stack.of_type("AWS::Lambda::Function"):
        made = stack.client("lambda").get_function_configuration(FunctionName=stack.made[name])
        asked = stack.kept(name)
        asked.pop("Code")
        for key, value in asked.items():
            assert made[key] == value, (name, key)


def test_the_event_source_is_as_asked(stack):
    (name,) = stack.of_type("AWS::Lambda::EventSourceMapping")
    made = stack.client("lambda").get_event_source_mapping(UUID=stack.made[name])
    asked = stack.kept(name)
    assert made["FunctionArn"].endswith(asked.pop("FunctionName"))
    for key, value in asked.items():
        assert made[key] == value, key


def test_roles_are_as_asked_for_each_kind_of_credential(stack):
    iam = stack.client("iam")
    for name in stack.of_type("AWS::IAM::Role"):
        asked = stack.kept(name)
        role = stack.made[name]
        assert iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"] == asked["AssumeRolePolicyDocument"]
        assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
        for policy in asked["Policies"]:
            made = iam.get_role_policy(RoleName=role, PolicyName=policy["PolicyName"])["PolicyDocument"]
            made = ast.literal_eval(made) if isinstance(made, str) else made
            # The emulator leaves a hole where AWS drops a statement whose condition does not hold.
            made["Statement"] = [statement for statement in made["Statement"] if statement is not None]
            assert made == policy["PolicyDocument"], name


def test_the_inbox_may_read_what_is_dropped_and_lay_down_elsewhere(stack):
    inbox = stack.attribute("Inbox", "Arn")
    asked = stack.asked("InboxPolicy")
    made = stack.client("iam").get_role_policy(RoleName=stack.made["InboxRole"], PolicyName=asked["PolicyName"])["PolicyDocument"]
    made = ast.literal_eval(made) if isinstance(made, str) else made
    assert made == asked["PolicyDocument"]
    allowed = {(action, resource) for it in made["Statement"] for action in rules.each(it["Action"]) for resource in rules.each(it["Resource"])}
    assert allowed == {
        ("s3:GetObject", f"{inbox}/incoming/*"),
        ("s3:GetObject", f"{inbox}/profiles/*"),
        ("s3:ListBucket", inbox),
        ("s3:PutObject", f"{inbox}/rejected/*"),
    }


def test_the_inbox_is_as_asked(stack):
    storage, bucket, asked = stack.client("s3"), stack.made["Inbox"], stack.asked("Inbox")
    made = storage.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert [it["ApplyServerSideEncryptionByDefault"] for it in made] == [it["ServerSideEncryptionByDefault"] for it in asked["BucketEncryption"]["ServerSideEncryptionConfiguration"]]
    storage.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=asked["PublicAccessBlockConfiguration"])
    assert storage.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == asked["PublicAccessBlockConfiguration"]
    storage.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=asked["OwnershipControls"])
    wanted = [lifecycle(rule) for rule in asked["LifecycleConfiguration"]["Rules"]]
    storage.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": wanted})
    kept = storage.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert [rule["ID"] for rule in kept] == ["dropped", "told", "broken-off"]
    assert [rule.get("Expiration", {}).get("Days") for rule in kept] == [30, 30, None]
    policy = stack.asked("InboxBucketPolicy")
    storage.put_bucket_policy(Bucket=policy["Bucket"], Policy=json.dumps(policy["PolicyDocument"]))
    assert json.loads(storage.get_bucket_policy(Bucket=bucket)["Policy"]) == policy["PolicyDocument"]
    calls = [{"LambdaFunctionArn": it["Function"], "Events": [it["Event"]], "Filter": {"Key": {"FilterRules": it["Filter"]["S3Key"]["Rules"]}}} for it in asked["NotificationConfiguration"]["LambdaConfigurations"]]
    storage.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"LambdaFunctionConfigurations": calls})
    (made,) = storage.get_bucket_notification_configuration(Bucket=bucket)["LambdaFunctionConfigurations"]
    assert made["LambdaFunctionArn"] == stack.attribute("InboxFunction", "Arn")
    assert made["Filter"]["Key"]["FilterRules"] == [{"Name": "prefix", "Value": "incoming/"}]


def lifecycle(rule):
    """A rule as the service has it: a template writes two of its parts otherwise."""
    made = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "AbortIncompleteMultipartUpload" in rule:
        made["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return made


def test_what_the_inbox_gives_up_goes_to_its_queue(stack):
    functions = stack.client("lambda")
    for name in stack.of_type("AWS::Lambda::EventInvokeConfig"):
        asked = stack.asked(name)
        asked.pop("Qualifier")
        made = functions.put_function_event_invoke_config(**asked)
        assert made["MaximumRetryAttempts"] == 2
        assert made["DestinationConfig"]["OnFailure"] == {"Destination": stack.attribute("InboxFailures", "Arn")}


def test_the_gateway_is_taken_by_its_service(stack):
    gateways = stack.client("apigatewayv2")
    gateway = gateways.create_api(**stack.asked("Gateway"))["ApiId"]
    asked = stack.asked("GatewayIntegration") | {"ApiId": gateway}
    integration = gateways.create_integration(**asked)
    assert integration["IntegrationUri"] == stack.attribute("ApiFunction", "Arn")
    assert integration["PayloadFormatVersion"] == "2.0"
    asked = stack.asked("GatewayRoute") | {"ApiId": gateway, "Target": f"integrations/{integration['IntegrationId']}"}
    assert gateways.create_route(**asked)["RouteKey"] == "$default"
    asked = stack.asked("GatewayStage") | {"ApiId": gateway}
    made = gateways.create_stage(**asked)
    assert made["DefaultRouteSettings"]["ThrottlingRateLimit"] == 100


def test_functions_may_be_called_by_their_own_sources_alone(stack):
    functions = stack.client("lambda")
    for name in stack.of_type("AWS::Lambda::Permission"):
        functions.add_permission(StatementId=name, **stack.asked(name))
    who = {"InboxFunction": "s3.amazonaws.com", "ApiFunction": "apigateway.amazonaws.com"}
    for name, principal in who.items():
        made = json.loads(functions.get_policy(FunctionName=stack.made[name])["Policy"])["Statement"]
        assert {it["Principal"]["Service"] for it in made} == {principal}
        assert all(it["Condition"] for it in made)


@pytest.mark.parametrize("role, secret", [("WorkerRole", "/listsync/client-secret"), ("ApiRole", "/listsync/api-client-secret")])
def test_a_function_may_use_its_own_credential_only(stack, role, secret):
    statements = {statement["Sid"]: statement for statement in stack.asked(role)["Policies"][0]["PolicyDocument"]["Statement"]}
    own = {"web-identity": "ProveWhoWeAre", "secretsmanager": "ReadTheSecret", "ssm": "ReadTheParameter"}
    kind = stack.values["CredentialKind"]
    assert set(statements) & set(own.values()) == {own[kind]}
    if kind != "web-identity":
        assert f"{secret}-??????" in statements[own[kind]]["Resource"] or statements[own[kind]]["Resource"].endswith(f"parameter{secret}")


def test_the_public_function_is_another_app(stack):
    made = {name: stack.client("lambda").get_function_configuration(FunctionName=stack.made[name])["Environment"]["Variables"] for name in ("ApiFunction", "WorkerFunction")}
    ids = [made[name]["AZURE_CLIENT_ID"] for name in ("ApiFunction", "WorkerFunction")]
    assert ids == [EVERYTHING["ApiClientId"], shipped.PARAMETERS["ClientId"]]


def test_logs_are_as_asked(stack):
    groups = {group["logGroupName"]: group for group in stack.client("logs").describe_log_groups()["logGroups"]}
    for name in stack.of_type("AWS::Logs::LogGroup"):
        asked = stack.kept(name)
        assert groups[asked["LogGroupName"]]["retentionInDays"] == int(asked["RetentionInDays"])


def test_what_the_emulator_cannot_make_is_taken_by_the_services_themselves(stack):
    alarms, schedules = stack.client("cloudwatch"), stack.client("scheduler")
    for name in stack.of_type("AWS::CloudWatch::Alarm"):
        alarms.put_metric_alarm(AlarmName=name, **stack.asked(name))
    made = {alarm["AlarmName"]: alarm for alarm in alarms.describe_alarms()["MetricAlarms"]}
    for name in stack.of_type("AWS::CloudWatch::Alarm"):
        for key, value in stack.asked(name).items():
            assert made[name][key] == value, (name, key)
    for name in stack.of_type("AWS::Scheduler::Schedule"):
        asked = stack.asked(name)
        schedules.create_schedule(**asked)
        made = schedules.get_schedule(Name=asked["Name"])
        assert {key: made[key] for key in asked} == asked
    topics = stack.client("sns")
    for name in stack.of_type("AWS::SNS::Subscription"):
        topics.subscribe(**stack.asked(name))
    made = topics.list_subscriptions_by_topic(TopicArn=stack.made["AlarmTopic"])["Subscriptions"]
    assert {(it["Protocol"], it["Endpoint"]) for it in made} == {("email", EVERYTHING["AlarmEmail"])}
    for name in stack.of_type("AWS::SNS::TopicPolicy"):
        asked = stack.asked(name)
        for topic in asked["Topics"]:
            topics.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(asked["PolicyDocument"]))
            made = json.loads(topics.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
            assert made["Statement"][0]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    table = stack.made["Table"]
    asked = stack.asked("Table")
    tables = stack.client("dynamodb")
    tables.update_time_to_live(TableName=table, TimeToLiveSpecification=asked["TimeToLiveSpecification"])
    tables.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=asked["PointInTimeRecoverySpecification"])


def test_the_command_line_can_be_given_the_outputs(stack):
    assert stack.outputs["Store"] == f"dynamodb:{stack.made['Table']}"
    assert stack.outputs["InboxName"] == stack.made["Inbox"]
    assert stack.outputs["QueueUrl"] == f"sqs:{stack.made['Queue']}"
