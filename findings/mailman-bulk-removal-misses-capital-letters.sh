#!/usr/bin/env bash
# mailman 3.3.10 with mailmanclient 3.3.5 (PyPI): an address may be added, found and removed alone in any case, but a
# removal in bulk compares letter by letter with the lower-cased address. The answer is 200 with a "false", and the
# member stays, though a second subscription in another case is refused as one that exists.
#
# Guess before the run: who was subscribed as Ann@Example.com is removed as Ann@Example.com.
# Seen: they stay. And who has a slash in the address (allowed by RFC 5322, section 3.2.3) can be added and listed,
# but neither be asked for nor removed by the client.
set -euo pipefail
dir=$(mktemp -d)
master=
trap 'if [ -n "$master" ]; then kill "$master" && wait "$master" || true; fi; rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check \
    mailman==3.3.10 mailmanclient==3.3.5 'sqlalchemy>=2.0,<2.1' 'falcon<5'
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

cat > "$dir/mailman.cfg" <<CFG
[mailman]
site_owner: admin@lists.example.com
layout: here
[paths.here]
var_dir: $dir/var
log_dir: $dir/var/logs
lock_dir: $dir/var/locks
etc_dir: $dir/var/etc
[database]
class: mailman.database.sqlite.SQLiteDatabase
url: sqlite:///$dir/mailman.db
[webservice]
hostname: 127.0.0.1
port: $port
admin_user: admin
admin_pass: secret
[mta]
incoming: mailman.mta.null.NullMTA
smtp_port: 1
CFG
for runner in archive bad bounces command digest in lmtp nntp out pipeline retry shunt task virgin; do
    printf '[runner.%s]\nstart: no\n' "$runner" >> "$dir/mailman.cfg"
done
cat > "$dir/members.py" <<'PY'
import sys
import time
from urllib.error import HTTPError

from mailmanclient import Client, MailmanConnectionError

client = Client(f"http://127.0.0.1:{sys.argv[1]}/3.1", "admin", "secret")
for _ in range(100):
    try:
        print(client.system["mailman_version"])
        break
    except MailmanConnectionError:
        time.sleep(0.2)
news = client.create_domain("lists.example.com").create_list("news")
for mail in ("send_welcome_message", "send_goodbye_message", "admin_immed_notify"):
    news.settings[mail] = False
news.settings.save()


def add(address):
    return news.subscribe(address, pre_verified=True, pre_confirmed=True, pre_approved=True)


def members():
    return [member.email for member in news.members]


add("Ann@Example.com")
try:
    add("ann@example.com")
    raise AssertionError("added twice")
except HTTPError as error:
    print("added again in lower case:", error.code)
    assert error.code == 409
verdict = news.mass_unsubscribe(["Ann@Example.com"])["Ann@Example.com"]
print("removed in bulk as it was added:", verdict, "- members:", members())
assert not verdict and members() == ["ann@example.com"]
news.unsubscribe("Ann@Example.com")
print("removed alone as it was added - members:", members())
assert members() == []

add("sales/emea@example.com")
try:
    news.unsubscribe("sales/emea@example.com")
    raise AssertionError("removed")
except ValueError as error:
    print(error, "- members:", members())
assert members() == ["sales/emea@example.com"]
PY
"$dir/venv/bin/master" -C "$dir/mailman.cfg" > "$dir/master.log" 2>&1 &
master=$!
"$dir/venv/bin/python" "$dir/members.py" "$port"
echo "as found"
