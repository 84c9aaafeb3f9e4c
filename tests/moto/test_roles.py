"""The judge of roles lets through what a role allows, and nothing else."""

import pytest

import roles

GRANTS = [
    {"actions": ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:ConditionCheckItem"], "places": ["Table"],
     "keys": ["LINK#*", "LINKS", "LIST#*"]},
    {"actions": ["dynamodb:PutItem", "dynamodb:BatchWriteItem"], "places": ["Table"], "keys": ["LINK#*"]},
    {"actions": ["dynamodb:Query"], "places": ["Table/index/due"], "keys": None},
    {"actions": ["sqs:SendMessage"], "places": ["Queue"], "keys": None},
    {"actions": ["secretsmanager:GetSecretValue"], "places": ["Secret /listsync/api-client-secret"], "keys": None},
    {"actions": ["s3:GetObject"], "places": ["Inbox/incoming/*"], "keys": None},
]


def key(pk):
    return {"pk": {"S": pk}, "sk": {"S": "HEAD"}}


def query(pk, **more):
    return {"ExpressionAttributeValues": {":pk": {"S": pk}}, **more}


def transaction(*parts):
    return {"TransactItems": [{kind: {"Item" if kind == "Put" else "Key": key(pk)}} for kind, pk in parts]}


def beyond(service, operation, asked=None, place=None):
    return [str(use) for use in roles.uses((service, operation), asked or {}, place) if not roles.allows(GRANTS, use)]


@pytest.mark.parametrize("service, operation, asked, place", [
    ("dynamodb", "GetItem", {"Key": key("LINK#1")}, None),
    ("dynamodb", "GetItem", {"Key": key("LINKS")}, None),
    ("dynamodb", "PutItem", {"Item": key("LINK#1")}, None),
    ("dynamodb", "BatchGetItem", {"RequestItems": {"t": {"Keys": [key("LINK#1"), key("LIST#1")]}}}, None),
    ("dynamodb", "BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": key("LINK#1")}}, {"DeleteRequest": {"Key": key("LINK#2")}}]}}, None),
    ("dynamodb", "Query", query("LINKS"), None),
    ("dynamodb", "Query", query("0", IndexName="due"), None),
    ("dynamodb", "TransactWriteItems", transaction(("Put", "LINK#1"), ("ConditionCheck", "LIST#1")), None),
    ("sqs", "SendMessageBatch", {}, None),
    ("s3", "GetObject", {}, "Inbox/incoming/*"),
    ("secretsmanager", "GetSecretValue", {"SecretId": "/listsync/api-client-secret"}, None),
])
def test_what_a_role_allows_goes_through(service, operation, asked, place):
    assert beyond(service, operation, asked, place) == []


@pytest.mark.parametrize("service, operation, asked, place, told", [
    ("dynamodb", "GetItem", {"Key": key("APIKEYS")}, None, "dynamodb:GetItem Table of APIKEYS"),
    # A kind that begins as another.
    ("dynamodb", "GetItem", {"Key": key("LISTS")}, None, "dynamodb:GetItem Table of LISTS"),
    ("dynamodb", "PutItem", {"Item": key("LIST#1")}, None, "dynamodb:PutItem Table of LIST"),
    ("dynamodb", "UpdateItem", {"Key": key("LINK#1")}, None, "dynamodb:UpdateItem Table of LINK"),
    # One item of another kind among many.
    ("dynamodb", "BatchGetItem", {"RequestItems": {"t": {"Keys": [key("LINK#1"), key("SIGNING")]}}}, None, "dynamodb:BatchGetItem Table of LINK, SIGNING"),
    ("dynamodb", "BatchWriteItem", {"RequestItems": {"t": [{"PutRequest": {"Item": key("LINK#1")}}, {"DeleteRequest": {"Key": key("SAID#1")}}]}}, None,
     "dynamodb:BatchWriteItem Table of LINK, SAID"),
    # Its parts are judged one by one: a check is no write.
    ("dynamodb", "TransactWriteItems", transaction(("Put", "LINK#1"), ("Put", "LIST#1"), ("ConditionCheck", "LIST#2")), None, "dynamodb:PutItem Table of LIST"),
    ("dynamodb", "Query", query("SOURCES"), None, "dynamodb:Query Table of SOURCES"),
    ("dynamodb", "Query", query("0", IndexName="runs"), None, "dynamodb:Query Table/index/runs"),
    # No key is named, so that what has to hold of all keys would hold.
    ("dynamodb", "Scan", {}, None, "dynamodb:Scan Table"),
    ("sqs", "ReceiveMessage", {}, None, "sqs:ReceiveMessage Queue"),
    ("s3", "PutObject", {}, "Inbox/incoming/*", "s3:PutObject Inbox/incoming/*"),
    ("secretsmanager", "GetSecretValue", {"SecretId": "/listsync/client-secret"}, None, "secretsmanager:GetSecretValue Secret /listsync/client-secret"),
])
def test_what_a_role_does_not_allow_is_told(service, operation, asked, place, told):
    assert beyond(service, operation, asked, place) == [told]


def test_a_request_names_the_part_of_the_bucket():
    assert roles.in_bucket("/bucket/incoming/List/full/generic/staff.csv") == "Inbox/incoming/*"
