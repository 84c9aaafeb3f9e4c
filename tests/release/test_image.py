"""The container of a release: made, unpacked by the rules of its layout, and what is in it started as the container would."""

import gzip
import hashlib
import io
import json
import os
import subprocess
import tarfile

import pytest

from test_releasing import LINUX, ROOT, archive, script

image = script("image")
# Says who it is, where it works, and whether it finds the authorities, as a program that has no library.
PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int count, char **words) {
    char where[200];
    FILE *authorities = fopen(getenv("SSL_CERT_FILE"), "r");
    printf("%d %d %s %s %s\n", getuid(), getgid(), getcwd(where, sizeof where), words[1], authorities ? "trusts" : "trusts nobody");
    return access("/etc/passwd", F_OK) == 0;
}
"""
CERTIFICATES = "-----BEGIN CERTIFICATE-----\n"


@pytest.fixture
def programs(tmp_path):
    """The programs, both this one and in want of nothing."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "program.c").write_text(PROGRAM)
    for name in archive.PROGRAMS:
        subprocess.run(["cc", "-static", "-o", folder / name, folder / "program.c"], check=True)
    return folder


@pytest.fixture
def certificates(tmp_path):
    path = tmp_path / "ca-certificates.crt"
    path.write_text(CERTIFICATES)
    return path


def unpacked(made, folder):
    """The root of an image and its settings. Every blob is what its digest says."""
    with tarfile.open(fileobj=io.BytesIO(made)) as packed:
        files = {it.name: packed.extractfile(it).read() for it in packed if it.isfile()}
    assert json.loads(files["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}

    def blob(it):
        data = files[f"blobs/{it['digest'].replace(':', '/')}"]
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (it["digest"].removeprefix("sha256:"), it["size"])
        return data

    (only,) = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(blob(only))
    config = json.loads(blob(manifest["config"]))
    (layer,) = manifest["layers"]
    plain = gzip.decompress(blob(layer))
    assert config["rootfs"]["diff_ids"] == [f"sha256:{hashlib.sha256(plain).hexdigest()}"]
    with tarfile.open(fileobj=io.BytesIO(plain)) as packed:
        assert {(it.uid, it.gid) for it in packed} == {(0, 0)}
        packed.extractall(folder, filter="data")
    return config


def started(root, config):
    """What the container says. Whoever is root becomes its user; who is not, is its user in a namespace of their own."""
    said = config["config"]
    user, group = map(int, said["User"].split(":"))
    environment = dict(it.split("=", 1) for it in said["Env"])
    program = f"{environment['PATH']}/{said['Entrypoint'][0]}"
    command = [program, *said["Entrypoint"][1:], *said["Cmd"]]

    def become():
        os.chroot(root)
        os.chdir(said["WorkingDir"])
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)

    if os.getuid() == 0:
        return subprocess.run(command, env=environment, preexec_fn=become, capture_output=True, text=True)
    unshare = ["/usr/bin/unshare", "--user", f"--map-user={user}", f"--map-group={group}", f"--root={root}"]
    return subprocess.run([*unshare, f"--wd={said['WorkingDir']}", *command], env=environment, capture_output=True, text=True)


def test_the_container_is_unpacked_and_started_and_is_nobody_in_particular(programs, certificates, tmp_path):
    made = image.make(archive.pack(LINUX, programs, tmp_path / "out"), certificates)
    root = tmp_path / "root"
    root.mkdir(mode=0o755)
    config = unpacked(made, root)
    files = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert files == {
        "usr/local/bin/listsync",
        "usr/local/bin/listsync-graph-emulator",
        "usr/share/doc/listsync/LICENSE-APACHE",
        "usr/share/doc/listsync/LICENSE-MIT",
        "etc/ssl/certs/ca-certificates.crt",
    }
    assert (config["architecture"], config["os"]) == ("amd64", "linux")
    ended = started(root, config)
    assert (ended.returncode, ended.stdout) == (0, "65532 65532 /var/lib/listsync serve trusts\n"), ended.stderr


def test_the_same_archive_makes_the_same_image(programs, certificates, tmp_path):
    packed = archive.pack(LINUX, programs, tmp_path / "out")
    assert image.make(packed, certificates) == image.make(packed, certificates)


def test_a_program_that_needs_libraries_is_refused(programs, certificates, tmp_path):
    subprocess.run(["cc", "-o", programs / "listsync", programs / "program.c"], check=True)
    with pytest.raises(image.Refused, match="usr/local/bin/listsync needs libraries"):
        image.make(archive.pack(LINUX, programs, tmp_path / "out"), certificates)
    (programs / "listsync").write_text("#!/bin/sh\n")
    with pytest.raises(image.Refused, match="needs libraries"):
        image.make(archive.pack(LINUX, programs, tmp_path / "out"), certificates)


def test_an_archive_of_another_machine_is_refused(programs, certificates, tmp_path):
    with pytest.raises(image.Refused, match="no machine"):
        image.make(archive.pack("aarch64-apple-darwin", programs, tmp_path / "out"), certificates)


def test_the_workflow_makes_one_of_each_archive_for_musl():
    ran = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    assert "for archive in archives/*-linux-musl.tar.gz; do" in ran
    assert 'release/image "$archive" /etc/ssl/certs/ca-certificates.crt "${archive%.tar.gz}.oci.tar"' in ran
