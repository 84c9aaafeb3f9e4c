#!/usr/bin/env bash
# flufl.bounce 6.0.0 (PyPI, the reader of bounces under Mailman): a report in the forms for international mail names
# nobody. RFC 6533: the recipient has the type "utf-8" with the letters written as \x{…} (section 3), or the report is
# of the type message/global-delivery-status (section 4), also where the address itself is plain.
#
# Guess before the run: the address is found, as with the type rfc822.
# Seen: only with the older forms. Who can be reached no more under such an address stays on the list, and is written
# to for ever.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check flufl.bounce==6.0.0

cat > "$dir/bounces.py" <<'PY'
from email import message_from_bytes
from importlib.metadata import version

from flufl.bounce import all_failures

REPORT = """From: MAILER-DAEMON@mx.example.com
To: news-bounces@lists.example.com
Subject: Delivery report
MIME-Version: 1.0
Content-Type: multipart/report; report-type={report}; boundary="part"

--part
Content-Type: text/plain

The address is unknown.

--part
Content-Type: message/{report}

Reporting-MTA: dns; mx.example.com

Final-Recipient: {recipient}
Action: failed
Status: 5.1.1

--part--
"""


def permanent(report, recipient):
    found = all_failures(message_from_bytes(REPORT.format(report=report, recipient=recipient).encode()))[1]
    print(report, recipient, "->", sorted(found))
    return found


print("flufl.bounce", version("flufl.bounce"))
assert permanent("delivery-status", "rfc822; ann@example.com") == {b"ann@example.com"}
assert not permanent("delivery-status", r"utf-8; m\x{FC}ller@example.com")
assert not permanent("global-delivery-status", "utf-8; müller@example.com")
assert not permanent("global-delivery-status", "rfc822; ann@example.com")
PY
"$dir/venv/bin/python" "$dir/bounces.py"
echo "as found"
