// The console in a real browser: the product page's story without a script, each page by keyboard alone, in both themes, narrow
// and wide, and judged by axe at WCAG 2.2 AA.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { World, shows } from "./world.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.LISTSYNC_SCREENSHOTS;
let world;
const known = {};

before(async () => {
  world = await World.start();
  console.log(`Chromium ${world.browser.version()}`);
});

after(() => world?.stop());

const path = (page) => new URL(page.url()).pathname;

test("the story is clicked from end to end without a script", { timeout: 600_000 }, async () => {
  const page = await world.signedIn({ javaScriptEnabled: false });
  await page.getByRole("link", { name: "Make the first one." }).click();
  await page.getByLabel("Its name", { exact: true }).fill("Newsletter Nordics");
  await page.getByRole("button", { name: "Make the list" }).click();
  await page.getByRole("heading", { level: 2, name: "Newsletter Nordics" }).waitFor();
  known.list = path(page);

  // The file is looked at, then taken.
  await page.getByRole("link", { name: "Imports of this list" }).click();
  await page.getByLabel("The file").setInputFiles(world.people);
  await page.getByLabel("Only changes: who is not in it stays").check();
  await page.getByRole("button", { name: "Look at the file" }).click();
  await page.getByText("40 people would join, 0 would leave").waitFor();
  await judgeAll(page.url(), page);
  await page.getByRole("button", { name: "Take the file: 40 join, 0 leave" }).click();
  await page.getByText("taken in").first().waitFor();
  known.import = path(page);

  // Create New Outlook List, and sync.
  await page.goto(known.list);
  await page.getByLabel("Its name", { exact: true }).fill("Newsletter readers");
  await page.getByRole("button", { name: "Create and link" }).click();
  await shows(page, "in step");
  await page.getByRole("button", { name: "Sync with Outlook List" }).click();
  await shows(page, "in step");
  await page.goto("/runs");
  await page.getByRole("cell", { name: "40, 0" }).first().waitFor();
  const row = page.getByRole("row").filter({ has: page.getByRole("cell", { name: "40, 0" }) }).last();
  await row.getByRole("link").first().click();
  await page.getByRole("heading", { level: 1, name: "List Synchronization Summary" }).waitFor();
  known.run = path(page);
  const added = page.getByRole("row", { name: /^Contacts added/ });
  assert.equal((await added.getByRole("cell").allInnerTexts()).join(" "), "0 40");
  await added.getByRole("link", { name: "40" }).click();
  await page.getByRole("heading", { level: 2, name: "Contacts added in the Outlook list: 40" }).waitFor();
  known.summary = page.url();
  await page.getByRole("table").last().getByRole("link").first().click();
  await page.getByRole("heading", { level: 2, name: /^Step by step/ }).waitFor();
  known.why = page.url();

  // Nine of forty leave at once: a person is asked.
  await page.goto(known.list);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).waitFor();
  for (let one = 0; one < 9; one += 1) {
    await page.goto(`${known.list}/members`);
    await page.getByRole("button", { name: /^Take off/ }).first().click();
  }
  await page.goto(known.list);
  await page.getByRole("button", { name: "Resume" }).click();
  await page.goto("/");
  await shows(page, "Decide on 9");
  await page.getByRole("link", { name: "Decide on 9" }).click();
  await page.getByRole("heading", { level: 1, name: "Remove 9 people from the group “Newsletter readers”?" }).waitFor();
  known.hold = path(page);
  await judgeAll(page.url(), page);
  await page.getByRole("link", { name: "Decide later" }).click();
  await page.getByRole("link", { name: "Decide on 9" }).click();
  await page.getByRole("button", { name: "Remove 9 people" }).click();
  await shows(page, "in step");
  await page.goto("/runs");
  await page.getByRole("row").filter({ has: page.getByRole("cell", { name: "0, 9" }) }).first().getByRole("link").first().click();
  await page.getByRole("link", { name: "Undo this run…" }).click();
  await page.getByRole("button", { name: "Undo: 9 come back, 0 leave" }).click();
  await page.goto(`${known.list}/members`);
  await page.getByText("40 on it, 0 opted out.").waitFor();
  assert.deepEqual(page.odd, []);
  await page.context().close();
});

