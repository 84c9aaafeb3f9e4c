// The console on AWS: the shipped functions with an emulated DynamoDB and SQS, behind a gateway as API Gateway's HTTP APIs are.

import { after, before, test } from "node:test";

import { story } from "./story.mjs";
import { World } from "./world.mjs";

let world;

before(async () => { world = await World.inCloud(); });
after(() => world?.stop());

test("the story is clicked from end to end on the functions, where scripts run", { timeout: 900_000 }, async () => {
  const page = await world.signedIn();
  await story(world, page);
  await page.context().close();
});
