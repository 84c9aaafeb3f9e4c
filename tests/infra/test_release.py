"""The template of a release is the template, with its code in a bucket."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

import rules
import template as shipped
from test_template import lint

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    path = tmp_path_factory.mktemp("release") / "listsync.yaml"
    subprocess.run([sys.executable, ROOT / "infra" / "release", VERSION, path], check=True)
    return path


def code(name):
    return {"S3Bucket": {"Ref": "CodeBucket"}, "S3Key": {"Fn::Sub": f"${{CodePrefix}}listsync-{name}-${{Architecture}}.zip"}}


def test_it_differs_in_where_the_code_is_and_in_nothing_else(release):
    asked = yaml_parse(release.read_text())
    given = shipped.PARAMETERS | {"CodeBucket": "zips"}
    made, wanted = shipped.plain(asked, given), shipped.translated(shipped.source())
    for name in rules.of_type(made, "AWS::Lambda::Function"):
        function = made["Resources"][name]["Properties"]
        assert function.pop("Code") == code(name.removesuffix("Function").lower())
        del wanted["Resources"][name]["Properties"]["Code"]
    assert {name: made["Parameters"].pop(name)["Type"] for name in ("CodeBucket", "CodePrefix")} == {"CodeBucket": "String", "CodePrefix": "String"}
    assert made["Metadata"].pop("AWS::ServerlessRepo::Application")["SemanticVersion"] == VERSION
    del wanted["Metadata"]["AWS::ServerlessRepo::Application"]
    groups = made["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    for group in groups:
        group["Parameters"] = [name for name in group["Parameters"] if not name.startswith("Code")]
    assert json.dumps(made, sort_keys=True) == json.dumps(wanted, sort_keys=True)


def test_it_passes_the_linter(release):
    assert lint(release) == ""


def test_it_is_small_enough_for_a_link(release):
    """A stack made from a link takes its template from S3, of 1 MB at most ("AWS CloudFormation quotas")."""
    assert release.stat().st_size < 1_000_000


def test_the_repository_takes_what_is_said_of_it(release):
    """As "AWS SAM template Metadata section properties" of the SAM developer guide has it."""
    said = yaml_parse(release.read_text())["Metadata"]["AWS::ServerlessRepo::Application"]
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,140}", said["Name"])
    assert 1 <= len(said["Description"]) <= 256
    assert re.fullmatch(r"[a-zA-Z0-9 -]{1,127}", said["Author"])
    assert len(said["Labels"]) <= 10 and all(re.fullmatch(r"[a-zA-Z0-9+\-_:/@]{1,127}", label) for label in said["Labels"])
    assert said["SpdxLicenseId"] == "MIT"
    for file in ("LicenseUrl", "ReadmeUrl"):
        assert (ROOT / "infra" / said[file]).is_file()


def test_every_parameter_has_its_place_in_the_form(release):
    asked = yaml_parse(release.read_text())
    groups = asked["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    placed = [name for group in groups for name in group["Parameters"]]
    assert sorted(placed) == sorted(asked["Parameters"])


def test_the_configuration_for_sam_lies_beside_the_template():
    said = tomllib.loads((ROOT / "infra" / "samconfig.toml").read_text())
    assert said["version"] == 0.1
    assert (ROOT / "infra" / "template.yaml").is_file()
    assert said["default"]["deploy"]["parameters"]["capabilities"] == "CAPABILITY_IAM"
