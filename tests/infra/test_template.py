"""The template is sound, and each check of that is able to fail."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import rules
import template as shipped

CFN_LINT = Path(sys.executable).parent / "cfn-lint"


def lint(path):
    ended = subprocess.run([CFN_LINT, "--regions", shipped.REGION, "--", path], capture_output=True, text=True)
    return ended.stdout + ended.stderr


def lint_translated(folder, template):
    path = folder / "translated.json"
    path.write_text(json.dumps(shipped.translated(template)))
    return lint(path)


def test_the_template_passes_the_linter_as_written():
    assert lint(shipped.PATH) == ""


def test_the_template_passes_the_linter_once_translated(tmp_path, source):
    assert lint_translated(tmp_path, source) == ""


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_template_keeps_each_rule(rule, translated):
    assert list(rule(translated)) == []


def properties(template, name):
    return template["Resources"][name]["Properties"]


def event(template, function, name):
    return properties(template, function)["Events"][name]["Properties"]


def statement(template, role, sid):
    found = properties(template, role)["Policies"][0]["PolicyDocument"]["Statement"]
    branches = [each["Fn::If"][1] if "Fn::If" in each else each for each in found]
    return next(each for each in branches if each["Sid"] == sid)


def policy(template, name, sid):
    found = properties(template, name)["PolicyDocument"]["Statement"]
    return next(each for each in found if each.get("Sid") == sid)


def variables(template, function):
    return properties(template, function)["Environment"]["Variables"]


def kinds(template, role, sid):
    return statement(template, role, sid)["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]


def put(target, key, value):
    target[key] = value


# Each seeds one fault into the template as written, and names the rule that is to find it.
FAULTS = {
    "a visibility below six time-outs": (rules.visibility_is_six_timeouts, lambda t: put(properties(t, "Queue"), "VisibilityTimeout", 1799)),
    "a longer time-out": (rules.visibility_is_six_timeouts, lambda t: put(properties(t, "WorkerFunction"), "Timeout", 301)),
    "no visibility": (rules.visibility_is_six_timeouts, lambda t: properties(t, "Queue").pop("VisibilityTimeout")),
    "whole batches": (rules.batches_are_answered_in_part, lambda t: event(t, "WorkerFunction", "Messages").pop("FunctionResponseTypes")),
    "batches of eleven": (rules.batches_are_answered_in_part, lambda t: put(event(t, "WorkerFunction", "Messages"), "BatchSize", 11)),
    "no bound of workers": (rules.batches_are_answered_in_part, lambda t: event(t, "WorkerFunction", "Messages").pop("ScalingConfig")),
    "no dead letters": (rules.every_queue_has_dead_letters, lambda t: properties(t, "Queue").pop("RedrivePolicy")),
    "another queue without dead letters": (rules.every_queue_has_dead_letters, lambda t: put(t["Resources"], "Other", {"Type": "AWS::SQS::Queue", "Properties": {}})),
    "one receive": (rules.every_queue_has_dead_letters, lambda t: put(properties(t, "Queue")["RedrivePolicy"], "maxReceiveCount", 1)),
    "short-lived dead letters": (rules.every_queue_has_dead_letters, lambda t: put(properties(t, "DeadLetters"), "MessageRetentionPeriod", 345600)),
    "another number of receives": (rules.the_worker_knows_the_last_receive, lambda t: put(properties(t, "Queue")["RedrivePolicy"], "maxReceiveCount", 6)),
    "a table without recovery": (rules.the_table_outlives_mistakes, lambda t: properties(t, "Table").pop("PointInTimeRecoverySpecification")),
    "a table without an end of runs": (rules.the_table_outlives_mistakes, lambda t: properties(t, "Table").pop("TimeToLiveSpecification")),
    "a table that goes with the stack": (rules.the_table_outlives_mistakes, lambda t: t["Resources"]["Table"].pop("DeletionPolicy")),
    "a table that one call deletes": (rules.the_table_outlives_mistakes, lambda t: properties(t, "Table").pop("DeletionProtectionEnabled")),
    "a role over another table than the functions have": (rules.the_same_of_either_table, lambda t: put(properties(t, "TimerRole")["Policies"][0]["PolicyDocument"]["Statement"][0], "Resource", {"Fn::If": ["MakesTable", {"Fn::GetAtt": ["Table", "Arn"]}, {"Fn::Sub": "arn:aws:dynamodb:*:*:table/*"}]})),
    "a table of fixed size": (rules.the_table_outlives_mistakes, lambda t: put(properties(t, "Table"), "BillingMode", "PROVISIONED")),
    "every action": (rules.nothing_is_allowed_wholesale, lambda t: put(statement(t, "TimerRole", "SendMessages"), "Action", "sqs:*")),
    "one action too wide": (rules.nothing_is_allowed_wholesale, lambda t: put(statement(t, "WorkerRole", "ReadItems"), "Action", ["dynamodb:Batch*"])),
    "every queue": (rules.nothing_is_allowed_wholesale, lambda t: put(statement(t, "WorkerRole", "TakeAndSendMessages"), "Resource", "*")),
    "every secret": (rules.nothing_is_allowed_wholesale, lambda t: put(statement(t, "WorkerRole", "ReadTheSecret"), "Resource", {"Fn::Sub": "arn:${AWS::Partition}:secretsmanager:*:*:secret:*"})),
    "a token for anybody": (rules.nothing_is_allowed_wholesale, lambda t: statement(t, "WorkerRole", "ProveWhoWeAre").pop("Condition")),
    "a token for another audience": (rules.nothing_is_allowed_wholesale, lambda t: put(statement(t, "WorkerRole", "ProveWhoWeAre")["Condition"]["ForAllValues:StringEquals"], "sts:IdentityTokenAudience", "x")),
    "a token for no audience": (rules.nothing_is_allowed_wholesale, lambda t: statement(t, "WorkerRole", "ProveWhoWeAre")["Condition"].pop("Null")),
    "a managed policy": (rules.nothing_is_allowed_wholesale, lambda t: put(properties(t, "TimerRole"), "ManagedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"])),
    "keys within reach of strangers' files": (rules.kinds_are_for_whom_they_are, lambda t: kinds(t, "InboxRole", "ReadItems").append("APIKEYS")),
    "keys that may be deleted": (rules.kinds_are_for_whom_they_are, lambda t: kinds(t, "WorkerRole", "WriteItems").append("APIKEY#*")),
    "senders within reach": (rules.kinds_are_for_whom_they_are, lambda t: kinds(t, "TimerRole", "ReadItems").append("SOURCES")),
    "decisions that a file could make": (rules.kinds_are_for_whom_they_are, lambda t: kinds(t, "InboxRole", "WriteItems").append("SAID#*")),
    "a file that could make a run forget": (rules.kinds_are_for_whom_they_are, lambda t: kinds(t, "InboxRole", "WriteItems").append("MEMBER#*")),
    "an audit that can be changed": (rules.the_audit_is_only_added_to, lambda t: kinds(t, "ApiRole", "WriteItems").append("AUDIT#*")),
    "an audit that a run writes": (rules.the_audit_is_only_added_to, lambda t: kinds(t, "WorkerRole", "WriteItems").append("AUDIT#*")),
    "an audit within reach of strangers' files": (rules.the_audit_is_only_added_to, lambda t: kinds(t, "InboxRole", "ReadItems").append("AUDIT#*")),
    "items of every kind": (rules.items_are_bound_to_kinds, lambda t: statement(t, "InboxRole", "ReadItems").pop("Condition")),
    "items that are not named": (rules.items_are_bound_to_kinds, lambda t: statement(t, "InboxRole", "ReadItems")["Condition"].pop("Null")),
    "items of which one is of its kind": (rules.items_are_bound_to_kinds, lambda t: put(statement(t, "InboxRole", "ReadItems"), "Condition", {"Null": {"dynamodb:LeadingKeys": "false"}, "ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["LINK#*"]}})),
    "a kind that there is not": (rules.items_are_bound_to_kinds, lambda t: kinds(t, "WorkerRole", "WriteItems").append("LIN*")),
    "a scan": (rules.items_are_bound_to_kinds, lambda t: put(statement(t, "WorkerRole", "ReadItems"), "Action", ["dynamodb:Scan"])),
    "a public function that writes groups": (rules.strangers_reach_no_credential_that_writes, lambda t: put(variables(t, "ApiFunction"), "AZURE_CLIENT_ID", {"Ref": "ClientId"})),
    "a public function with the worker's credential": (rules.strangers_reach_no_credential_that_writes, lambda t: put(variables(t, "ApiFunction"), "LISTSYNC_CREDENTIAL", {"Fn::Sub": "ssm:${ClientSecretName}"})),
    "a public function that reads the worker's secret": (rules.strangers_reach_no_credential_that_writes, lambda t: put(properties(t, "ApiRole")["Policies"][0]["PolicyDocument"]["Statement"], slice(0, 0), [{"Sid": "ReadAll", "Effect": "Allow", "Action": "ssm:GetParameter", "Resource": {"Fn::Sub": "arn:aws:ssm:${AWS::Region}:1:parameter${ClientSecretName}"}}])),
    "one app for both": (rules.strangers_reach_no_credential_that_writes, lambda t: t["Rules"]["TheApiHasAnAppOfItsOwn"]["Assertions"].pop(0)),
    "one secret for both": (rules.strangers_reach_no_credential_that_writes, lambda t: t["Rules"]["TheApiHasAnAppOfItsOwn"]["Assertions"].pop(1)),
    "a public function that knows where alerts go": (rules.channels_are_the_timers, lambda t: put(variables(t, "ApiFunction"), "LISTSYNC_ALERTS_TEAMS", "secretsmanager:x")),
    "a worker that reads where alerts go": (rules.channels_are_the_timers, lambda t: put(properties(t, "WorkerRole")["Policies"][0]["PolicyDocument"]["Statement"], slice(0, 0), [{"Sid": "ReadAll", "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": {"Fn::Sub": "arn:aws:secretsmanager:${AWS::Region}:1:secret:${AlertTeamsUrlName}-??????"}}])),
    "a receiver that the stack shows": (rules.channels_are_the_timers, lambda t: t["Parameters"]["AlertWebhookUrl"].pop("NoEcho")),
    "a topic for everybody": (rules.channels_are_the_timers, lambda t: put(properties(t, "AlarmTopicPolicy")["PolicyDocument"]["Statement"][0], "Principal", "*")),
    "a topic for every account": (rules.channels_are_the_timers, lambda t: properties(t, "AlarmTopicPolicy")["PolicyDocument"]["Statement"][0].pop("Condition")),
    "one role for both": (rules.each_function_has_its_own_role, lambda t: put(properties(t, "TimerFunction"), "Role", {"Fn::GetAtt": ["WorkerRole", "Arn"]})),
    "another runtime": (rules.functions_run_our_binaries, lambda t: put(t["Globals"]["Function"], "Runtime", "provided.al2")),
    "x86 by default": (rules.functions_run_our_binaries, lambda t: put(t["Parameters"]["Architecture"], "Default", "x86_64")),
    "endless logs": (rules.logs_end, lambda t: properties(t, "TimerLog").pop("RetentionInDays")),
    "a log of its own making": (rules.logs_end, lambda t: properties(t, "WorkerFunction").pop("LoggingConfig")),
    "minutes that are one": (rules.schedules_are_well_formed, lambda t: put(t["Parameters"]["Interval"], "Default", "rate(1 minutes)")),
    "a minute that is many": (rules.schedules_are_well_formed, lambda t: put(event(t, "TimerFunction", "Beat"), "ScheduleExpression", "rate(5 minute)")),
    "any text as interval": (rules.schedules_are_well_formed, lambda t: put(t["Parameters"]["Interval"], "AllowedPattern", "rate\\(.*\\)")),
    "one name for every stack": (rules.schedules_are_well_formed, lambda t: event(t, "TimerFunction", "Beat").pop("Name")),
    "a key of AWS only": (rules.what_rests_is_encrypted_with_the_key, lambda t: properties(t, "DeadLetters").pop("KmsMasterKeyId")),
    "files that rest in the open": (rules.what_rests_is_encrypted_with_the_key, lambda t: properties(t, "Inbox").pop("BucketEncryption")),
    "a bucket that can be made public": (rules.files_are_private_and_end, lambda t: put(properties(t, "Inbox")["PublicAccessBlockConfiguration"], "BlockPublicPolicy", False)),
    "files of others": (rules.files_are_private_and_end, lambda t: properties(t, "Inbox").pop("OwnershipControls")),
    "files over plain HTTP": (rules.files_are_private_and_end, lambda t: t["Resources"].pop("InboxBucketPolicy")),
    "a policy that refuses nothing": (rules.files_are_private_and_end, lambda t: put(properties(t, "InboxBucketPolicy")["PolicyDocument"]["Statement"][0], "Effect", "Allow")),
    "a policy for the bucket without its files": (rules.files_are_private_and_end, lambda t: properties(t, "InboxBucketPolicy")["PolicyDocument"]["Statement"][0]["Resource"].pop()),
    "files without an end": (rules.files_are_private_and_end, lambda t: properties(t, "Inbox")["LifecycleConfiguration"]["Rules"].pop(0)),
    "reports without an end": (rules.files_are_private_and_end, lambda t: put(properties(t, "Inbox")["LifecycleConfiguration"]["Rules"][1], "Status", "Disabled")),
    "uploads without an end": (rules.files_are_private_and_end, lambda t: properties(t, "Inbox")["LifecycleConfiguration"]["Rules"].pop()),
    "a bucket in the way": (rules.files_are_private_and_end, lambda t: t["Resources"]["Inbox"].pop("DeletionPolicy")),
    "an event for everything": (rules.no_function_calls_itself, lambda t: event(t, "InboxFunction", "Dropped").pop("Filter")),
    "an event for what it lays down": (rules.no_function_calls_itself, lambda t: put(event(t, "InboxFunction", "Dropped")["Filter"]["S3Key"]["Rules"][0], "Value", "rejected/L")),
    "reports among the files": (rules.no_function_calls_itself, lambda t: put(policy(t, "InboxPolicy", "LayDown"), "Resource", {"Fn::Sub": "${Inbox.Arn}/incoming/*"})),
    "a write of everything": (rules.nothing_is_allowed_wholesale, lambda t: put(policy(t, "InboxPolicy", "LayDown"), "Resource", {"Fn::Sub": "${Inbox.Arn}/*"})),
    "a read of what was told": (rules.nothing_is_allowed_wholesale, lambda t: put(policy(t, "InboxPolicy", "ReadFiles"), "Resource", {"Fn::Sub": "${Inbox.Arn}/rejected/*"})),
    "files that are lost": (rules.what_nobody_waits_for_is_not_lost, lambda t: properties(t, "InboxFunction")["EventInvokeConfig"].pop("DestinationConfig")),
    "calls without any care": (rules.what_nobody_waits_for_is_not_lost, lambda t: properties(t, "InboxFunction").pop("EventInvokeConfig")),
    "one try": (rules.what_nobody_waits_for_is_not_lost, lambda t: put(properties(t, "InboxFunction")["EventInvokeConfig"], "MaximumRetryAttempts", 0)),
    "a short life": (rules.what_nobody_waits_for_is_not_lost, lambda t: put(properties(t, "InboxFunction")["EventInvokeConfig"], "MaximumEventAgeInSeconds", 900)),
    "failures that end soon": (rules.what_nobody_waits_for_is_not_lost, lambda t: properties(t, "InboxFailures").pop("MessageRetentionPeriod")),
    "failures that cannot be told": (rules.what_nobody_waits_for_is_not_lost, lambda t: put(statement(t, "InboxRole", "SendMessages"), "Resource", {"Fn::GetAtt": ["Queue", "Arn"]})),
    "a door without bounds": (rules.the_public_door_is_bounded, lambda t: properties(t, "GatewayStage").pop("DefaultRouteSettings")),
    "a door with a diary": (rules.the_public_door_is_bounded, lambda t: put(properties(t, "GatewayStage"), "AccessLogSettings", {"Format": "$context.path", "DestinationArn": {"Fn::GetAtt": ["ApiLog", "Arn"]}})),
    "a door that nobody asked for": (rules.the_public_door_is_bounded, lambda t: t["Resources"]["Gateway"].pop("Condition")),
    "a door that is open by default": (rules.the_public_door_is_bounded, lambda t: put(t["Parameters"]["Api"], "Default", "yes")),
    "another kind of event": (rules.the_public_door_is_bounded, lambda t: put(properties(t, "GatewayIntegration"), "PayloadFormatVersion", "1.0")),
    "a function slower than its door": (rules.the_public_door_is_bounded, lambda t: put(properties(t, "ApiFunction"), "Timeout", 30)),
    "a door for every account": (rules.the_public_door_is_bounded, lambda t: properties(t, "GatewayPermission").pop("SourceArn")),
    "a second door": (rules.the_public_door_is_bounded, lambda t: properties(t, "Gateway").pop("DisableExecuteApiEndpoint")),
    "a door that takes a proxy for its callers": (rules.the_public_door_is_bounded, lambda t: variables(t, "ApiFunction").pop("LISTSYNC_TRUSTED_PROXIES")),
    "a door that nobody can bound": (rules.the_public_door_is_bounded, lambda t: properties(t, "ApiFunction").pop("ReservedConcurrentExecutions")),
    "a back door": (rules.the_public_door_is_bounded, lambda t: put(properties(t, "ApiFunction"), "FunctionUrlConfig", {"AuthType": "NONE"})),
    "alarms that do not say what silence means": (rules.what_can_stand_still_has_an_alarm, lambda t: properties(t, "LastRunAlarm").pop("TreatMissingData")),
} | {
    f"no {alarm}": (rules.what_can_stand_still_has_an_alarm, lambda t, alarm=alarm: t["Resources"].pop(alarm))
    for alarm in ["DeadLettersAlarm", "OldestMessageAlarm", "TimerErrorsAlarm", "WorkerErrorsAlarm", "LinksHeldAlarm", "LinksGrowthAlarm", "LinksFailingAlarm", "LastRunAlarm", "InboxFailuresAlarm", "InboxErrorsAlarm", "FilesRefusedAlarm", "ImportHeldAlarm", "FileWaitsAlarm", "ApiErrorsAlarm"]
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_seeded_fault_is_caught(fault, source):
    rule, seed = FAULTS[fault]
    seed(source)
    assert list(rule(shipped.translated(source))) != []


def test_the_kinds_of_items_are_those_of_the_schema():
    assert {"LIST#*", "LISTS", "APIKEY#*", "APIKEYS", "PEOPLE#*", "SETTINGS"} <= set(rules.kinds())
    api = rules.reach(shipped.translated(shipped.source()), "ApiRole")[0]
    assert set(rules.kinds()) - api == {"PEOPLE#*"}


def test_every_rule_is_able_to_fail():
    assert {rule for rule, _ in FAULTS.values()} == set(rules.RULES)


# Only the linter knows these, and some only once the template is translated.
LINTED = {
    "a misspelt property": lambda t: put(properties(t, "Queue"), "VisibilityTimeoutt", 1800),
    "a misspelt response type": lambda t: put(event(t, "WorkerFunction", "Messages"), "FunctionResponseTypes", ["ReportItemFailures"]),
    "a single worker": lambda t: put(event(t, "WorkerFunction", "Messages"), "ScalingConfig", {"MaximumConcurrency": 1}),
    "a role that waits for its own bucket": lambda t: statement(t, "InboxRole", "SendMessages")["Resource"].append({"Fn::GetAtt": ["Inbox", "Arn"]}),
    "a resource that is not there": lambda t: put(properties(t, "TimerFunction"), "Role", {"Fn::GetAtt": ["NoRole", "Arn"]}),
}


@pytest.mark.parametrize("fault", LINTED)
def test_the_linter_catches_a_seeded_fault(fault, source, tmp_path):
    LINTED[fault](source)
    assert lint_translated(tmp_path, source) != ""
