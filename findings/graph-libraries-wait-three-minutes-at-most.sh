#!/usr/bin/env bash
# @microsoft/microsoft-graph-client 3.0.7 (npm) and microsoft-kiota-http 1.16.0 (PyPI), both Microsoft's for Graph:
# asked by "Retry-After: 300" to wait five minutes, one asks again after three, the other gives up at once. Graph's
# page on throttling: wait as long as the header says; who asks sooner stays throttled, as such requests count.
#
# Guess before the run: both wait for as long as they are asked, in seconds or until a date.
# Seen: up to three minutes they do. Above it the JavaScript library cuts the time down, and the Python library
# answers with the 429 without a wait and without a second try, which reads as if its tries were used up.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install --quiet --disable-pip-version-check microsoft-kiota-http==1.16.0 \
    microsoft-kiota-abstractions==1.16.0 httpx==0.28.1
cd "$dir"
npm install --silent --no-audit --no-fund @microsoft/microsoft-graph-client@3.0.7

cat > node.cjs <<'JS'
const assert = require("node:assert");
const { Client } = require("@microsoft/microsoft-graph-client");

// Notes how long the library would wait, and does not wait.
const waits = [];
const later = globalThis.setTimeout;
globalThis.setTimeout = (work, milliseconds) => {
  waits.push(Math.floor(milliseconds / 1000));
  return later(work, 0);
};

async function asked(seconds) {
  const answers = [[429, { "Retry-After": `${seconds}` }], [200, {}]];
  globalThis.fetch = async () => {
    const [status, headers] = answers.shift();
    return new Response("{}", { status, headers: { "Content-Type": "application/json", ...headers } });
  };
  waits.length = 0;
  await Client.init({ authProvider: (done) => done(null, "token") }).api("/groups").get();
  console.log(`asked to wait ${seconds} s: waits`, waits, "and asks again");
  return waits;
}

(async () => {
  console.log("microsoft-graph-client", require("@microsoft/microsoft-graph-client/package.json").version);
  assert.deepStrictEqual(await asked(100), [100]);
  assert.deepStrictEqual(await asked(300), [180]);
})();
JS
cat > python.py <<'PY'
import asyncio
from importlib.metadata import version

import httpx
from kiota_http.kiota_client_factory import KiotaClientFactory

waits = []


async def noted(seconds):
    waits.append(seconds)


async def asked(seconds):
    answers = [httpx.Response(429, headers={"Retry-After": str(seconds)}), httpx.Response(200)]
    server = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: answers.pop(0)))
    waits.clear()
    client = KiotaClientFactory.create_with_default_middleware(client=server)
    status = (await client.get("https://graph.microsoft.com/v1.0/groups")).status_code
    print(f"asked to wait {seconds} s: waits {waits}, ends with {status}")
    return list(waits), status


async def main():
    asyncio.sleep = noted
    assert await asked(100) == ([100], 200)
    assert await asked(300) == ([], 429)


print("microsoft-kiota-http", version("microsoft-kiota-http"))
asyncio.run(main())
PY
node node.cjs
"$dir/venv/bin/python" python.py
echo "as found"
