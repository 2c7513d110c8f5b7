// Panels over the page: a keypad, a choice, the last results. One at a time, each with a way back.
import { clock, label } from "/labels.js";
import { shape } from "/shapes.js";

const panel = document.getElementById("panel");
let pad = null;

function make(tag, values = {}, ...inner) {
  const node = Object.assign(document.createElement(tag), values);
  node.append(...inner);
  return node;
}

export const isOpen = () => !panel.hidden;

export function close() {
  pad = null;
  panel.hidden = true;
  panel.replaceChildren();
}

// `open.kept`: somebody is typing, so the next scan must not take the panel away.
export function open(kept, ...inner) {
  open.kept = kept;
  panel.replaceChildren(...inner);
  panel.hidden = false;
}

const back = () => make("button", { id: "back", onclick: close }, label("back"));

export function choose({ title, hint = "", options, two = false, done }) {
  pad = null;
  const buttons = options.map(([value, words]) =>
    make("button", { id: `choose-${value}`, onclick: () => done(value) }, words));
  open(true, make("h1", {}, title), make("p", { className: "hint" }, hint), make("div", { className: "space" }),
    make("div", { className: two ? "choices two" : "choices" }, ...buttons), make("div", { className: "foot" }, back()));
}

const DIGITS = [..."123456789"];
const LETTERS = [..."1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

export function keypad({ title, digits, most, secret = false, extra = [], start = "", done }) {
  let value = start;
  let fresh = start !== "";
  const field = make("div", { id: "field" });
  const ok = make("button", { id: "ok", className: "main", onclick: () => { if (value) done(value); } }, label("ok"));
  const show = () => {
    field.textContent = secret ? "●".repeat(value.length) : value.replace(/(\d{4})(?=\d)/g, "$1 ");
    ok.disabled = value === "";
  };
  const press = (key) => {
    if (key === "⌫") value = fresh ? "" : value.slice(0, -1);
    else if (fresh) value = key;
    else if (value.length < most) value += key;
    fresh = false;
    show();
  };
  const all = digits ? [...DIGITS, ...(extra.length ? extra : [""]), "0", "⌫"] : LETTERS;
  const button = (key) => make("button", { id: `key-${key}`, onclick: () => press(key) }, key);
  const buttons = all.map((key) => (key === "" ? make("span") : button(key)));
  pad = { press, ok, keys: new Set(all) };
  open(true, make("h1", {}, title), field, make("div", { className: "space" }),
    make("div", { className: digits ? "keys digits" : "keys letters" }, ...buttons),
    make("div", { className: "foot" }, back(), ...(digits ? [] : [button("⌫")]), ok));
  show();
}

// A real keyboard in front of an open panel.
export function type(event) {
  if (event.key === "Escape") close();
  else if (pad === null) return;
  else if (event.key === "Enter") pad.ok.click();
  else if (event.key === "Backspace") pad.press("⌫");
  else if (pad.keys.has(event.key.toUpperCase())) pad.press(event.key.toUpperCase());
  event.preventDefault();
}

export function results(rows, said, kind, name) {
  pad = null;
  const lines = rows.map((row) => {
    const form = kind(row);
    const parts = [row.ticket ? name(row.ticket) : "", row.ticket ? `${label("serial")} ${row.ticket.serial}` : "",
      row.persons > 1 ? `${row.persons} ${label("persons")}` : ""];
    return make("li", {},
      make("span", { className: form === "arrow" ? "go" : "stop" }, shape(form)),
      make("div", {}, said(row)[0], make("small", {}, parts.filter(Boolean).join(" · "))),
      make("time", {}, clock(row.at_ms)));
  });
  open(false, make("h1", {}, label("last")),
    lines.length ? make("ul", { className: "results" }, ...lines) : make("p", { className: "hint space" }, label("empty")),
    make("div", { className: "foot" }, back()));
}
