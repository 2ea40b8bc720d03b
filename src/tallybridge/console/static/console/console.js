// Small conveniences; every page works without them.
"use strict";

// The menu is open where there is room for it, and folded on a narrow screen.
const wide = window.matchMedia("(min-width: 60rem)");
const menu = document.querySelector("details.menu");
function fitMenu() {
  if (menu) menu.open = wide.matches;
}
wide.addEventListener("change", fitMenu);
fitMenu();

// A choice that has a form of its own is sent as soon as it is made.
document.addEventListener("change", (event) => {
  const chosen = event.target.closest("[data-send-at-once]");
  if (chosen && chosen.form) chosen.form.requestSubmit();
});

// "All on this page" for lists in which several lines can be chosen.
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-choose-all]");
  if (!all) return;
  for (const one of (all.form ?? document).querySelectorAll(`input[type=checkbox][name="${all.dataset.chooseAll}"]`)) one.checked = all.checked;
});

// After a form was refused, one begins where something is wrong.
document.querySelector("main form [aria-invalid=true]")?.focus();

// Leaving a form with changes that are not saved asks first.
let unsaved = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("form[data-ask-before-leaving]")) unsaved = true;
});
document.addEventListener("submit", () => { unsaved = false; });
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

// How far long work has come is told now and then, not with every second; that it has ended, at once.
let toldAt = Date.now();
document.addEventListener("htmx:afterSwap", (event) => {
  const teller = document.getElementById("progress-told");
  const words = document.querySelector("#progress [data-told]");
  if (!teller || !words || (words.dataset.told === "later" && Date.now() - toldAt < 15000)) return;
  toldAt = Date.now();
  teller.textContent = words.textContent;
});

// A choice that was made while a part of the page was fetched is still made once that has replaced it.
let chosenMeanwhile = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const kept = event.detail.target.closest("[data-keep-choice]");
  chosenMeanwhile = kept && kept.querySelector("input[type=radio]:checked, input[type=text]");
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (!chosenMeanwhile) return;
  for (const one of event.detail.target.querySelectorAll(`input[name="${chosenMeanwhile.name}"]`)) {
    if (one.type === "text") one.value = chosenMeanwhile.value;
    else if (one.value === chosenMeanwhile.value) one.checked = true;
  }
  chosenMeanwhile = null;
});

// A server that does not answer is told, until it does; a proxy may answer in its place. One that was started again knows nothing of the work
// that it is asked for: its page says so.
function tellUnreachable(is) {
  const words = document.getElementById("unreachable");
  if (words) words.hidden = !is;
}
document.addEventListener("htmx:sendError", () => tellUnreachable(true));
document.addEventListener("htmx:beforeOnLoad", (event) => tellUnreachable(event.detail.xhr.status >= 500));
document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.target?.id === "progress" && event.detail.xhr.status < 500) location.reload();
});

// The page of work that has ended takes no place in the history: going back from its result leads to what was before it.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const result = event.detail.target?.id === "progress" && event.detail.xhr.getResponseHeader("HX-Redirect");
  if (!result) return;
  event.preventDefault();
  location.replace(result);
});

// What a part of the page was replaced with is told to screen readers by its own role. Where the focus was on what is gone, it goes to where the page says.
document.addEventListener("htmx:afterSettle", () => {
  if (document.activeElement === document.body) document.querySelector("[data-focus]")?.focus();
});
