// Panels over the page: a keypad, a choice, lists. One at a time, each with a way back, and a row of
// its own for what was wrong.
import { write } from "/breaks.js";
import { clock, day, label } from "/labels.js";
import { shape } from "/shapes.js";

const panel = document.getElementById("panel");
let pad = null;
let closed = () => {};

export function make(tag, values = {}, ...inner) {
  const node = Object.assign(document.createElement(tag), values);
  node.append(...inner);
  return node;
}

export const isOpen = () => !panel.hidden;

export function close() {
  pad = null;
  panel.hidden = true;
  panel.replaceChildren();
  const tell = closed;
  closed = () => {};
  tell();
}

// `open.kept`: somebody is typing, so the next scan must not take the panel away. `onClose` is called
// when the panel goes, whatever comes after it.
export function open(kept, onClose, ...inner) {
  const tell = closed;
  closed = onClose ?? (() => {});
  tell();
  open.kept = kept;
  panel.replaceChildren(...inner);
  panel.hidden = false;
}

const back = () => make("button", { id: "back", onclick: close }, label("back"));

function titled(title) {
  const node = make("h1");
  write(node, title);
  node.classList.remove("long");
  return node;
}

export function choose({ title, hint = "", above = [], options, two = false, onClose, done }) {
  pad = null;
  const buttons = options.map(([value, words]) => {
    const button = make("button", { id: `choose-${value}`, onclick: () => done(value) });
    write(button, words);
    return button;
  });
  open(true, onClose, titled(title), make("p", { className: "hint" }, hint), ...above,
    make("div", { className: "space" }), make("div", { className: two ? "choices two" : "choices" }, ...buttons),
    make("div", { className: "foot" }, back()));
}

const DIGITS = [..."123456789"];
const LETTERS = [..."1234567890ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

// `done(value)` gives a promise of what was wrong, which is shown here; nothing for what went well.
// `start`: what stands in the field; `fresh`: the first key replaces it.
export function keypad({ title, digits, most, secret = false, extra = [], start = "", fresh = start !== "", onClose, done }) {
  let value = start;
  const field = make("div", { id: "field" });
  const wrong = make("p", { id: "wrong", role: "alert" });
  const ok = make("button", { id: "ok", className: "main" }, label("ok"));
  const show = () => {
    field.textContent = secret ? "●".repeat(value.length) : value.replace(/(\d{4})(?=\d)/g, "$1 ");
    ok.disabled = value === "";
  };
  const press = (key) => {
    if (key === "⌫") value = fresh ? "" : value.slice(0, -1);
    else if (fresh) value = key;
    else if (value.length < most) value += key;
    fresh = false;
    wrong.textContent = "";
    show();
  };
  ok.onclick = async () => {
    if (!value || ok.disabled) return;
    ok.disabled = true;
    const mine = pad;
    const problem = await done(value);
    if (pad !== mine || !isOpen()) return; // another panel came, or this one has gone
    if (problem) {
      if (secret) value = "";
      write(wrong, problem);
    }
    show();
  };
  const all = digits ? [...DIGITS, ...(extra.length ? extra : [""]), "0", "⌫"] : LETTERS;
  const button = (key) => make("button", { id: `key-${key}`, onclick: () => press(key) }, key);
  const buttons = all.map((key) => (key === "" ? make("span") : button(key)));
  open(true, onClose, titled(title), field, wrong, make("div", { className: "space" }),
    make("div", { className: digits ? "keys digits" : "keys letters" }, ...buttons),
    make("div", { className: "foot" }, back(), ...(digits ? [] : [button("⌫")]), ok));
  pad = { press, ok, keys: new Set(all) };
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

// `said(row)` gives a row's words, of the past.
export function results(rows, said, kind, name) {
  pad = null;
  const lines = rows.map((row) => {
    const form = row.sign === "go" && !row.persons ? "cross" : kind(row);
    const parts = [row.ticket ? name(row.ticket) : "", row.ticket ? `${label("serial")} ${row.ticket.serial}` : ""];
    const marks = [];
    if (row.overridden) marks.push(make("i", { className: "mark" }, label("byHand")));
    if (row.direction === "out") marks.push(make("i", { className: "mark out" }, label("out")));
    const when = day(row.at_ms) === day(Date.now()) ? clock(row.at_ms) : `${day(row.at_ms).slice(5)} ${clock(row.at_ms).slice(0, 5)}`;
    return make("li", {},
      make("span", { className: form === "arrow" ? "go" : "stop" }, shape(form)),
      make("div", {}, make("b", {}, said(row)), ...marks, make("small", {}, parts.filter(Boolean).join(" · "))),
      make("time", {}, when));
  });
  open(false, null, titled(label("last")),
    lines.length ? make("ul", { className: "results" }, ...lines) : make("p", { className: "hint space" }, label("empty")),
    make("div", { className: "foot" }, back()));
}
