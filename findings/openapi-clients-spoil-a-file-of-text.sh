#!/usr/bin/env bash
# openapi-fetch 0.17.0 (npm) and openapi-python-client 0.29.1 (PyPI): a body that the document calls text/csv does not
# leave as it is. OpenAPI 3.1, "Media Type Object": a body of a type that is not JSON is the text itself.
#
# Guess before the run: openapi-fetch sends a text as it is wherever the Content-Type is not JSON; the Python client,
# told by its setting content_type_overrides to take text/csv for bytes, takes bytes.
# Seen: openapi-fetch sends the text as JSON, in quotation marks and with "\n" for each line's end, under the header
# text/csv: one line without an end. The Python client makes a function whose parameter is "str" and which asks that
# text for its "payload": it cannot be called. With "format: binary" in the document it takes its own File.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check openapi-python-client==0.29.1
cd "$dir"
npm install --silent --no-audit --no-fund openapi-fetch@0.17.0

cat > files.yaml <<'YAML'
openapi: 3.1.0
info: { title: files, version: "1" }
paths:
  /files:
    post:
      operationId: upload
      requestBody: { required: true, content: { text/csv: { schema: { type: string } } } }
      responses: { "204": { description: Taken } }
YAML
cat > node.mjs <<'JS'
import assert from "node:assert";
import fs from "node:fs";
import createClient from "openapi-fetch";
console.log("openapi-fetch", JSON.parse(fs.readFileSync("node_modules/openapi-fetch/package.json")).version);

const file = "email\nanna@example.com\n";
async function sent(more) {
  let body;
  const take = async (request) => {
    body = [request.headers.get("Content-Type"), await request.text()];
    return new Response(null, { status: 204 });
  };
  const client = createClient({ baseUrl: "http://files.example", fetch: take });
  await client.POST("/files", { headers: { "Content-Type": "text/csv" }, body: file, ...more });
  console.log("sent:", body);
  return body;
}

assert.deepStrictEqual(await sent({}), ["text/csv", JSON.stringify(file)]);
assert.deepStrictEqual(await sent({ bodySerializer: (body) => body }), ["text/csv", file]);
JS
node node.mjs

cat > settings.yaml <<'YAML'
post_hooks: []
content_type_overrides: { text/csv: application/octet-stream }
YAML
sed 's/type: string/type: string, format: binary/' files.yaml > binary.yaml
for document in files binary; do
    venv/bin/openapi-python-client generate --path "$document.yaml" --output-path "$document" --meta none \
        --config settings.yaml
done
cat > call.py <<'PY'
import io
from importlib.metadata import version

import binary
import files
from binary.api.default import upload as upload_bytes
from binary.types import File
from files.api.default import upload as upload_text

print("openapi-python-client", version("openapi-python-client"))
try:
    upload_text.sync_detailed(client=files.Client(base_url="http://files.example"), body="email\n")
except AttributeError as error:
    print("a text:", error)
    assert "payload" in str(error)
else:
    raise AssertionError("it could be called")
kwargs = upload_bytes._get_kwargs(body=File(payload=io.BytesIO(b"email\n")))
body = kwargs["content"].read()
print("with format: binary:", kwargs["headers"], body)
assert body == b"email\n", body
PY
venv/bin/python call.py
echo "as found"
