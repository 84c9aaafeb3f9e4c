"""The app that infra/register-app registers, on an Azure CLI that writes down what it is asked."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What each command takes, by its page of the Azure CLI reference; all take --query and --output.
TAKES = {
    "account show": set(),
    "ad app create": {"--display-name", "--sign-in-audience"},
    "ad app credential reset": {"--id", "--append", "--display-name", "--years", "--end-date", "--cert", "--create-cert", "--keyvault"},
    "ad app permission add": {"--id", "--api", "--api-permissions"},
    "ad app permission admin-consent": {"--id"},
    "ad app update": {"--id", "--web-redirect-uris", "--app-roles"},
    "ad sp create": {"--id"},
    "ad sp show": {"--id"},
}
ANSWERS = """#!/usr/bin/env python3
import json, os, sys
asked = sys.argv[1:]
with open(os.environ["ASKED"], "a") as file:
    file.write(json.dumps(asked) + "\\n")
said = " ".join(asked)
if said.startswith("account show"):
    print("11111111-2222-3333-4444-555555555555")
elif said.startswith("ad sp show"):
    name = asked[asked.index("--query") + 1].split("'")[1]
    print("" if name == "Group.Craete" else f"id-of-{name}")
elif said.startswith("ad app create"):
    print("66666666-7777-8888-9999-000000000000")
elif said.startswith("ad app permission admin-consent"):
    tries = sum("admin-consent" in line for line in open(os.environ["ASKED"]))
    sys.exit(tries <= int(os.environ["SLOW"]))
elif said.startswith("ad app credential reset"):
    print("s3cret~")
"""


@pytest.fixture
def register(tmp_path):
    (tmp_path / "az").write_text(ANSWERS)
    (tmp_path / "az").chmod(0o755)

    def run(*arguments, slow=0):
        log = tmp_path / "asked"
        log.write_text("")
        known = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ASKED": str(log), "SLOW": str(slow), "PAUSE": "0"}
        ended = subprocess.run([ROOT / "infra" / "register-app", *arguments], env=known, capture_output=True, text=True)
        return ended, [json.loads(line) for line in log.read_text().splitlines()]

    return run


def command(asked):
    words = [word for word in asked[: next((i for i, word in enumerate(asked) if word.startswith("-")), len(asked))]]
    return " ".join(words)


def test_it_prints_what_the_environment_wants(register):
    ended, asked = register("Group.Create")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines() == [
        "AZURE_TENANT_ID=11111111-2222-3333-4444-555555555555",
        "AZURE_CLIENT_ID=66666666-7777-8888-9999-000000000000",
        "AZURE_CLIENT_SECRET=s3cret~",
    ]
    (granted,) = [it for it in asked if command(it) == "ad app permission add"]
    roles = [word for word in granted if word.endswith("=Role")]
    assert roles == [f"id-of-{name}=Role" for name in ("GroupMember.ReadWrite.All", "User.Read.All", "Group.Create")]


def test_each_flag_is_one_that_the_command_takes(register):
    _, asked = register("--name", "lists", "--console", "https://lists.contoso.com", "Group.Create")
    assert {command(it) for it in asked} == set(TAKES)
    for it in asked:
        flags = {word for word in it if word.startswith("--")}
        assert flags <= TAKES[command(it)] | {"--query", "--output"}, it


def test_without_a_secret_none_is_made(register):
    ended, asked = register("--no-secret")
    assert "SECRET" not in ended.stdout
    assert not [it for it in asked if "credential" in it]


def test_a_file_is_written_for_its_owner_alone(register, tmp_path):
    printed, _ = register("Group.Create")
    ended, _ = register("--out", str(tmp_path / ".env"), "Group.Create")
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert (tmp_path / ".env").read_text() == printed.stdout
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_left_as_it_is_and_nothing_is_made(register, tmp_path):
    (tmp_path / ".env").write_text("AZURE_CLIENT_SECRET=of another\n")
    ended, asked = register("--out", str(tmp_path / ".env"), "Group.Create")
    assert ended.returncode == 1 and "is there already" in ended.stderr and asked == []
    assert (tmp_path / ".env").read_text() == "AZURE_CLIENT_SECRET=of another\n"


def test_a_misspelt_permission_leaves_nothing_behind(register):
    ended, asked = register("Group.Craete")
    assert ended.returncode == 1 and "Group.Craete" in ended.stderr and ended.stdout == ""
    assert {command(it) for it in asked} == {"ad sp show"}


def test_a_slow_tenant_is_waited_for_and_one_that_does_not_consent_is_told_of(register):
    ended, _ = register(slow=3)
    assert ended.returncode == 0 and "AZURE_CLIENT_SECRET" in ended.stdout
    ended, asked = register(slow=9)
    assert ended.returncode == 1 and "has no consent yet" in ended.stderr
    assert not [it for it in asked if "credential" in it]


def test_its_help_is_what_stands_at_its_head(register):
    ended, asked = register("--help")
    assert ended.returncode == 2 and asked == []
    assert ended.stderr.startswith("Registers an app") and "usage: infra/register-app" in ended.stderr


def test_the_two_that_every_link_needs_are_those_of_the_guide():
    guide = (ROOT / "docs" / "connect.md").read_text()
    told = re.findall(r"^\| `([\w.-]+)` \|", guide, flags=re.M)[:2]
    assert "infra/register-app --out .env" in guide
    assert f"permissions=({' '.join(told)})" in (ROOT / "infra" / "register-app").read_text()


def test_who_signs_in_to_the_console_has_five_roles_and_one_redirect_address(register):
    ended, asked = register("--console", "https://lists.contoso.com/")
    assert ended.returncode == 0, ended.stderr
    [update] = [words for words in asked if command(words) == "ad app update"]
    assert update[update.index("--web-redirect-uris") + 1] == "https://lists.contoso.com/sign-in/back"
    roles = json.loads(update[update.index("--app-roles") + 1])
    assert {role["value"] for role in roles} == {f"Listsync.{name}" for name in ["Read", "Operate", "Link", "Approve", "Admin"]}
    assert len({role["id"] for role in roles}) == 5
    assert all(role["allowedMemberTypes"] == ["User"] and role["isEnabled"] for role in roles)
    assert "LISTSYNC_CONSOLE_URL=https://lists.contoso.com\n" in ended.stdout
    assert "LISTSYNC_CONSOLE_CLIENT_ID=66666666" in ended.stdout
    ended, asked = register()
    assert not any(command(words) == "ad app update" for words in asked)
    assert "CONSOLE" not in ended.stdout
