#!/usr/bin/env bash
# adaptivecards 3.0.6 (npm, Microsoft's): a card that is read and written again has lost what its class does not know,
# without an event. Teams' page on mentions in cards: whom "<at>Ann</at>" notifies stands in "msteams", beside the body;
# the schema of cards has "metadata" since 1.6.
#
# Guess before the run: unknown properties of a card are kept, as those of the data of its actions are.
# Seen: "msteams", "metadata" and "targetWidth" are gone, so that nobody is notified; "mode" and data stay. With
# GlobalSettings.enableFullJsonRoundTrip, which is off, all stay.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund adaptivecards@3.0.6

cat > mention.cjs <<'JS'
const assert = require("node:assert");
const { AdaptiveCard, GlobalSettings, SerializationContext } = require("adaptivecards/dist/adaptivecards.js");

const CARD = {
  type: "AdaptiveCard",
  $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
  version: "1.6",
  metadata: { webUrl: "https://example.com/lists/news" },
  msteams: { entities: [{ type: "mention", text: "<at>Ann</at>", mentioned: { id: "ann@example.com", name: "Ann" } }] },
  body: [{ type: "TextBlock", text: "<at>Ann</at>, a removal waits", targetWidth: "atLeast:narrow" }],
  actions: [{ type: "Action.Submit", title: "Approve", mode: "secondary", data: { own: { list: "news" } } }],
};
const there_and_back = () => {
  const card = new AdaptiveCard();
  const context = new SerializationContext();
  card.parse(CARD, context);
  assert.strictEqual(context.eventCount, 0);
  const written = JSON.parse(JSON.stringify(card.toJSON()));
  console.log("round trip", GlobalSettings.enableFullJsonRoundTrip, JSON.stringify(written));
  return written;
};

console.log("adaptivecards", require("./node_modules/adaptivecards/package.json").version);
const { metadata, msteams, ...kept } = CARD;
const [{ targetWidth, ...block }] = kept.body;
assert.deepStrictEqual(there_and_back(), { ...kept, body: [block] });
GlobalSettings.enableFullJsonRoundTrip = true;
assert.deepStrictEqual(there_and_back(), CARD);
JS
node mention.cjs
echo "as found"
