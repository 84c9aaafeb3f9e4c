"""The API is called as its own OpenAPI document says, well and badly: it never breaks, and answers only as documented."""

import json
import os
import pathlib
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """The API over a store and a directory in memory."""
    said = tmp_path_factory.mktemp("stage") / "address.json"
    # Of the whole workspace, so that what the tests have built is used again.
    build = ["cargo", "build", "--quiet", "--locked", "--workspace", "--example", "stage"]
    subprocess.run(build, cwd=ROOT, check=True)
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    program = subprocess.Popen([target / "debug/examples/stage", said], stdin=subprocess.PIPE)
    try:
        for _ in range(600):
            if said.exists() and said.read_text():
                break
            assert program.poll() is None, "the stage ended"
            time.sleep(0.05)
        yield json.loads(said.read_text())
    finally:
        program.stdin.close()
        program.wait(timeout=10)


def test_the_api_does_what_its_document_says(stage, tmp_path):
    command = [
        ROOT / ".venv-test/bin/schemathesis",
        "--config-file",
        pathlib.Path(__file__).with_name("schemathesis.toml"),
        "run",
        f"{stage['url']}/openapi.json",
        "--header",
        f"Authorization: Bearer {stage['key']}",
    ]
    known = os.environ | {"LISTSYNC_LINK": stage["link"], "LISTSYNC_RUN": stage["run"]}
    ran = subprocess.run(command, cwd=tmp_path, env=known, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout[-20_000:] + ran.stderr[-2_000:]
