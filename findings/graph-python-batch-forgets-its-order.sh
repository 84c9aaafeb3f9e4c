#!/usr/bin/env bash
# msgraph-core 1.5.2 (PyPI, Microsoft's Python library for Graph): a request in a batch that is to wait for another is
# sent with "depends_on". Graph's page on JSON batching: the property is "dependsOn", the address is relative to the
# version; what does not depend runs in any order.
#
# Guess before the run: depends_on=["1"] of the call becomes "dependsOn": ["1"], as with Microsoft's JavaScript
# library.
# Seen: the Python name goes over the wire, beside a full address. Microsoft's own tracker has a correction since
# August 2025 (msgraph-sdk-python-core, 996). So a removal that waits for an addition does not wait, and no error says
# so.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check \
    msgraph-core==1.5.2 microsoft-kiota-serialization-json==1.16.0 \
    microsoft-kiota-abstractions==1.16.0 microsoft-kiota-http==1.16.0 httpx==0.28.1 deprecated==1.3.1
cd "$dir"
npm install --silent --no-audit --no-fund @microsoft/microsoft-graph-client@3.0.7

cat > python.py <<'PY'
import asyncio
import json
from importlib.metadata import version

import httpx
from kiota_abstractions.authentication import AnonymousAuthenticationProvider
from kiota_abstractions.method import Method
from kiota_abstractions.request_information import RequestInformation
from kiota_abstractions.serialization import ParseNodeFactoryRegistry, SerializationWriterFactoryRegistry
from kiota_serialization_json.json_parse_node_factory import JsonParseNodeFactory
from kiota_serialization_json.json_serialization_writer_factory import JsonSerializationWriterFactory
from msgraph_core import BaseGraphRequestAdapter
from msgraph_core.requests.batch_request_builder import BatchRequestBuilder
from msgraph_core.requests.batch_request_content_collection import BatchRequestContentCollection
from msgraph_core.requests.batch_request_item import BatchRequestItem

GRAPH = "https://graph.microsoft.com/v1.0"
ParseNodeFactoryRegistry().CONTENT_TYPE_ASSOCIATED_FACTORIES["application/json"] = JsonParseNodeFactory()
SerializationWriterFactoryRegistry().CONTENT_TYPE_ASSOCIATED_FACTORIES["application/json"] = (
    JsonSerializationWriterFactory()
)
sent = []


def answer(request):
    requests = json.loads(request.content)["requests"]
    sent.extend(requests)
    return httpx.Response(200, json={"responses": [{"id": one["id"], "status": 204} for one in requests]})


def removal(identity, member, depends_on=None):
    request = RequestInformation()
    request.http_method = Method.DELETE
    request.url = f"{GRAPH}/groups/g/members/{member}/$ref"
    return BatchRequestItem(request, id=identity, depends_on=depends_on)


async def main():
    server = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    adapter = BaseGraphRequestAdapter(AnonymousAuthenticationProvider(), http_client=server)
    adapter.base_url = GRAPH
    batch = BatchRequestContentCollection()
    batch.add_batch_request_item(removal("1", "ann"))
    batch.add_batch_request_item(removal("2", "bob", depends_on=["1"]))
    await BatchRequestBuilder(adapter).post(batch)
    print("msgraph-core", version("msgraph-core"), sent[1])
    assert sent[1]["depends_on"] == ["1"] and "dependsOn" not in sent[1]
    assert sent[1]["url"] == f"{GRAPH}/groups/g/members/bob/$ref"


asyncio.run(main())
PY
cat > node.cjs <<'JS'
const assert = require("node:assert");
const { BatchRequestContent } = require("@microsoft/microsoft-graph-client");

const removal = (id, member, dependsOn) => {
  const address = `https://graph.microsoft.com/groups/g/members/${member}/$ref`;
  return { id, request: new Request(address, { method: "DELETE" }), dependsOn };
};

new BatchRequestContent([removal("1", "ann"), removal("2", "bob", ["1"])]).getContent().then(({ requests }) => {
  console.log("microsoft-graph-client", require("@microsoft/microsoft-graph-client/package.json").version, requests[1]);
  assert.deepStrictEqual(requests[1].dependsOn, ["1"]);
  assert.strictEqual(requests[1].url, "/groups/g/members/bob/$ref");
});
JS
"$dir/venv/bin/python" python.py
node node.cjs
echo "as found"
