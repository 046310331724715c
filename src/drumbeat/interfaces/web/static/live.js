// Keeps a panel fresh: hears of its changes on the stream in data-stream, and where there is none asks
// the address in data-live again and again. Without this script the page offers a link to look again.
"use strict";

const PAUSE = 2000;
const SLOW = 15000;

const REACHED_BY_KEY = "a[href], button, input, select, summary, [tabindex]";

function follow(panel) {
  if (!window.EventSource || !panel.dataset.stream) return later(panel, pauseOf(panel));
  const stream = new EventSource(panel.dataset.stream);
  // A browser has few connections to one house: a page that nobody sees gives its own back.
  const hide = () => {
    if (!document.hidden) return;
    stop();
    document.addEventListener("visibilitychange", () => follow(panel), { once: true });
  };
  const stop = () => {
    stream.close();
    document.removeEventListener("visibilitychange", hide);
  };
  document.addEventListener("visibilitychange", hide);
  stream.onmessage = (message) => {
    panel = put(panel, message.data);
    if (panel === null) stop();
  };
  stream.onerror = () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    stop();
    later(panel, pauseOf(panel));
  };
}

// The panel that stands there now; nothing when the whole page is read anew, because all has ended.
function put(panel, html) {
  const next = new DOMParser().parseFromString(html, "text/html").querySelector("[data-live], .live");
  if (next === null || !next.dataset.live) {
    location.reload();
    return null;
  }
  if (next.isEqualNode(panel)) return panel;
  takeOver(panel, next);
  return next;
}

async function refresh(panel) {
  let pause = pauseOf(panel);
  try {
    const answer = await fetch(panel.dataset.live, { credentials: "same-origin" });
    if (answer.status === 401) return;
    if (answer.ok) {
      panel = put(panel, await answer.text());
      if (panel === null) return;
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

// What takes longer than the page it stands on; where it does not come, its link does the same.
async function fill(panel) {
  try {
    const answer = await fetch(panel.dataset.later, { credentials: "same-origin" });
    if (answer.ok) panel.innerHTML = await answer.text();
  } catch {
    // Nothing is lost: the link stands there.
  }
}

// Escape closes what was opened to be sure, and goes back to what opened it.
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector("details.sure[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});

for (const panel of document.querySelectorAll("[data-live]")) follow(panel);
for (const panel of document.querySelectorAll("[data-later]")) fill(panel);
