"""Makes the shipped stack on an emulated AWS: `AWS_ENDPOINT_URL=… deploy.py STACK` prints its outputs as JSON."""

import json
import sys

import boto3

import template as shipped


def deploy(stack, template=None, **parameters):
    """Makes the stack. What the emulator leaves out, it leaves out silently: see test_stack.py."""
    template = template or shipped.translated(shipped.source())
    storage = boto3.client("s3", region_name=shipped.REGION)
    storage.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": shipped.REGION})
    storage.put_object(Bucket="artifacts", Key="function.zip", Body=b"PK\x05\x06" + bytes(18))
    cloud = boto3.client("cloudformation", region_name=shipped.REGION)
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in (shipped.PARAMETERS | parameters).items()]
    cloud.create_stack(StackName=stack, TemplateBody=json.dumps(template), Parameters=given, Capabilities=["CAPABILITY_IAM"])
    return cloud


def outputs(cloud, stack):
    made = cloud.describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}


def take_the_queue_over():
    """The emulator would take messages itself, for functions that it cannot run."""
    functions = boto3.client("lambda", region_name=shipped.REGION)
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)


if __name__ == "__main__":
    name = sys.argv[1]
    made = outputs(deploy(name), name)
    take_the_queue_over()
    print(json.dumps(made))
