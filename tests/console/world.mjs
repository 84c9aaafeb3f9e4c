// A deployment on one machine as people have it: the shipped program beside an emulated tenant, and a browser before them.

import assert from "node:assert/strict";
import { spawn, execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

import { chromium } from "playwright-core";

const root = resolve(import.meta.dirname, "../..");
const programs = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug");

/** A port that is free at this moment. */
async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

async function until(what, found) {
  for (let tries = 0; tries < 600; tries += 1) {
    if (await found()) return;
    await sleep(100);
  }
  throw new Error(`it took too long: ${what}`);
}

/** What the settings of an emulated tenant are, out of the file that it writes. */
function settings(file) {
  const lines = readFileSync(file, "utf8").split("\n").map((line) => line.replace(/^export /, "").trim());
  const pairs = lines.filter((line) => /^[A-Z_]+=/.test(line)).map((line) => [
    line.slice(0, line.indexOf("=")),
    line.slice(line.indexOf("=") + 1).replace(/^['"]|['"]$/g, ""),
  ]);
  return Object.fromEntries(pairs);
}

export class World {
  /** With `entrance` people sign in by the directory: the settings for it, by the address of the console. */
  static async start({ entrance } = {}) {
    const world = new World();
    world.folder = mkdtempSync(join(tmpdir(), "listsync-console-"));
    world.env = { PATH: process.env.PATH, HOME: world.folder, LISTSYNC_STORE: `sqlite:${join(world.folder, "listsync.db")}` };
    world.people = join(world.folder, "people.csv");
    const env = join(world.folder, "emulator.env");
    const address = `127.0.0.1:${await freePort()}`;
    world.url = `http://${address}`;
    const flags = ["--port", String(await freePort()), "--people", "300", "--unthrottled", "--ca-out", join(world.folder, "ca.pem")];
    flags.push("--redirect", `${world.url}/sign-in/back`);
    world.emulator = world.run("listsync-graph-emulator", [...flags, "--env-out", env, "--people-out", world.people]);
    await until("the emulated tenant starts", () => existsSync(env) && existsSync(world.people) && readFileSync(env, "utf8").endsWith("\n"));
    Object.assign(world.env, settings(env));
    Object.assign(world.env, await entrance?.(world));
    world.address = address;
    world.serve = world.run("listsync", ["serve", "--listen", address]);
    await until("the program serves", async () => (await fetch(`${world.url}/healthz`).catch(() => null))?.ok);
    world.browser = await chromium.launch({ executablePath: browser(), args: ["--no-sandbox"] });
    return world;
  }

  /** The same on AWS: the shipped functions on an emulated one, behind a gateway. */
  static async inCloud() {
    const world = new World();
    world.folder = mkdtempSync(join(tmpdir(), "listsync-console-"));
    const env = { ...process.env, LISTSYNC_BIN_DIR: programs };
    world.cloud = spawn(join(programs, "examples", "cloud"), [], { cwd: root, env, stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await once(createInterface(world.cloud.stdout), "line");
    const { url, people, env: settings } = JSON.parse(line);
    Object.assign(world, { url, people, address: new URL(url).host, env: { PATH: process.env.PATH, HOME: world.folder, ...settings } });
    world.browser = await chromium.launch({ executablePath: browser(), args: ["--no-sandbox"] });
    return world;
  }

  run(program, args) {
    return spawn(join(programs, program), args, { cwd: this.folder, env: this.env, stdio: "ignore" });
  }

  /** What a command of the shipped program prints. */
  listsync(...args) {
    return execFileSync(join(programs, "listsync"), args, { cwd: this.folder, env: this.env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  }

  /** A link that signs in. */
  link() {
    return JSON.parse(this.listsync("console", "--at", this.address, "--json")).url;
  }

  /** A page of a browser of its own. What it asks of other hosts, and what its policy forbids, is kept. */
  async page(options = {}) {
    const context = await this.browser.newContext({ baseURL: this.url, ...options });
    const page = await context.newPage();
    page.odd = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(this.url) && !request.url().startsWith("data:,")) page.odd.push(request.url());
    });
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type()) && !/status of (4|5)\d\d/.test(message.text())) page.odd.push(message.text());
    });
    page.on("pageerror", (error) => page.odd.push(String(error)));
    return page;
  }

  /** The same, signed in. */
  async signedIn(options = {}) {
    const page = await this.page(options);
    await page.goto(this.link());
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("heading", { level: 1, name: "What needs me?" }).waitFor();
    return page;
  }

  async stop() {
    await this.browser?.close();
    for (const child of [this.serve, this.emulator]) child?.kill("SIGKILL");
    if (this.cloud) {
      // It says by its exit code whether a function asked for what its role does not allow.
      const ended = once(this.cloud, "exit");
      this.cloud.stdin.end();
      const [code] = await ended;
      assert.equal(code, 0, "the functions kept to their roles");
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The browser that tests/install finds or gets. */
function browser() {
  const path = process.env.CHROMIUM || "/usr/lib/chromium/chromium";
  if (!existsSync(path)) throw new Error(`there is no Chromium at ${path}: tests/install says how it gets there`);
  return path;
}

/** Loads a page again until it has a text. */
export async function shows(page, text) {
  await until(`the page shows ${text}`, async () => {
    if ((await page.locator("body").innerText()).includes(text)) return true;
    await sleep(300);
    await page.reload();
    return (await page.locator("body").innerText()).includes(text);
  });
}
