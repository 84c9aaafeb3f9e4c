#!/usr/bin/env bash
# moto 5.2.5 (PyPI, a double of AWS): a FIFO queue forgets a deduplication id as soon as its message was deleted. The
# developer guide, page "Using the message deduplication ID": the id is tracked for five minutes, also after the
# message was received and deleted.
#
# Guess before the run: the second message of the same id is taken and never delivered.
# Seen: it is delivered. So a trigger that is sent again within five minutes runs again on the double and does not on
# AWS: a test of "asked twice, run twice" passes here and the second run is lost there; a test of "sent twice, run
# once" fails here.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check 'moto[sqs]==5.2.5' boto3==1.44.5

cat > "$dir/again.py" <<'PY'
from importlib.metadata import version

import boto3
from moto import mock_aws

with mock_aws():
    sqs = boto3.client("sqs", "eu-west-1", aws_access_key_id="double", aws_secret_access_key="double")
    queue = sqs.create_queue(QueueName="runs.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]

    def send(body):
        sqs.send_message(QueueUrl=queue, MessageBody=body, MessageGroupId="link", MessageDeduplicationId="event-1")

    def delivered():
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]

    print("moto", version("moto"))
    send("first")
    send("while the first waits")
    before = delivered()
    send("after the first was deleted")
    after = delivered()
    print("sent twice before it was read:", before)
    print("sent again after it was deleted:", after)
    assert before == ["first"], before
    assert after == ["after the first was deleted"], after
PY
"$dir/venv/bin/python" "$dir/again.py"
echo "as found"
