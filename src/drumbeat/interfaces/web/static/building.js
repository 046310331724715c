// Counts a segment anew a moment after each change of its questions: sends the form as its "Count
// again" button does, and takes the count, what is wrong and other fields from the answer.
"use strict";

const QUIET = 500;
const form = document.querySelector("form.building");
let timer = 0;
let asked = 0;

async function see(lines) {
  const mine = ++asked;
  const body = new URLSearchParams(new FormData(form));
  body.set("do", "see");
  try {
    const answer = await fetch(form.action, { method: "POST", body, credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine === asked && fresh.getElementById("seen")) take(fresh, lines);
  } catch {
    // The house is away: what was counted last stays, and the next change asks again.
  }
}

function take(fresh, lines) {
  const seen = document.getElementById("seen");
  seen.replaceChildren(...fresh.getElementById("seen").childNodes);
  if (lines) return swap(fresh);
  const now = document.querySelectorAll(".line");
  fresh.querySelectorAll(".line").forEach((next, place) => {
    const line = now[place];
    line.classList.toggle("wrong", next.classList.contains("wrong"));
    for (const old of line.querySelectorAll(".error")) old.remove();
    line.append(...next.querySelectorAll(".error"));
  });
}

// Another sort of question has other fields; whoever chose it by keyboard stays where they are.
function swap(fresh) {
  const name = document.activeElement?.name;
  document.getElementById("lines").replaceWith(fresh.getElementById("lines"));
  if (name) form.elements[name]?.focus({ preventScroll: true });
}

form.addEventListener("input", (event) => {
  if (event.target.name === "name") return;
  clearTimeout(timer);
  const lines = event.target.name.startsWith("what-");
  timer = setTimeout(() => see(lines), lines ? 0 : QUIET);
});
