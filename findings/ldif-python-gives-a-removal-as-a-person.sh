#!/usr/bin/env bash
# ldif 4.3.0 (PyPI, the ldif of python-ldap without its C library): a record that says "delete" comes out of parse()
# like a person, and a change that its own writer writes cannot be read. RFC 2849, "Formal Syntax Definition": a record
# with "changetype" is a change, and each part of a modify ends with a line "-". RFC 4512, section 1.4: names of
# attributes have no case.
#
# Guess before the run: mail and Mail are one attribute. By its class, which says that it reads entries or changes,
# changes should come as changes.
# Seen: (dn, {"changetype": ["delete"]}), beside the entries and without an error; the writer's modify ends in a
# ValueError, with strict=False, too; mail and Mail are two keys. Who goes over a file of changes adds whom it
# removes.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check ldif==4.3.0

cat > "$dir/changes.py" <<'PY'
from importlib.metadata import version
from io import BytesIO

from ldif import LDIFParser, LDIFWriter

FILE = b"""version: 1
dn: cn=Ann,dc=example,dc=com
cn: Ann
mail: ann@example.com
Mail: ann@example.org

dn: cn=Bob,dc=example,dc=com
changetype: delete

dn: cn=Cy,dc=example,dc=com
changetype: modrdn
newrdn: cn=Cyrus
deleteoldrdn: 1
"""
print("ldif", version("ldif"))
records = [(dn, dict(record)) for dn, record in LDIFParser(BytesIO(FILE)).parse()]
for dn, record in records:
    print(dn, "->", record)
assert [dn.split(",")[0] for dn, _ in records] == ["cn=Ann", "cn=Bob", "cn=Cy"]
ann, bob, cy = (record for _, record in records)
assert (ann["mail"], ann["Mail"]) == (["ann@example.com"], ["ann@example.org"])
assert bob == {"changetype": ["delete"]}
assert cy == {"changetype": ["modrdn"], "newrdn": ["cn=Cyrus"], "deleteoldrdn": ["1"]}

written = BytesIO()
MOD_DELETE = 1
LDIFWriter(written).unparse("cn=Dan,dc=example,dc=com", [(MOD_DELETE, "mail", ["dan@example.com"])])
print(written.getvalue())
assert written.getvalue().endswith(b"delete: mail\nmail: dan@example.com\n-\n\n")
for strict in (True, False):
    try:
        verdict = list(LDIFParser(BytesIO(written.getvalue()), strict=strict).parse())
    except ValueError as error:
        verdict = type(error).__name__
    print("its own change, strict", strict, "->", verdict)
    assert verdict == "ValueError"
PY
"$dir/venv/bin/python" "$dir/changes.py"
echo "as found"
