"""The deployment template, and what AWS would make of it."""

import copy
import os
from pathlib import Path

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

PATH = Path(__file__).parents[2] / "infra" / "template.yaml"
REGION = "eu-west-1"

# What the person who deploys has to say; everything else has a default.
PARAMETERS = {
    "TenantId": "11111111-2222-3333-4444-555555555555",
    "ClientId": "66666666-7777-8888-9999-000000000000",
}


def source():
    """The template as it is written."""
    return yaml_parse(PATH.read_text())


def translated(template):
    """The template in plain CloudFormation, with no call to AWS."""
    template = copy.deepcopy(template)
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            # What `sam deploy` makes of a local path.
            resource["Properties"]["CodeUri"] = "s3://artifacts/function.zip"
    return plain(template, PARAMETERS)


def plain(template, parameters):
    """A template whose code lies in a bucket, in plain CloudFormation."""
    os.environ["AWS_DEFAULT_REGION"] = REGION
    return transform(template, dict(parameters), NoManagedPolicies())


class NoManagedPolicies:
    """No role of ours has a policy of AWS; a use of one fails the translation."""

    max_items = 0

    def load(self):
        return {}
