#!/usr/bin/env bash
# scim-patch 0.8.3 (npm): a path is compared letter by letter. RFC 7643, section 2.1: attribute names are case insensitive.
#
# Guess before the run: {"op": "replace", "path": "Active", "value": false} makes the user inactive.
# Seen: the user stays active and gets a second attribute "Active". So somebody whom the directory deactivates stays. And
# a new primary address leaves the former one primary, though RFC 7644, section 3.5.2, has the server reset it.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund scim-patch@0.8.3

cat > patch.cjs <<'JS'
const assert = require("node:assert");
const { scimPatch } = require("scim-patch");
console.log("scim-patch", require("scim-patch/package.json").version);

const user = () => ({
  schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
  userName: "ann",
  active: true,
  emails: [{ type: "work", value: "ann@example.com", primary: true }],
  meta: { resourceType: "User", created: new Date(0), lastModified: new Date(0), location: "" },
});

const lower = scimPatch(user(), [{ op: "replace", path: "active", value: false }]);
const upper = scimPatch(user(), [{ op: "replace", path: "Active", value: false }]);
console.log('replace "active":', { active: lower.active });
console.log('replace "Active":', { active: upper.active, Active: upper.Active });
assert.strictEqual(lower.active, false);
assert.strictEqual(upper.active, true);
assert.strictEqual(upper.Active, false);

const second = { type: "home", value: "ann@example.org", primary: true };
const primaries = scimPatch(user(), [{ op: "add", path: "emails", value: [second] }]).emails
  .filter((email) => email.primary).map((email) => email.value);
console.log("primary addresses after a second one was added as primary:", primaries);
assert.deepStrictEqual(primaries, ["ann@example.com", "ann@example.org"]);
JS
node patch.cjs
echo "as found"
