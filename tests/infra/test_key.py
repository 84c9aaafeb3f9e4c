"""A stack with the operator's own key."""

from moto import mock_aws

import rules
from test_stack import EVERYTHING, Stack

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"


def test_a_managed_key_is_used_for_all_that_rests():
    with mock_aws():
        stack = Stack(KeyArn=KEY, **EVERYTHING)
        for name in stack.of_type("AWS::SQS::Queue"):
            made = stack.client("sqs").get_queue_attributes(QueueUrl=stack.made[name], AttributeNames=["All"])["Attributes"]
            assert made["KmsMasterKeyId"] == KEY
        # The emulator forgets the keys of logs and tables.
        for name in stack.of_type("AWS::Logs::LogGroup"):
            assert stack.asked(name)["KmsKeyId"] == KEY
        assert stack.asked("Table")["SSESpecification"]["KMSMasterKeyId"] == KEY
        (rule,) = stack.client("s3").get_bucket_encryption(Bucket=stack.made["Inbox"])["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
        for role, services in {"TimerRole": 2, "WorkerRole": 2, "ApiRole": 2, "InboxRole": 3}.items():
            used = [it for it in stack.asked(role)["Policies"][0]["PolicyDocument"]["Statement"] if it["Sid"].startswith("UseTheKey")]
            assert {it["Resource"] for it in used} == {KEY}
            assert sum(len(rules.each(it["Condition"]["StringEquals"]["kms:ViaService"])) for it in used) == services
            assert not any(rules.WILD.search(action) for it in used for action in it["Action"])
