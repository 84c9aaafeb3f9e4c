#!/usr/bin/env bash
# standardwebhooks 1.1.0 and svix 2.9.1 (PyPI): sign() takes the digits of a time and calls them UTC, whatever zone
# the time has. The Standard Webhooks specification signs "id.timestamp.body", the timestamp in seconds since 1970.
# Who signs datetime.now().astimezone(), as is usual, sends one second in the header and signs another: no receiver
# takes it, except where the clocks are set to UTC, as on most servers.
#
# Guess before the run: an aware time is converted; one moment in two zones has one signature.
# Seen: two signatures, and the library's own verify() refuses what its sign() made.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check standardwebhooks==1.1.0 svix==2.9.1

cat > "$dir/zones.py" <<'PY'
from datetime import datetime, timedelta, timezone
from importlib.metadata import version

import standardwebhooks
import svix.webhooks

utc = datetime.now(timezone.utc).replace(microsecond=0)
berlin = utc.astimezone(timezone(timedelta(hours=2)))
assert utc == berlin and utc.timestamp() == berlin.timestamp()


def taken(webhook, moment):
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": webhook.sign("1", moment, "{}"),
    }
    try:
        webhook.verify("{}", headers)
        return "taken"
    except Exception as error:
        return str(error)


for name, library in [("standardwebhooks", standardwebhooks), ("svix", svix.webhooks)]:
    webhook = library.Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    seen = [taken(webhook, utc), taken(webhook, berlin)]
    print(name, version(name), "- signed at", utc.isoformat(), seen[0], "- at", berlin.isoformat(), seen[1])
    assert seen == ["taken", "No matching signature found"], seen
PY
"$dir/venv/bin/python" "$dir/zones.py"
echo "as found"
