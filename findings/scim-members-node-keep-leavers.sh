#!/usr/bin/env bash
# scim-patch 0.8.3 and scimmy 1.3.5 (npm): four changes of a group's members that one or both carry out otherwise than
# RFC 7644 says, without an error. Section 3.5.2.1: what is there already is not added again; 3.5.2.3: replacing an
# attribute replaces all its values, and where a filter matches nobody the answer is noTarget. The removal is the form
# that Microsoft Entra sends, the ids alone.
#
# Guess before the run: who is there stays there once; the removal removes, the replacement replaces, nobody is made
# of a detail.
# Seen: both add somebody twice; scim-patch removes nobody whose stored value has more than the id, and makes a new
# member of a detail of somebody unknown; scimmy adds to the list that it should replace, so that leavers stay.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund scim-patch@0.8.3 scimmy@1.3.5

cat > members.cjs <<'JS'
const assert = require("node:assert");
const fs = require("node:fs");
const { scimPatch } = require("scim-patch");
const SCIMMY = require("scimmy");

const GROUP = { schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"], id: "g", displayName: "staff" };
const members = [{ value: "1", display: "Ann" }, { value: "2", display: "Bob" }];
const group = () => structuredClone({ ...GROUP, members, meta: { resourceType: "Group" } });
const ids = (list) => list.map((member) => member.value).join(" ");

async function byScimmy(operation) {
  const schemas = ["urn:ietf:params:scim:api:messages:2.0:PatchOp"];
  const patch = new SCIMMY.Messages.PatchOp({ schemas, Operations: [operation] });
  let changed;
  try {
    await patch.apply(new SCIMMY.Schemas.Group(group(), "out", "/Groups"), async (resource) => (changed = resource));
    return ids(changed.members);
  } catch (error) {
    return error.scimType;
  }
}

(async () => {
  for (const name of ["scim-patch", "scimmy"]) {
    console.log(name, JSON.parse(fs.readFileSync(`node_modules/${name}/package.json`)).version);
  }
  const cases = [
    // [change, what the RFC says, scim-patch, scimmy]
    [{ op: "add", path: "members", value: [{ value: "1" }] }, "1 2", "1 2 1", "1 2 1"],
    [{ op: "Remove", path: "members", value: [{ value: "1" }] }, "2", "1 2", "2"],
    [{ op: "replace", value: { members: [{ value: "3" }] } }, "3", "3", "1 2 3"],
    [{ op: "replace", path: 'members[value eq "9"].display', value: "Cy" }, "noTarget", "1 2 9", "noTarget"],
  ];
  for (const [operation, right, patched, scimmied] of cases) {
    const found = [ids(scimPatch(group(), [operation]).members), await byScimmy(operation)];
    console.log(JSON.stringify(operation), `by the RFC: ${right}, scim-patch: ${found[0]}, scimmy: ${found[1]}`);
    assert.deepStrictEqual(found, [patched, scimmied]);
  }
})();
JS
node members.cjs
echo "as found"
