"""Makes the shipped stack on an emulated AWS: `AWS_ENDPOINT_URL=… deploy.py STACK` prints its outputs, and what the role of
each function allows, as JSON."""

import json
import re
import sys

import boto3

import rules
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


def roles(template):
    """What the role of each function lets it do to what, by the names of the template, as tests/moto/roles.py takes it."""
    functions = rules.of_type(template, "AWS::Lambda::Function")
    who = {rules.named(function["Role"]): f"listsync-{name.removesuffix('Function').lower()}" for name, function in functions.items()}
    grants = {name: [] for name in who.values()}
    for role, statement in rules.statements(template):
        if role not in who:
            continue
        if statement["Effect"] != "Allow":
            raise ValueError(f"{role}: {statement.get('Sid')} is of a kind that tests/moto/roles.py does not judge by")
        places = [place(template, resource) for resource in rules.each(statement["Resource"])]
        grants[who[role]].append({"actions": rules.each(statement["Action"]), "places": places, "keys": rules.leading_keys(statement)})
    return grants


def place(template, resource):
    """A resource of the stack, or what lies in it, or a secret by its name; none: it is no part of the stack."""
    match resource:
        case {"Fn::GetAtt": [name, "Arn"]}:
            return name
        case {"Fn::Join": ["/", [{"Fn::GetAtt": [name, "Arn"]}, rest]]}:
            return f"{name}/{rest}"
        case {"Fn::Sub": text} if text.startswith("${"):
            return text.replace("${", "").replace(".Arn}", "")
        case {"Fn::Sub": text} if ":identity/" in text:
            return "Sender"
        case {"Fn::Sub": text} if (secret := re.search(r":secret:\$\{(\w+)\}", text)):
            return f"Secret {template['Parameters'][secret.group(1)]['Default']}"
    return None


if __name__ == "__main__":
    name = sys.argv[1]
    template = shipped.translated(shipped.source())
    made = outputs(deploy(name, template, Api="yes", ApiClientId="99999999-8888-7777-6666-555555555555"), name)
    take_the_queue_over()
    print(json.dumps(made | {"Roles": roles(template)}))
