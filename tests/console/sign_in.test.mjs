// Signing in by the directory, in a real browser: at the emulated tenant, and at an OpenID provider of other people, certified by
// the OpenID Foundation, that judges what the program sends.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import Provider from "oidc-provider";

import { World } from "./world.mjs";

const byEmulator = ({ env, url }) => ({ LISTSYNC_CONSOLE_CLIENT_ID: env.AZURE_CLIENT_ID, LISTSYNC_CONSOLE_URL: url });

let world;

before(async () => {
  world = await World.start({ entrance: byEmulator });
});

after(() => world?.stop());

/** A page of a browser of its own, which may go to the tenant. */
async function page(of, options = {}) {
  const context = await of.browser.newContext({ baseURL: of.url, ignoreHTTPSErrors: true, ...options });
  return context.newPage();
}

/** Goes from the console to the emulated tenant, and signs an account in with roles. */
async function signIn(one, account, roles) {
  await one.goto("/lists");
  await one.getByRole("link", { name: "Sign in with Microsoft Entra ID" }).click();
  await one.getByLabel("Account").fill(account);
  for (const role of roles) await one.getByLabel(role).check();
  await one.getByRole("button", { name: "Next" }).click();
}

/** One of the tenant's people: the first in the file. */
async function somebody() {
  const { readFileSync } = await import("node:fs");
  return readFileSync(world.people, "utf8").split("\n")[1].split(",")[0];
}

for (const javaScriptEnabled of [true, false]) {
  test(`a person with a role comes in by the tenant and goes out, ${javaScriptEnabled ? "with" : "without"} scripts`, async () => {
    const one = await page(world, { javaScriptEnabled });
    await signIn(one, await somebody(), ["Listsync.Read", "Listsync.Operate"]);
    await one.getByText("may see, keep lists").waitFor();
    assert.equal(new URL(one.url()).pathname, "/lists", "they come to the page that they asked for");
    const cookies = await one.context().cookies(world.url);
    const session = cookies.find(({ name }) => name === "listsync_session");
    assert.deepEqual([session.httpOnly, session.sameSite], [true, "Lax"]);
    assert.equal(cookies.filter(({ name }) => name === "listsync_entering").length, 0);
    assert.equal((await one.goto("/settings/keys")).status(), 403);
    await one.goto("/lists/new");
    await one.getByLabel("Its name", { exact: true }).fill(`Made by them ${javaScriptEnabled}`);
    await one.getByRole("button", { name: "Make the list" }).click();
    const audit = world.listsync("audit", "ls", "--json");
    assert.match(audit, /"kind":\s*"person"/);
    await one.getByRole("button", { name: "Sign out" }).click();
    await one.getByRole("link", { name: "Sign in with Microsoft Entra ID" }).waitFor();
    await one.context().close();
  });
}

test("who has no role, or says no, is not let in and is told what to do", async () => {
  const one = await page(world);
  await signIn(one, await somebody(), []);
  await one.getByText("you have no role in listsync").waitFor();
  await one.goto("/lists");
  await one.getByRole("link", { name: "Sign in with Microsoft Entra ID" }).click();
  await one.getByRole("button", { name: "Cancel" }).click();
  await one.getByText("Microsoft Entra ID did not sign you in").waitFor();
  const { pathname } = new URL(one.url());
  assert.equal(pathname, "/sign-in/back");
  // An answer that came before is taken by nobody, in no browser.
  const replayed = one.url();
  await one.goto(replayed);
  await one.getByText("was not begun in this browser").waitFor();
  await one.context().close();
});

/** A provider in the place of a tenant, for a client that proves itself in this way. */
async function provider(client, claims) {
  const tenant = "7a1f5dd4-0000-4000-8000-000000000001";
  let handler;
  const server = createServer((request, response) => handler(request, response));
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const root = `/${tenant}/v2.0`;
  const op = new Provider(`${origin}${root}`, {
    clients: [client],
    // The program has to bring a proof key by itself.
    pkce: { required: () => true },
    claims: { openid: ["sub", "tid", "oid", "roles"], profile: ["name", "preferred_username"] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    cookies: { keys: ["only in this test"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, tid: tenant, oid: id, name: "Olga Ödegård", preferred_username: "olga@contoso.example", ...claims }) }),
    interactions: { url: (_, { uid }) => `${root}/asked/${uid}` },
  });
  const errors = [];
  for (const event of ["authorization.error", "grant.error", "server_error"]) op.on(event, (_, error) => errors.push(`${event}: ${error.error_description ?? error}`));
  const callback = op.callback();
  handler = async (request, response) => {
    if (!request.url.startsWith(root)) return void response.writeHead(404).end();
    if (request.url.startsWith(`${root}/asked/`)) {
      // Whoever comes is Olga, and lets the program know who she is.
      const { params } = await op.interactionDetails(request, response);
      const grant = new op.Grant({ accountId: "olga-1", clientId: params.client_id });
      grant.addOIDCScope(params.scope);
      const result = { login: { accountId: "olga-1" }, consent: { grantId: await grant.save() } };
      return void op.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    }
    request.originalUrl = request.url;
    request.baseUrl = root;
    request.url = request.url.slice(root.length) || "/";
    callback(request, response);
  };
  return { origin, tenant, errors, stop: () => server.close() };
}

for (const [name, method, secret] of [["with a secret", "client_secret_post", "s3cret-of-the-test-s3cret-of-the-test"], ["as a public client", "none", undefined]]) {
  test(`a certified provider signs a person in, ${name}`, async () => {
    let tenant;
    const other = await World.start({
      entrance: async ({ url }) => {
        const client = { client_id: "console", client_secret: secret, token_endpoint_auth_method: method, redirect_uris: [`${url}/sign-in/back`], grant_types: ["authorization_code"], response_types: ["code"] };
        tenant = await provider(client, { roles: ["Listsync.Admin"] });
        return {
          AZURE_TENANT_ID: tenant.tenant,
          AZURE_AUTHORITY_HOST: tenant.origin,
          LISTSYNC_CONSOLE_CLIENT_ID: "console",
          LISTSYNC_CONSOLE_URL: url,
          ...(secret ? { LISTSYNC_CONSOLE_CLIENT_SECRET: secret } : {}),
        };
      },
    });
    const one = await page(other);
    await one.goto("/settings/audit");
    await one.getByRole("link", { name: "Sign in with Microsoft Entra ID" }).click();
    await one.getByText("Olga Ödegård").waitFor();
    assert.equal(new URL(one.url()).pathname, "/settings/audit");
    assert.deepEqual(tenant.errors, []);
    await one.context().close();
    await other.stop();
    tenant.stop();
  });
}
