"""A new user comes from the README of a release to a preview, with its archive and nothing else."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from test_releasing import LINUX, ROOT, archive, copy, version  # noqa: F401 (copy is a fixture)


@pytest.fixture
def programs(tmp_path):
    """The programs without what only debuggers read, as a release has them."""
    built = Path(os.environ.get("LISTSYNC_BIN_DIR") or build())
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in archive.PROGRAMS:
        subprocess.run(["strip", "-o", folder / name, built / name], check=True)
    return folder


def build():
    """Builds with the features that the tests have, so that what they have built is used again."""
    subprocess.run(["cargo", "build", "--quiet", "--locked", "--workspace", "--bins", "--tests"], cwd=ROOT, check=True)
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"


def newcomer(readme, packed):
    return subprocess.run([ROOT / "tests" / "newcomer", readme, packed], capture_output=True, text=True, timeout=600)


def test_from_the_readme_to_a_preview(copy, programs, tmp_path):  # noqa: F811
    now = archive.version()
    version.make(copy, now, "2027-01-31")
    ended = newcomer(copy / "README.md", archive.pack(LINUX, programs, tmp_path / "out"))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.count("+ group  ") == 40, ended.stdout
    assert re.search(r"^from the archive to a preview: \d+\.\d seconds$", ended.stdout, flags=re.M)


def test_a_readme_that_names_no_archive_is_no_way(tmp_path):
    (tmp_path / "archive.tar.gz").touch()
    ended = newcomer(ROOT / "README.md", tmp_path / "archive.tar.gz")
    assert ended.returncode == 1 and "names no archive" in ended.stderr
