#!/usr/bin/env bash
# openapi-fetch 0.17.0 (npm) and openapi-python-client 0.29.1 (PyPI): a failure that the document does not name comes
# back like a success. OpenAPI 3.1, "Responses Object": a document is not expected to name every code, and what stands
# before a service (a gateway, a limiter) answers 401, 429 and 503 of its own, often without a body.
#
# Guess before the run: openapi-fetch sets "error" for every answer outside 200 to 299; the Python client raises.
# Seen: openapi-fetch gives an undefined or empty "error" where the body is empty, so that the "if (error)" of its
# README passes over a refused removal. The Python client gives None, as for a 304, unless raise_on_unexpected_status
# is set (documented).
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check openapi-python-client==0.29.1
cd "$dir"
npm install --silent --no-audit --no-fund openapi-fetch@0.17.0

cat > lists.yaml <<'YAML'
openapi: 3.1.0
info: { title: lists, version: "1" }
paths:
  /members/{id}:
    get:
      operationId: member
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses:
        "200": { description: The member, content: { application/json: { schema: { type: string } } } }
        "304": { description: As before }
    delete:
      operationId: remove
      parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
      responses: { "204": { description: Removed } }
YAML
cat > node.mjs <<'JS'
import assert from "node:assert";
import fs from "node:fs";
import createClient from "openapi-fetch";
console.log("openapi-fetch", JSON.parse(fs.readFileSync("node_modules/openapi-fetch/package.json")).version);

async function removal(status, headers) {
  const answer = async () => new Response(null, { status, headers });
  const client = createClient({ baseUrl: "http://lists.example", fetch: answer });
  const { data, error } = await client.DELETE("/members/{id}", { params: { path: { id: "1" } } });
  console.log(`DELETE answered by ${status}:`, { data, error }, error ? "a failure" : "no failure by if (error)");
  return { data, error };
}

const done = await removal(204, {});
assert.deepStrictEqual(await removal(503, { "Content-Length": "0" }), done);
assert.deepStrictEqual(await removal(401, {}), { data: undefined, error: "" });
JS
cat > python.py <<'PY'
import sys
from importlib.metadata import version
from pathlib import Path

import httpx

sys.path.insert(0, str(Path("lists-client")))
from lists_client import Client
from lists_client.api.default import member


def asked(status, **options):
    client = Client(base_url="http://lists.example", **options)
    answer = httpx.MockTransport(lambda _: httpx.Response(status))
    client.set_httpx_client(httpx.Client(base_url="http://lists.example", transport=answer))
    try:
        found = member.sync("1", client=client)
    except Exception as error:
        found = type(error).__name__
    print(f"GET answered by {status} {options}: {found}")
    return found


print("openapi-python-client", version("openapi-python-client"))
assert [asked(status) for status in (304, 401, 503)] == [None, None, None]
assert asked(503, raise_on_unexpected_status=True) == "UnexpectedStatus"
PY
node node.mjs
"$dir/venv/bin/openapi-python-client" generate --path lists.yaml > generated.log 2>&1
"$dir/venv/bin/python" python.py
echo "as found"
