#!/usr/bin/env bash
# envelope 2.5.0 (PyPI, mail with a method for opt-out links): the forms of list_unsubscribe() that its own text names
# raise, or make links that lead nowhere. RFC 2369, section 2: URLs in angle brackets, with commas between; RFC 3986,
# section 2.2: a comma may stand inside a URL; RFC 8058, section 3.1: one of them is an https link.
#
# Guess before the run: links stand in angle brackets, and one_click=True adds List-Unsubscribe-Post. By its own text,
# web= makes <https://…>, email= makes <mailto:…>, and a second call adds a second link.
# Seen: web=, email= and one_click=True without a further link end in an AttributeError. Beside an address the link
# becomes https://https://…, under a List-Unsubscribe-Post that is in order; "mailto:" comes twice, too. A second call
# makes two halves of a link with a comma, and a link without "https:" that holds an address is made a "mailto:".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check \
  envelope==2.5.0 python-magic==0.4.27 python-gnupg==0.5.7 email-validator==2.4.0

cat > "$dir/links.py" <<'PY'
from importlib.metadata import version

from envelope import Envelope

LINK = "https://example.com/leave"
print("envelope", version("envelope"))


def headers(*calls):
    mail = Envelope("hi").from_("board@example.com").to("ann@example.com").subject("news")
    try:
        for places, names in calls:
            mail = mail.list_unsubscribe(*places, **names)
    except AttributeError as error:
        return type(error).__name__
    message = mail.as_message()
    return message["List-Unsubscribe"], message["List-Unsubscribe-Post"]


ONE_CLICK = "List-Unsubscribe=One-Click"
# The calls, and what comes of them.
cases = [
    ([((LINK,), {})], (f"<{LINK}>", None)),
    ([((LINK,), {"email": "leave@example.com"})], (f"<{LINK}>, <mailto:leave@example.com>", None)),
    ([((), {"web": LINK})], "AttributeError"),
    ([((), {"email": "leave@example.com"})], "AttributeError"),
    ([((LINK,), {"one_click": True})], "AttributeError"),
    ([(("leave@example.com",), {"web": LINK, "one_click": True})],
     ("<mailto:leave@example.com>, <https://https://example.com/leave>", ONE_CLICK)),
    ([((LINK,), {"email": "mailto:leave@example.com"})], (f"<{LINK}>, <mailto:mailto:leave@example.com>", None)),
    ([((LINK + "?lists=1,2",), {}), (("leave@example.com",), {})],
     (f"<{LINK}?lists=1, 2>, <mailto:leave@example.com>", None)),
    ([(("example.com/leave?who=ann@example.com",), {})], ("<mailto:example.com/leave?who=ann@example.com>", None)),
]
for calls, found in cases:
    result = headers(*calls)
    print(*calls, "->", result)
    assert result == found
PY
"$dir/venv/bin/python" "$dir/links.py"
echo "as found"
