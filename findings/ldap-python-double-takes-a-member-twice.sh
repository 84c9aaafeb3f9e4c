#!/usr/bin/env bash
# ldap3 2.9.1 (PyPI): its double of a server (MOCK_SYNC) adds a member who is there a second time, and does one half
# of a change whose other half fails. RFC 4511, section 4.6: a value that exists is refused (20), one that does not is
# refused (16), and a modify is done whole or not at all.
#
# Guess before the run: codes 20 and 16, and nothing done.
# Seen: success and two values; code 1 with a half of the removals done. A list that the size limit cut is a success,
# too, where section 4.5.1.4 has code 4. So a sync that passes on the double fails on the first server.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check ldap3==2.9.1 pyasn1==0.6.1

cat > "$dir/double.py" <<'PY'
from importlib.metadata import version

from ldap3 import MOCK_SYNC, MODIFY_ADD, MODIFY_DELETE, Connection, Server

directory = Connection(Server("double"), user="cn=admin,o=x", password="secret", client_strategy=MOCK_SYNC)
directory.strategy.add_entry("cn=admin,o=x", {"objectClass": "person", "sn": "admin", "userPassword": "secret"})
for name in ("ann", "bob", "cy"):
    directory.strategy.add_entry(f"cn={name},o=x", {"objectClass": "person", "sn": name})
directory.strategy.add_entry("cn=staff,o=x", {"objectClass": "group", "member": ["cn=ann,o=x", "cn=bob,o=x"]})
directory.bind()


def change(how, *people):
    directory.modify("cn=staff,o=x", {"member": [(how, [f"cn={name},o=x" for name in people])]})
    code = directory.result["result"]
    directory.search("cn=staff,o=x", "(objectClass=*)", attributes=["member"])
    members = directory.entries[0].member.values
    print(how, people, "-> code", code, members)
    return code, members


print("ldap3", version("ldap3"))
assert change(MODIFY_ADD, "ann") == (0, ["cn=ann,o=x", "cn=bob,o=x", "cn=ann,o=x"])
assert change(MODIFY_DELETE, "bob", "nobody") == (1, ["cn=ann,o=x", "cn=ann,o=x"])
directory.search("o=x", "(objectClass=person)", size_limit=2)
print("size limit 2 of 4 people -> code", directory.result["result"], len(directory.entries), "entries")
assert (directory.result["result"], len(directory.entries)) == (0, 2)
PY
"$dir/venv/bin/python" "$dir/double.py"
echo "as found"
