// Shows the mail anew a moment after each change of its words: sends the form to where its "Show"
// button leads, and takes the frames and what is wrong from the answer. Without it the button works.
"use strict";

const QUIET = 600;
const TOLD = ["subject_line", "alt_subject_line", "preheader", "content_html", "sender_name", "as"];
const form = document.querySelector("form.writing");
const button = form.querySelector("button.see");
let timer = 0;
let asking = false;
let again = false;

async function see() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(button.formAction, { method: "POST", body, credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (fresh.getElementById("seen")) take(fresh);
  } catch {
    // The house is away: what was seen last stays, and the next change asks again.
  }
  asking = false;
  if (again) {
    again = false;
    see();
  }
}

function take(fresh) {
  document.getElementById("seen-said").replaceChildren(...fresh.getElementById("seen-said").childNodes);
  for (const name of TOLD) tell(name, fresh);
  const seen = document.getElementById("seen");
  const next = fresh.getElementById("seen");
  const frame = next.querySelector("iframe");
  seen.classList.toggle("old", frame === null);
  if (frame === null) return;
  // The old frames stay until the new ones are painted, so that nothing flickers while one writes.
  for (const before of seen.parentNode.querySelectorAll(".coming")) before.remove();
  next.classList.add("coming");
  next.removeAttribute("id");
  frame.addEventListener("load", () => {
    if (!next.isConnected) return;
    document.getElementById("seen").remove();
    next.id = "seen";
    next.classList.remove("coming");
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
  timer = setTimeout(see, QUIET);
});
button.addEventListener("click", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  see();
});
see();
