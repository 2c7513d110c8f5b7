// The handheld: what the gate says, what staff can do about it. Everything to touch is at the bottom.
import { act, listen, words } from "/gate.js";
import { age, clock, label, language, switchLanguage } from "/labels.js";
import { choose, close, keypad, open, isOpen, results, type } from "/panels.js";
import { shape } from "/shapes.js";

const asked = new URLSearchParams(location.search).get("lane");
const text = await words();
const at = (id) => document.getElementById(id);
let state = null;
let why = "lost";
let number = 1;
let refused = null; // the last refusal, for as long as staff may still answer it
const ANSWER_MS = 60000;

function make(tag, values = {}, ...inner) {
  const node = Object.assign(document.createElement(tag), values);
  node.append(...inner);
  return node;
}

function said(shown) {
  const one = shown.sign === "refused" && shown.reason ? text.reasons[shown.reason] : text.signs[shown.sign];
  return language === "zh" ? [one.zh, one.en] : [one.en, one.zh];
}

const kind = (shown) => text.signs[shown.sign].shape;

function productName(ticket) {
  if (ticket.product === undefined) return "";
  return ticket.names ? ticket.names[language] : `${label("product")} ${ticket.product}`;
}

function drawTicket(lane) {
  const parts = [];
  const ticket = lane.ticket;
  if (ticket) {
    if (ticket.product !== undefined) parts.push(make("span", { className: "name" }, productName(ticket)));
    if (ticket.admits > 1 && lane.sign !== "refused") {
      const count = language === "zh"
        ? `${lane.persons} ${label("persons")} / ${label("of")} ${ticket.admits} ${label("persons")}`
        : `${lane.persons} ${label("of")} ${ticket.admits} ${label("persons")}`;
      parts.push(make("span", { className: "count" }, count));
    }
    parts.push(make("span", {}, `${label("serial")} ${ticket.serial}`));
    if (ticket.expires_ms) parts.push(make("span", {}, `${label("until")} ${day(ticket.expires_ms - 1)}`));
    if (ticket.group !== null) parts.push(make("span", {}, `${label("group")} ${ticket.group % 10000}`));
    if (ticket.issue) parts.push(make("span", {}, `${label("reprint")} ${ticket.issue}`));
    if (ticket.holder) parts.push(make("span", {}, label("holder")));
    if (lane.reentry) parts.push(make("span", {}, label("reentry")));
  }
  at("ticket").replaceChildren(...parts);
}

function day(ms) {
  const date = new Date(ms);
  const two = (value) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function drawStage(lane) {
  const [first, second] = lane ? said(lane) : [label(why), ""];
  const form = lane ? kind(lane) : "cross";
  at("stage").dataset.shape = form;
  at("stage").dataset.sign = lane ? lane.sign : why;
  at("shape").replaceChildren(shape(form, first));
  at("first").textContent = first;
  at("second").textContent = second;
  drawTicket(lane ?? {});
}

function drawBar(lane) {
  document.documentElement.lang = language;
  at("gate").textContent = state.gate;
  at("direction").textContent = label(lane.direction ?? "in");
  at("direction").className = `badge ${lane.direction ?? "in"}`;
  at("mode").textContent = lane.mode && lane.mode !== "controlled" ? label(lane.mode) : "";
  at("mode").className = "badge warn";
  at("clock").textContent = clock(Date.now());
  const facts = [];
  const fact = (value, warn = false) => facts.push(make("span", { className: warn ? "warn" : "" }, value));
  if (state.linked) fact(`● ${label("online")}`);
  else fact(`▲ ${label("offline")} ${state.offline_ms ? age(Date.now() - state.offline_ms) : ""}`, true);
  const told = Math.max(state.list_vouched_ms ?? 0, ...(state.lists ?? []).map((one) => one.as_of_ms));
  if (told) {
    const old = Date.now() - told;
    fact(`${label("list")} ${age(old)}`, state.list_freshness === "too_old");
  } else fact(`${label("list")} ${label("none")}`, true);
  fact(`${label("waiting")} ${state.waiting ?? 0}`, state.waiting > 100);
  if (state.battery) {
    const { percent, charging } = state.battery;
    fact(`▮ ${percent}%${charging ? ` ${label("charging")}` : ""}`, percent < 20 && !charging);
  }
  const faults = Object.keys(state.faults ?? {}).length;
  if (faults) fact(`${label("faults")} ${faults}`, true);
  at("facts").replaceChildren(...facts);
}

function drawActions(lane) {
  const buttons = [];
  const button = (key, does, main = false) =>
    buttons.push(make("button", { className: main ? "main" : "", onclick: does, id: `do-${key}` }, label(key)));
  if (lane.phase === "holder_check") button("id", askDocument, true);
  if (refused && state.staff) button("override", askOverride, true);
  button("code", askCode);
  if (!lane.has_arm) button(lane.direction === "out" ? "toIn" : "toOut", turn);
  button("last", () => results(state.lanes[number].results, said, kind, productName));
  button("more", more);
  const names = (nodes) => [...nodes].map((node) => node.id + node.textContent).join();
  if (names(at("actions").children) !== names(buttons)) at("actions").replaceChildren(...buttons);
}

function draw() {
  const lane = state?.lanes[number];
  if (!lane) {
    drawStage(null);
    at("actions").replaceChildren();
    return;
  }
  drawStage(lane);
  drawBar(lane);
  drawActions(lane);
}

function toast(words) {
  at("toast").textContent = words;
  at("toast").hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { at("toast").hidden = true; }, 3500);
}

