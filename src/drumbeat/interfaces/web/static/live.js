// Keeps a panel fresh: fetches the address in data-live and puts the answer in the panel's place.
// Without this script the page shows the same, with a link to look again.
"use strict";

const PAUSE = 2000;
const SLOW = 15000;

const REACHED_BY_KEY = "a[href], button, input, select, summary, [tabindex]";

async function refresh(panel) {
  let pause = pauseOf(panel);
  try {
    const answer = await fetch(panel.dataset.live, { credentials: "same-origin" });
    if (answer.status === 401) return;
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = fresh.querySelector("[data-live], .live");
      if (next === null || !next.dataset.live) {
        location.reload();
        return;
      }
      if (!next.isEqualNode(panel)) {
        takeOver(panel, next);
        panel = next;
      }
    } else {
      pause = SLOW;
    }
  } catch {
    pause = SLOW;
  }
  later(panel, pause);
}

function pauseOf(panel) {
  return Number(panel.dataset.pause) || PAUSE;
}

// What was opened stays open, and who is there by keyboard stays where they are.
function takeOver(panel, next) {
  const opened = [...panel.querySelectorAll("details")].map((each) => each.open);
  next.querySelectorAll("details").forEach((each, place) => { each.open = Boolean(opened[place]); });
  const place = [...panel.querySelectorAll(REACHED_BY_KEY)].indexOf(document.activeElement);
  panel.replaceWith(next);
  if (place >= 0) next.querySelectorAll(REACHED_BY_KEY)[place]?.focus({ preventScroll: true });
}

function later(panel, pause) {
  setTimeout(() => {
    if (document.hidden) later(panel, pause);
    else refresh(panel);
  }, pause);
}

// Escape closes what was opened to be sure, and goes back to what opened it.
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.sure[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

for (const panel of document.querySelectorAll("[data-live]")) later(panel, pauseOf(panel));
