// The product page's story, clicked from end to end: a list is made and linked, synced, held, approved and taken back.

import assert from "node:assert/strict";

import { shows } from "./world.mjs";

/** Where a page is. */
export const path = (page) => new URL(page.url()).pathname;

/** Plays it on a page that is signed in, and returns the paths of what it made. Pages that nobody
 * finds later are judged on the way, by the name of their picture where there is one. */
export async function story(world, page, judged) {
  const known = {};
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
  await judged?.(page, "import");
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
  await page.getByRole("link", { name: /\d\d:\d\d$/ }).first().click();
  known.ofLink = new URL(page.url()).pathname + new URL(page.url()).search;
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
  await judged?.(page, "status");
  await page.getByRole("link", { name: "Decide on 9" }).click();
  await page.getByRole("heading", { level: 1, name: "Remove 9 people from the group “Newsletter readers”?" }).waitFor();
  known.hold = path(page);
  await judged?.(page, "hold");
  await page.getByRole("link", { name: "Decide later" }).click();
  await page.getByRole("link", { name: "Decide on 9" }).click();
  await page.getByRole("button", { name: "Remove 9 people" }).click();
  await shows(page, "in step");
  await page.goto("/runs");
  await page.getByRole("row").filter({ has: page.getByRole("cell", { name: "0, 9" }) }).first().getByRole("link").first().click();
  await page.getByRole("link", { name: "Undo this run…" }).click();
  await judged?.(page);
  await page.getByRole("button", { name: "Undo: 9 come back, 0 leave" }).click();
  await page.goto(`${known.list}/members`);
  await page.getByText("40 on it, 0 opted out.").waitFor();

  // A file into another list, which is linked to a group that is there already.
  await page.goto(known.list);
  await shows(page, "in step");
  await page.goto(known.ofLink);
  await page.getByRole("img", { name: "Members, joins and leaves over time" }).waitFor();
  await judged?.(page, "runs");
  await page.goto(known.list);
  await page.getByRole("link", { name: "Unlink…" }).click();
  await page.getByRole("button", { name: "Unlink" }).click();
  await page.getByRole("link", { name: "Make a list" }).click();
  await page.getByLabel("Its name", { exact: true }).fill("Second edition");
  await page.getByRole("button", { name: "Make the list" }).click();
  await page.getByRole("link", { name: "Imports of this list" }).click();
  await page.getByLabel("The file").setInputFiles(world.people);
  await page.getByRole("button", { name: "Look at the file" }).click();
  await page.getByRole("button", { name: "Take the file: 40 join, 0 leave" }).click();
  await page.getByText("taken in").first().waitFor();
  await page.getByRole("link", { name: "Second edition" }).first().click();
  await page.getByLabel("What its name or mail address begins with").fill("Newsletter");
  await page.getByRole("search", { name: "Groups" }).getByRole("button", { name: "Search" }).click();
  await page.getByLabel("Newsletter readers").check();
  await page.getByRole("button", { name: "Link", exact: true }).click();
  await shows(page, "in step");
  known.second = path(page);
  known.ofSecond = await page.getByRole("link", { name: /\d\d:\d\d$/ }).first().getAttribute("href");
  await page.goto(`${known.second}/members`);
  await page.getByText("40 on it, 0 opted out.").waitFor();
  assert.deepEqual(page.odd, []);
  return known;
}
