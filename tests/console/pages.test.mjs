// The console in a real browser: the story without a script, each page by keyboard alone, in both themes, narrow
// and wide, and judged by axe at WCAG 2.2 AA.

import assert from "node:assert/strict";
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

import { path, story } from "./story.mjs";
import { World } from "./world.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = process.env.LISTSYNC_SCREENSHOTS;
let world;
const known = {};

before(async () => {
  world = await World.start();
  console.log(`Chromium ${world.browser.version()}`);
});

after(() => world?.stop());

test("the story is clicked from end to end without a script", { timeout: 600_000 }, async () => {
  const page = await world.signedIn({ javaScriptEnabled: false });
  Object.assign(known, await story(world, page, (page, name) => judgeAll(page, name)));
  await page.context().close();
});

const pictured = { viewport: { width: 1280, height: 720 }, deviceScaleFactor: 0.75, colorScheme: "light" };

/** Keeps a picture for the documents. */
async function keep(name, page) {
  const picture = await page.screenshot();
  assert.ok(picture.length <= 100 * 1024, `${name} has ${picture.length} bytes`);
  mkdirSync(shots, { recursive: true });
  writeFileSync(join(shots, `${name}.png`), picture);
}

const widths = [{ width: 360, height: 740 }, { width: 1440, height: 900 }];
const wcag = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** What axe and the eye find on a page, in both themes, narrow and wide. */
async function judge(page, at) {
  await page.goto(at);
  for (const details of await page.locator("details").all()) await details.evaluate((one) => { one.open = true; });
  await page.evaluate(axe);
  for (const viewport of widths) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const found = await page.evaluate((runOnly) => axe.run(document, { runOnly }), wcag);
      const told = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`);
      assert.deepEqual(told, [], `${at} ${viewport.width} ${colorScheme}`);
    }
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(beyond <= 0, `${at} is ${beyond} pixels wider than ${viewport.width}`);
  }
  assert.deepEqual(page.odd, [], at);
}

/** The same as who is signed in on another page, with scripts: a file that was sent is shown to nobody else. */
async function judgeAll(from, name) {
  const page = await world.page({ ...pictured, storageState: await from.context().storageState() });
  const at = from.url();
  if (shots && name) {
    await page.goto(at);
    await keep(name, page);
  }
  await judge(page, at);
  await page.context().close();
}

function pages() {
  const { list, run, import: taken, ofSecond, summary, why } = known;
  return [
    "/", "/lists", "/lists/new", list, `${list}?find=a`, `${list}/members`, `${list}/history`, why, "/holds", "/runs", ofSecond, run, summary,
    "/people", "/people?address=nobody@contoso.example", "/imports", taken, `${taken}/undo`, "/settings/list-service",
    "/settings/keys", "/settings/senders", "/settings/notices", "/settings/audit", "/lists/none",
  ];
}

/** A console and a terminal beside each other, as the README shows them. */
const both = (picture, told) => `<!doctype html><style>
  body { margin: 0; padding: 20px; background: #e9ece8; font: 13px/1.5 system-ui, sans-serif; width: 860px; box-sizing: border-box; }
  img { display: block; width: 740px; border: 1px solid #b9c1bb; border-radius: 8px; }
  pre { margin: -90px 0 0 240px; position: relative; width: 580px; padding: 16px 20px; border-radius: 8px; background: #16201b; color: #e7ece9;
    font: 12.5px/1.55 ui-monospace, "DejaVu Sans Mono", monospace; white-space: pre-wrap; box-sizing: border-box; }
</style><img src="data:image/png;base64,${picture.toString("base64")}"><pre>${told.replaceAll("&", "&amp;").replaceAll("<", "&lt;")}</pre>`;

// Only where somebody asks for them: LISTSYNC_SCREENSHOTS names the folder, docs/pictures.
if (shots) test("pictures of the main pages are made for the documents", { timeout: 120_000 }, async () => {
  const page = await world.signedIn(pictured);
  const main = { lists: known.second, people: known.why, summary: known.summary, settings: "/settings/list-service" };
  for (const [name, at] of Object.entries(main)) {
    await page.goto(at.split("#")[0]);
    await keep(name, page);
  }
  await page.goto(known.second);
  const told = `$ listsync status\n${world.listsync("status")}`;
  const drawn = await (await world.browser.newContext({ viewport: { width: 860, height: 540 } })).newPage();
  await drawn.setContent(both(await page.screenshot(), told));
  await keep("overview", drawn);
  await Promise.all([page, drawn].map((one) => one.context().close()));
});

test("axe finds nothing, and nothing overflows, in both themes at 360 and 1,440 pixels", { timeout: 600_000 }, async () => {
  assert.ok(known.run, "the story made what is looked at");
  const page = await world.signedIn();
  for (const at of pages()) await judge(page, at);
  await page.goto(`${known.second}/members`);
  await judge(page, await page.getByRole("rowheader").getByRole("link").first().getAttribute("href"));
  await page.context().close();
});

test("where scripts run, a sync is watched and the place is kept", { timeout: 120_000 }, async () => {
  const page = await world.signedIn({ viewport: { width: 1440, height: 500 } });
  await page.goto(known.second);
  const live = page.locator("#live");
  await live.getByText("in step").waitFor();
  // As a page is that was loaded while a sync went on.
  await page.evaluate(() => {
    window.isSame = true;
    const live = document.getElementById("live");
    live.dataset.again = `${location.pathname}/live`;
    live.querySelector(".state").textContent = "syncing now";
    live.querySelector("button").focus();
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await live.getByText("in step").waitFor();
  assert.match(await page.locator("#live-told").innerText(), /in step/, "it is told to who listens");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Sync with Outlook List");
  assert.equal(await live.getAttribute("data-again"), null, "nothing goes on");
  assert.ok(await page.evaluate(() => window.isSame), "the page was not loaded again");

  const button = page.getByRole("button", { name: "Sync with Outlook List" });
  await button.scrollIntoViewIfNeeded();
  await page.evaluate(() => scrollBy(0, 60));
  const before = await page.evaluate(() => scrollY);
  assert.ok(before > 0, "there is somewhere to scroll to");
  await Promise.all([page.waitForEvent("load"), button.click()]);
  assert.equal(await page.evaluate(() => window.isSame), undefined, "a form is sent as forms are");
  assert.equal(await page.evaluate(() => scrollY), before);
  await live.getByText("in step").waitFor();
  assert.deepEqual(page.odd, []);
  await page.context().close();
});

const names = [
  "<script>alert(1)</script><img src=x onerror=alert(1)>",
  "\"><svg/onload=alert(1)> &lt;b&gt; ' `",
  "גיליון שירה — نشرة \u202Eevil",
  "W".repeat(200),
];

test("names full of markup, from right to left, or without an end are inert and can be read", { timeout: 240_000 }, async () => {
  const page = await world.signedIn({ viewport: { width: 360, height: 740 } });
  page.on("dialog", (dialog) => { page.odd.push(dialog.message()); dialog.dismiss(); });
  for (const name of names) {
    await page.goto("/lists/new");
    await page.getByLabel("Its name", { exact: true }).fill(name);
    await page.getByRole("button", { name: "Make the list" }).click();
    if (await page.locator("#name-error").count()) {
      // What turns text around is no name, and is kept as it was typed.
      assert.equal(await page.getByLabel("Its name", { exact: true }).inputValue(), name);
      await page.getByLabel("Its name", { exact: true }).fill(name.replace("\u202E", ""));
      await page.getByRole("button", { name: "Make the list" }).click();
    }
    const shown = page.locator("#details-name");
    await shown.waitFor();
    assert.equal(await shown.innerText(), name.replace("\u202E", ""));
    await page.goto(`${path(page)}/members`);
    const form = page.locator("details").filter({ hasText: "Put somebody on it" });
    if (!await form.evaluate((one) => one.open)) await form.locator("summary").click();
    await page.getByLabel("Address", { exact: true }).fill(`reader${names.indexOf(name)}@contoso.example`);
    await page.getByLabel("Name (optional)").fill(name.replace("\u202E", ""));
    await page.getByRole("button", { name: "Put on the list" }).click();
    await page.getByRole("rowheader").filter({ hasText: name.replace("\u202E", "") }).waitFor();
    await judge(page, page.url());
  }
  await judge(page, "/lists");
  // Seventy thousand characters: refused beside the field, kept, and the page can be used.
  await page.goto("/lists/new");
  await page.getByLabel("Its name", { exact: true }).fill("n".repeat(70_000));
  await page.getByRole("button", { name: "Make the list" }).click();
  await page.locator("#name-error").waitFor();
  assert.equal((await page.getByLabel("Its name", { exact: true }).inputValue()).length, 70_000);
  assert.deepEqual(page.odd, []);
  await page.context().close();
});

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
