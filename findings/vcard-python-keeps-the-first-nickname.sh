#!/usr/bin/env bash
# vobject 0.9.9 (PyPI): of several nicknames on one line it keeps the first, and it cuts a URL at its first comma.
# RFC 2426, section 3.1.3, and RFC 6350, section 6.2.3: NICKNAME is a list, with commas between; a URL is a URI (RFC
# 2426, section 3.6.8), in which a comma is a letter like others.
#
# Guess before the run: a list, as of CATEGORIES, and the whole link; what is read and written again is the same card.
# Seen: the second nickname and the rest of the link are gone, without an error. Who brings cards there and back through
# it loses the other name by which somebody is looked for, and sends links that lead elsewhere.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check vobject==0.9.9 python-dateutil==2.9.0.post0

cat > "$dir/card.py" <<'PY'
from importlib.metadata import version

import vobject

CARD = """BEGIN:VCARD
VERSION:3.0
CATEGORIES:Board,Press
FN:Ann Lee
N:Lee;Ann;;;
NICKNAME:Annie,Nan
URL:https://lists.example.com/leave?list=a,b
END:VCARD
"""
card = vobject.readOne(CARD.replace("\n", "\r\n"))
print("vobject", version("vobject"), card.categories.value, repr(card.nickname.value), card.url.value)
assert card.categories.value == ["Board", "Press"]
assert card.nickname.value == "Annie"
assert card.url.value == "https://lists.example.com/leave?list=a"
written = card.serialize().splitlines()
changed = sorted(set(written) - set(CARD.splitlines()))
print("written otherwise than read:", *changed)
assert changed == ["NICKNAME:Annie", "URL:https://lists.example.com/leave?list=a"]
PY
"$dir/venv/bin/python" "$dir/card.py"
echo "as found"
