"""The API is called as its own OpenAPI document says, well and badly: it never breaks, and answers only as documented."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


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