const looks = [
  { colorScheme: "light", viewport: { width: 360, height: 740 } },
  { colorScheme: "dark", viewport: { width: 360, height: 740 } },
  { colorScheme: "light", viewport: { width: 1440, height: 900 } },
  { colorScheme: "dark", viewport: { width: 1440, height: 900 } },
];

/** What axe and the eye find on a page in one look. */
async function judge(page, at) {
  await page.goto(at);
  for (const details of await page.locator("details").all()) await details.evaluate((one) => { one.open = true; });
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const told = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
  assert.deepEqual(told, [], `${at} ${page.viewportSize().width}`);
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(beyond <= 0, `${at} is ${beyond} pixels wider than ${page.viewportSize().width}`);
  assert.deepEqual(page.odd, [], at);
}

/** The same in every look, as who is signed in on another page: a file that was sent is shown to nobody else. */
async function judgeAll(at, from) {
  const storageState = await from.context().storageState();
  for (const look of looks) {
    const page = await world.page({ ...look, storageState });
    await judge(page, at);
    await page.context().close();
  }
}

function pages() {
  const { list, run, import: taken, summary, why } = known;
  return [
    "/", "/lists", "/lists/new", list, `${list}?find=a`, `${list}/members`, `${list}/history`, why, "/holds", "/runs", run, summary,
    `${run}/undo`, "/people", "/people?address=nobody@contoso.example", "/imports", taken, `${taken}/undo`, "/settings/list-service",
    "/settings/keys", "/settings/senders", "/settings/notices", "/settings/audit", "/lists/none",
  ];
}

for (const look of looks) {
  test(`axe finds nothing, and nothing overflows: ${look.colorScheme}, ${look.viewport.width} pixels`, { timeout: 600_000 }, async () => {
    assert.ok(known.run, "the story made what is looked at");
    const page = await world.signedIn(look);
    for (const at of pages()) await judge(page, at);
    const person = await world.signedIn(look);
    await person.goto(`${known.list}/members`);
    await judge(person, await person.getByRole("rowheader").getByRole("link").first().getAttribute("href"));
    await Promise.all([page, person].map((one) => one.context().close()));
  });
}

test("each page is walked by keyboard alone, and where one is can be seen", { timeout: 600_000 }, async () => {
  const page = await world.signedIn({ viewport: { width: 1440, height: 900 } });
  for (const at of pages()) {
    await page.goto(at.split("#")[0]);
    const expected = await page.evaluate(() => {
      const all = [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")];
      const seen = all.filter((one) => one.checkVisibility() && !one.disabled);
      // Of radio buttons with one name the keyboard stops at one.
      const names = new Set();
      return seen.filter((one) => one.type !== "radio" || (!names.has(one.form?.action + one.name) && names.add(one.form?.action + one.name))).length;
    });
    let walked = 0;
    for (; walked <= expected + 5; walked += 1) {
      await page.keyboard.press("Tab");
      const { place, ring } = await page.evaluate(() => {
        const one = document.activeElement;
        const style = getComputedStyle(one);
        const isEnd = one === document.body || one.wasHere;
        one.wasHere = true;
        return { place: isEnd ? "" : one.outerHTML.slice(0, 120), ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
      });
      if (!place) break;
      if (walked === 0) assert.match(place, /Skip to the page/, at);
      assert.ok(ring, `${at}: nothing shows that one is at ${place}`);
    }
    assert.ok(Math.abs(walked - expected) <= 1, `${at}: ${walked} of ${expected} places are reached`);
  }
  // And something is done by it.
  await page.goto("/lists/new");
  const reach = async (name) => {
    for (let steps = 0; steps < 80; steps += 1) {
      await page.keyboard.press("Tab");
      if (await page.evaluate((name) => document.activeElement.name === name || document.activeElement.textContent.trim() === name, name)) return;
    }
    assert.fail(`${name} is not reached`);
  };
  await reach("name");
  await page.keyboard.type("Made by keyboard");
  await reach("Make the list");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 2, name: "Made by keyboard" }).waitFor();
  await page.context().close();
});

// Only where somebody asks for them.
if (shots) test("pictures of the main pages are made for the documents", async () => {
  mkdirSync(shots, { recursive: true });
  const page = await world.signedIn({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
  for (const [name, at] of Object.entries({ lists: known.list, summary: known.summary, why: known.why, settings: "/settings/list-service" })) {
    await page.goto(at);
    writeFileSync(join(shots, `${name}.png`), await page.screenshot());
  }
  await page.context().close();
});
