#!/usr/bin/env bash
# ldap3 2.9.1 (PyPI): an account of Active Directory that never expires has expired since 1601. Microsoft's page on the
# attribute Account-Expires: 0 and 9223372036854775807 both mean "never"; on Pwd-Last-Set: 0 means that the password
# has to be set at the next logon.
#
# Guess before the run: both are one value, as they mean one thing: None, or the farthest date there is.
# Seen: the large number is the end of the year 9999, the 0 is 1 January 1601. Who takes "accountExpires < now"
# for a sign of leaving removes people whose account has no end.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check ldap3==2.9.1 pyasn1==0.6.1

cat > "$dir/expires.py" <<'PY'
from datetime import datetime, timezone
from importlib.metadata import version

from ldap3 import MOCK_SYNC, OFFLINE_AD_2012_R2, Connection, Server

directory = Connection(Server("double", get_info=OFFLINE_AD_2012_R2), user="cn=admin,o=x", password="secret",
                       client_strategy=MOCK_SYNC)
directory.strategy.add_entry("cn=admin,o=x", {"objectClass": "user", "sn": "admin", "userPassword": "secret"})
EXPIRES = {"ann": "9223372036854775807", "bob": "0", "cy": "134409888000000000"}
for name, expires in EXPIRES.items():
    directory.strategy.add_entry(
        f"cn={name},o=x", {"objectClass": "user", "sn": name, "accountExpires": expires, "pwdLastSet": "0"})
directory.bind()
directory.search("o=x", "(accountExpires=*)", attributes=["sn", "accountExpires", "pwdLastSet"])
ends = {str(entry.sn): entry.accountExpires.value for entry in directory.entries}
print("ldap3", version("ldap3"))
for name, end in ends.items():
    print(name, "has", EXPIRES[name], "->", end)
assert ends["ann"].year == 9999
assert ends["bob"] == datetime(1601, 1, 1, tzinfo=timezone.utc)
assert ends["cy"] == datetime(2026, 12, 6, tzinfo=timezone.utc)
assert [name for name, end in ends.items() if end < datetime(2026, 12, 1, tzinfo=timezone.utc)] == ["bob"]
assert all(entry.pwdLastSet.value.year == 1601 for entry in directory.entries)
PY
"$dir/venv/bin/python" "$dir/expires.py"
echo "as found"
