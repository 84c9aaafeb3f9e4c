"""Linters of others find nothing in the API's document, and generators of others make clients of it that work."""

import json
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from conftest import MODULES

CLIENTS = Path(__file__).with_name("clients")
# As strict as a project would have it, for Node.js as it is.
COMPILED = {
    "module": "nodenext",
    "target": "es2023",
    "lib": ["es2023", "dom", "dom.iterable"],
    "strict": True,
    "skipLibCheck": True,
    "types": [],
    "rootDir": ".",
    "outDir": "out",
}


@pytest.fixture
def document(stage, tmp_path_factory):
    path = tmp_path_factory.mktemp("document") / "openapi.json"
    with urllib.request.urlopen(f"{stage['url']}/openapi.json") as answer:
        path.write_bytes(answer.read())
    return path


def test_redocly_finds_nothing(document, node):
    said = json.loads(node("@redocly/cli/bin/cli.js", "lint", document, "--format=json"))
    assert [problem["message"] for problem in said["problems"]] == []


def test_spectral_finds_nothing(document, node, tmp_path):
    rules = tmp_path / "spectral.yaml"
    rules.write_text('extends: ["spectral:oas"]\n')
    node("@stoplight/spectral-cli/dist/index.js", "lint", document, "--ruleset", rules, "--fail-severity=hint")


def answered(said, stage):
    """What each of the clients prints: which lists there are, that a file was taken in, a sync was waited for, and a list has
    its version."""
    assert json.loads(said) == {"lists": ["News"], "status": [201, 200, True]}


@pytest.fixture
def typescript(document, tmp_path_factory):
    """The folder of the clients of both generators, compiled."""
    folder = tmp_path_factory.mktemp("typescript")
    (folder / "node_modules").symlink_to(MODULES)
    (folder / "package.json").write_text('{"type": "commonjs"}')
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": COMPILED, "include": ["*.ts", "hey"]}))
    for client in CLIENTS.glob("*.ts"):
        shutil.copy(client, folder)
    return folder


def test_the_clients_of_typescript_work(stage, document, typescript, node):
    node("openapi-typescript/bin/cli.js", document, "--output", typescript / "schema.d.ts", cwd=typescript)
    node("@hey-api/openapi-ts/bin/run.js", "--input", document, "--output", typescript / "hey", "--no-log-file", cwd=typescript)
    node("typescript/lib/tsc.js", "--project", typescript)
    for client in ("by_openapi_typescript", "by_hey_api"):
        said = node(typescript / "out" / f"{client}.js", stage["url"], stage["key"], stage["link"], cwd=typescript)
        answered(said, stage)


def test_the_client_of_python_works(stage, document, tmp_path):
    made = tmp_path / "made"
    generator = [Path(sys.executable).with_name("openapi-python-client"), "generate", "--meta", "none", "--fail-on-warning"]
    config = ["--config", CLIENTS / "openapi-python-client.yaml", "--path", document, "--output-path", made]
    ended = subprocess.run([*generator, *config], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    # Every operation is in it, and every module of it can be read.
    operations = json.loads(document.read_text())["paths"]
    assert len(list(made.glob("api/*/[a-z]*.py"))) == sum(len(item) for item in operations.values())
    subprocess.run([sys.executable, "-m", "compileall", "-q", made], check=True)
    client = [sys.executable, CLIENTS / "by_openapi_python_client.py", stage["url"], stage["key"], stage["link"]]
    ended = subprocess.run(client, capture_output=True, text=True, timeout=120, env={"PYTHONPATH": str(tmp_path)})
    assert ended.returncode == 0, ended.stderr
    answered(ended.stdout, stage)
