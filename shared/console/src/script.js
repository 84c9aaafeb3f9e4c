// What the pages gain where scripts run; each is whole without. It asks nobody but the page's own origin.
"use strict";

(() => {
  // While a sync goes on or is waited for, how the list stands is looked at again, ever less often, and never out of sight.
  const SOONEST = 1_000;
  const LATEST = 15_000;
  let pause = SOONEST;
  let next;

  const told = (live) => [...live.querySelectorAll("[data-told]")].map((one) => one.textContent.trim()).join("; ");

  /** Puts in what is so now. Who is at a button there stays at it. */
  async function put(live, fresh) {
    const at = document.activeElement;
    const isWithin = live.contains(at);
    const same = (one) => one.tagName === at.tagName && one.textContent === at.textContent;
    const before = told(live);
    live.replaceWith(fresh);
    if (isWithin) [...fresh.querySelectorAll("a, button")].find(same)?.focus({ preventScroll: true });
    if (told(fresh) === before) return;
    document.getElementById("live-told").textContent = told(fresh);
    await row();
  }

  /** The list's row beside it says the same. */
  async function row() {
    const [shown, fresh] = [document, await read(location.href)].map((page) => page.querySelector("tr.chosen"));
    if (shown && fresh) shown.replaceWith(document.adoptNode(fresh));
  }

  async function read(path) {
    const answer = await fetch(path, { redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  async function look() {
    const live = document.getElementById("live");
    if (!live?.dataset.again || document.hidden) return;
    try {
      const fresh = (await read(live.dataset.again)).getElementById("live");
      if (fresh.outerHTML === live.outerHTML) pause = Math.min(pause * 1.5, LATEST);
      else {
        pause = SOONEST;
        await put(live, document.adoptNode(fresh));
      }
    } catch {
      // Signed out, or nobody answers: the page stays as it is, with its own way to look again.
      pause = LATEST;
    }
    soon();
  }

  function soon() {
    clearTimeout(next);
    if (document.getElementById("live")?.dataset.again) next = setTimeout(look, pause);
  }

  document.addEventListener("visibilitychange", () => {
    pause = SOONEST;
    clearTimeout(next);
    look();
  });

  // A form that leads back to its own page keeps where one was on it.
  const PLACE = "place";
  document.addEventListener("submit", ({ target, submitter }) => {
    const place = { path: location.pathname, top: scrollY, form: target.getAttribute("action"), button: submitter?.textContent, at: Date.now() };
    sessionStorage.setItem(PLACE, JSON.stringify(place));
  });

  function back() {
    const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
    sessionStorage.removeItem(PLACE);
    // What went wrong stands at the top, and is to be seen.
    const isHere = place?.path === location.pathname && Date.now() - place.at < 60_000;
    if (!isHere || location.hash || document.querySelector("[role=alert]")) return;
    scrollTo(0, place.top);
    const forms = [...document.forms].filter((form) => form.getAttribute("action") === place.form);
    const buttons = forms.flatMap((form) => [...form.querySelectorAll("button")]);
    buttons.find((button) => button.textContent === place.button)?.focus({ preventScroll: true });
  }

  back();
  soon();
})();
