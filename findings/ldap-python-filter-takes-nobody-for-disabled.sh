#!/usr/bin/env bash
# ldap-filter 1.0.1 (PyPI, based on RFC 4515, as it says): a matching rule is read as a part of the attribute's name, so
# that the filter for disabled accounts of Active Directory matches nobody. RFC 4515, section 3, "extensible":
# attribute, colon, rule, ":="; Microsoft's page on search filter syntax: 1.2.840.113556.1.4.803 asks for set bits, and
# 2 of userAccountControl is a disabled account.
#
# Guess before the run: the bits are compared, or match() refuses the rule; names of attributes have no case (RFC 4512,
# section 1.4), and "M\c3\bcller" is "Müller" (RFC 4515, section 3).
# Seen: no error, and nobody is disabled; with "not" in front, as such filters mostly are, everybody is enabled.
# "givenname" does not find "givenName", and the name with escapes finds nobody.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check ldap-filter==1.0.1

cat > "$dir/match.py" <<'PY'
from importlib.metadata import version

from ldap_filter import Filter

print("ldap-filter", version("ldap-filter"))
RULE = "userAccountControl:1.2.840.113556.1.4.803:=2"
enabled = {"objectCategory": "person", "givenName": "Ann", "sn": "Müller", "userAccountControl": "512"}
disabled = enabled | {"userAccountControl": "514"}
# The filter, the person, what the standard says and what the library says.
cases = [
    ("(userAccountControl=514)", disabled, True, True),
    (f"({RULE})", disabled, True, False),
    (f"({RULE})", enabled, False, False),
    (f"(&(objectCategory=person)(!({RULE})))", disabled, False, True),
    (f"(&(objectCategory=person)(!({RULE})))", enabled, True, True),
    ("(givenName=Ann)", enabled, True, True),
    ("(givenname=Ann)", enabled, True, False),
    ("(sn=Müller)", enabled, True, True),
    (r"(sn=M\c3\bcller)", enabled, True, False),
]
for text, person, meant, found in cases:
    matches = Filter.parse(text).match(person)
    print(text, person["userAccountControl"], "->", matches, "" if matches == meant else f"(RFC 4515: {meant})")
    assert matches is found
PY
"$dir/venv/bin/python" "$dir/match.py"
echo "as found"