async function send(values) {
  close();
  const { error, wait_s: wait } = await act({ lane: number, ...values });
  if (error) toast(wait ? `${label(error)} ${wait} ${label("seconds")}` : label(error));
  else if (values.act !== "code") toast(label("sent"));
}

// --- what staff can ask for -------------------------------------------------------------------

function askCode() {
  keypad({ title: label("typeCode"), digits: true, most: 16, done: (code) => send({ act: "typed", code }) });
}

function askDocument() {
  const kinds = [["id-card", label("id-card")], ["passport", label("passport")],
    ["permit", label("permit")], ["other", label("other_id")]];
  choose({
    title: label("whichId"), options: kinds,
    done: (document) => keypad({
      title: label("typeId"), digits: document === "id-card", most: 32, extra: document === "id-card" ? ["X"] : [],
      done: (value) => send({ act: "document", document, number: value }),
    }),
  });
}

const withStaffCode = (values) =>
  keypad({ title: label("staff"), digits: true, most: 12, secret: true,
    done: (code) => send({ ...values, staff_code: code }) });

function askOverride() {
  const about = refused;
  const reasons = ["unreadable", "checked", "mistake", "group", "help", "other"];
  const options = reasons.map((one) => [one, label(LABELLED[one] ?? one)]);
  const [first] = said(about);
  const most = about.ticket ? about.ticket.admits : 50;
  choose({
    title: `${label("override")}: ${first}`, hint: label("why"), options, two: true,
    done: (reason) => {
      const values = { act: "override", record: about.record, why: reason };
      if (most < 2) return withStaffCode({ ...values, persons: 1 });
      return keypad({ title: label("howMany"), digits: true, most: 3, start: "1",
        done: (count) => withStaffCode({ ...values, persons: Number(count) }) });
    },
  });
}
const LABELLED = { group: "group_why", other: "other_why" };

function turn() {
  send({ act: "direction", direction: state.lanes[number].direction === "out" ? "in" : "out" });
}

function more() {
  const options = [["language", label("language")]];
  if (state.staff) options.push(["mode", label("mode")]);
  const lanes = Object.keys(state.lanes);
  if (lanes.length > 1) options.push(...lanes.map((one) => [one, `# ${one}`]));
  choose({
    title: state.gate, hint: Object.entries(state.faults ?? {}).map(([, said_]) => said_).join("; "), options,
    done: (what) => {
      close();
      if (what === "language") { switchLanguage(); at("actions").replaceChildren(); draw(); }
      else if (what === "mode") askMode();
      else { number = what; draw(); }
    },
  });
}

function askMode() {
  choose({
    title: label("mode"), options: ["controlled", "closed", "free"].map((one) => [one, label(one)]),
    done: (mode) => withStaffCode({ act: "mode", mode }),
  });
}

// A scanner that acts as a keyboard types a code and Enter; into an open panel it types as a person.
let typed = "";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (isOpen()) { type(event); return; }
  if (event.key === "Enter") {
    if (typed) send({ act: "code", code: typed });
    typed = "";
  } else if (event.key.length === 1) typed = (typed + event.key).slice(-300);
  event.preventDefault();
});
document.addEventListener("contextmenu", (event) => event.preventDefault());

listen((newer, lost) => {
  const before = state?.lanes[number]?.show;
  state = newer;
  why = lost;
  if (state) {
    number = asked ?? (state.lanes[number] ? number : Object.keys(state.lanes)[0]);
    const lane = state.lanes[number];
    if (lane.sign === "refused") refused = lane.record ? lane : null;
    else if (lane.sign !== "ready") refused = null;
    if (refused && Date.now() - refused.at_ms > ANSWER_MS) refused = null;
    if (before !== undefined && before !== lane.show && lane.sign !== "ready" && !open.kept) close();
  }
  draw();
});
setInterval(() => { if (state) draw(); }, 10000);
