#!/usr/bin/env bash
# microsoft-kiota-serialization-json 1.16.0 (PyPI, the reader under Microsoft's Python library for Graph): in what the
# model does not name, text that looks like an id or a date changes its type. The members of a delta answer
# ("members@delta") and a tenant's own attributes ("extension_…") come that way. So the id of a member is not found in
# a set of ids, and a date goes back to Graph as another text.
#
# Guess before the run: JSON text that has no declared type stays text, and what is written back is what was read.
# Seen: ids become UUID objects, "2026-05-13" becomes midnight of that day and is written so. It is meant: release
# 1.16 only narrowed what counts as a date.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check \
    microsoft-kiota-serialization-json==1.16.0 microsoft-kiota-abstractions==1.16.0

cat > "$dir/delta.py" <<'PY'
import json
from importlib.metadata import version

from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from kiota_serialization_json.json_serialization_writer_factory import JsonSerializationWriterFactory


class Group:
    """A model that names none of the fields, as the generated one does not name these."""

    def __init__(self):
        self.additional_data = {}

    @staticmethod
    def create_from_discriminator_value(_):
        return Group()

    def get_field_deserializers(self):
        return {}

    def serialize(self, writer):
        writer.write_additional_data_value(self.additional_data)


KNOWN = "693acd06-2877-4339-8ade-b704261fe7a0"
answer = {"members@delta": [{"id": KNOWN}], "extension_1_leaves": "2026-05-13", "extension_1_badge": KNOWN.upper()}
node = JsonParseNodeFactory().get_root_parse_node("application/json", json.dumps(answer).encode())
group = node.get_object_value(Group)
member = group.additional_data["members@delta"][0]["id"]
writer = JsonSerializationWriterFactory().get_serialization_writer("application/json")
writer.write_object_value(None, group)
written = json.loads(writer.get_serialized_content())

print("microsoft-kiota-serialization-json", version("microsoft-kiota-serialization-json"))
print("the member's id:", repr(member), "- among the known ids:", member in {KNOWN})
print("read:   ", answer["extension_1_leaves"], answer["extension_1_badge"])
print("written:", written["extension_1_leaves"], written["extension_1_badge"])
assert type(member).__name__ == "UUID" and member not in {KNOWN}
assert written["extension_1_leaves"] == "2026-05-13T00:00:00", written
assert written["extension_1_badge"] == KNOWN, written
PY
"$dir/venv/bin/python" "$dir/delta.py"
echo "as found"
