#!/usr/bin/env bash
# ldap3 2.9.1 (PyPI): parse_dn gives values with their escapes, and safe_dn does not bring two spellings of one name
# together. RFC 4514 writes a comma as "\," or "\2C" and a letter as itself or in hexadecimal; servers differ in which they
# send. Whoever compares members by these functions takes one person for two.
#
# Guess before the run: parse_dn gives the plain value "Smith, John", and both spellings give the same.
# Seen: the values differ, and so does what safe_dn makes of them.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check ldap3==2.9.1 pyasn1==0.6.1

cat > "$dir/names.py" <<'PY'
from importlib.metadata import version

from ldap3.utils.dn import parse_dn, safe_dn

print("ldap3", version("ldap3"))
SPELLINGS = [
    (r"CN=Smith\, John,OU=People", r"CN=Smith\2C John,OU=People"),
    ("CN=Müller,OU=People", r"CN=M\C3\BCller,OU=People"),
]
for one, other in SPELLINGS:
    values = [parse_dn(name)[0][1] for name in (one, other)]
    print(one, "and", other, "->", values)
    assert values[0] != values[1], values
    assert safe_dn(one) != safe_dn(other)
assert parse_dn(SPELLINGS[0][0])[0][1] == r"Smith\, John"
PY
"$dir/venv/bin/python" "$dir/names.py"
echo "as found"
