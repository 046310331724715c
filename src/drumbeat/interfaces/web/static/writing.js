// Shows the mail anew a moment after each change of its words: sends the form to where its "Show"
// button leads, and takes the frames and what is wrong from the answer. Without it the button works.
"use strict";

const QUIET = 350;
const TOLD = ["subject_line", "alt_subject_line", "preheader", "content_html", "sender_name", "as"];
const form = document.querySelector("form.writing");
const button = form.querySelector("button.see");
let timer = 0;
let asking = false;
let again = false;

// At once, before anything is asked: what is seen is not what is written any more.
function rebuilding() {
  button.closest(".look").classList.add("busy");
  document.getElementById("seen").setAttribute("aria-busy", "true");
  note("Rebuilding\u2026");
}

function settled() {
  if (asking || again || timer) return; // the next one is on its way
  button.closest(".look").classList.remove("busy");
  document.getElementById("seen").removeAttribute("aria-busy");
  note("");
}

function note(words) {
  const place = document.getElementById("rebuilding");
  place.textContent = words;
  place.hidden = words === "";
}

async function see() {
  timer = 0;
  rebuilding();
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(button.formAction, { method: "POST", body, credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    asking = false;
    if (fresh.getElementById("seen")) take(fresh);
    else away();
  } catch {
    asking = false;
    away();
  }
  if (again) {
    again = false;
    see();
  }
}

// What was seen last stays, dimmed and named as such, and the next change asks again.
function away() {
  document.getElementById("seen").removeAttribute("aria-busy");
  note("The server does not answer, so this is an earlier look. The next change asks again.");
}

function take(fresh) {
  document.getElementById("seen-said").replaceChildren(...fresh.getElementById("seen-said").childNodes);
  for (const name of TOLD) tell(name, fresh);
  const seen = document.getElementById("seen");
  const next = fresh.getElementById("seen");
  const frame = next.querySelector("iframe");
  seen.classList.toggle("old", frame === null);
  if (frame === null) {
    settled();
    return;
  }
  // The old frames stay until the new ones are painted, so that nothing flickers while one writes.
  for (const before of seen.parentNode.querySelectorAll(".coming")) before.remove();
  next.classList.add("coming");
  next.removeAttribute("id");
  frame.addEventListener("load", () => {
    if (!next.isConnected) return;
    document.getElementById("seen").remove();
    next.id = "seen";
    next.classList.remove("coming");
    settled();
  }, { once: true });
  seen.after(next);
}

function tell(name, fresh) {
  const here = document.getElementById(name);
  const there = fresh.getElementById(name);
  const field = here.closest(".field");
  for (const old of field.querySelectorAll(".error, .lacks")) old.remove();
  field.append(...there.closest(".field").querySelectorAll(".error, .lacks"));
  field.classList.toggle("wrong", there.hasAttribute("aria-invalid"));
  for (const attribute of ["aria-invalid", "aria-describedby"]) {
    if (there.hasAttribute(attribute)) here.setAttribute(attribute, there.getAttribute(attribute));
    else here.removeAttribute(attribute);
  }
}

form.addEventListener("input", (event) => {
  if (![...TOLD, "variant"].includes(event.target.name)) return;
  clearTimeout(timer);
  rebuilding();
  timer = setTimeout(see, QUIET);
});
// A browser shows a day in its own order, such as 11/12: here it is said in words.
const moment = document.getElementById("at");
function sayMoment() {
  const when = moment.value ? new Date(`${moment.value}Z`) : null;
  const words = { weekday: "long", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", timeZone: "UTC" };
  document.getElementById("at-said").textContent = when && !isNaN(when) ? new Intl.DateTimeFormat("en-GB", words).format(when) : "";
}
moment.addEventListener("input", sayMoment);
sayMoment();
button.addEventListener("click", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  see();
});
see();
