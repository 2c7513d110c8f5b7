// The panel: every button is an order, the same as at the terminal.
import { act, listen } from "/gate.js";
import { LABELS } from "/labels.js";

const AT_A_GATE = [
  ["swipe new", "swipe G new", "main"], ["swipe last", "swipe G last"], ["swipe team", "swipe G team"],
  ["swipe void", "swipe G void"], ["swipe expired", "swipe G expired"], ["swipe alien", "swipe G alien"],
];
const AT_AN_ARM = [
  ["push", "push G", "main"], ["push wiggle", "push G wiggle"], ["push force", "push G force"],
  ["jam", "jam G", "harm"], ["free_arm", "free G"],
];
const TO_A_GATE = [
  ["unplug", "unplug G", "harm"], ["plug", "plug G"], ["cut", "cut G", "harm"], ["silence", "silence G", "harm"],
  ["heal", "heal G"], ["kill", "kill G", "harm"], ["freeze", "freeze G", "harm"], ["thaw", "thaw G"],
  ["start", "start G"], ["fill", "fill G", "harm"], ["empty", "empty G"], ["renew", "renew G"],
  ["clock_back", "clock G -86400", "harm"], ["clock_on", "clock G 31536000", "harm"], ["clock_right", "clock G 0"],
];
const IN_THE_AIR = [
  ["rain", "weather G 30 200 5", "harm"], ["fair", "weather G 0"],
  ["cable_out", "cable G out", "harm"], ["cable_in", "cable G in"],
];
const AT_THE_CENTRE = [
  ["agree_order", "agree", "main"], ["refund", "refund"], null,
  ["kill_centre", "kill centre", "harm"], ["freeze_centre", "freeze centre", "harm"], ["thaw_centre", "thaw centre"],
  ["start_centre", "start centre"], ["kill_broker", "kill broker", "harm"], ["start_broker", "start broker"],
  null, ["backup", "backup"], ["restore", "restore", "harm"], ["restored", "restored"],
  null, ["quit", "quit", "harm"],
];
const COUNTED = ["taken", "denied", "not_taken", "forced", "free", "unresolved"];

const byId = (id) => document.getElementById(id);
let language = localStorage.getItem("language") === "en" ? 1 : 0;
let newest = null;
const say = (key) => (LABELS[key] ?? [key, key])[language];

function made(name, values = {}, ...inner) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(values)) {
    if (key === "text") node.textContent = value;
    else node.setAttribute(key, value);
  }
  node.append(...inner);
  return node;
}

async function send(order) {
  byId("wrong").textContent = "";
  const { error } = await act({ order });
  if (!error) return true;
  byId("wrong").textContent = say(error);
  byId("desk").scrollIntoView({ block: "nearest" });
  return false;
}

function button([label, order, kind = ""], gate = "") {
  const line = order.replace("G", gate);
  const node = made("button", { type: "button", class: kind, title: line, "data-label": label, "data-order": line, text: say(label) });
  node.addEventListener("click", () => send(line));
  return node;
}

const NS = "http://www.w3.org/2000/svg";
function drawn(name, values) {
  const node = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(values)) node.setAttribute(key, value);
  return node;
}

// A tripod from the front: the hub turns with the arm, the ring says go or stop.
function arm() {
  const svg = drawn("svg", { viewBox: "0 0 104 104", role: "img" });
  const bars = drawn("g", { class: "bars" });
  for (const turn of [0, 120, 240]) {
    bars.append(drawn("rect", { x: 48, y: 8, width: 8, height: 44, rx: 4, fill: "#53616e", transform: `rotate(${turn} 52 52)` }));
  }
  svg.append(drawn("circle", { class: "ring", cx: 52, cy: 52, r: 48, fill: "none", "stroke-width": 7 }), bars,
    drawn("circle", { cx: 52, cy: 52, r: 13, fill: "#2c3a46" }));
  return svg;
}

function card(gate) {
  const node = made("section", { class: "card", "data-gate": gate.name });
  const now = made("div", { class: "now" }, gate.arm ? arm() : made("p", { class: "none" }),
    made("div", {}, made("p", { class: "answer" }, made("b"), made("span")), made("p", { class: "counted" })));
  const orders = made("div", { class: "buttons" });
  for (const part of [AT_A_GATE, gate.arm ? AT_AN_ARM : null, TO_A_GATE, gate.air ? IN_THE_AIR : null]) {
    if (part === null) continue;
    if (orders.children.length) orders.append(made("hr"));
    orders.append(...part.map((one) => button(one, gate.name)));
  }
  node.append(made("h2", { text: gate.name }), made("p", { class: "chips" }), made("p", { class: "pages" }), now, orders);
  return node;
}

// Links to the gate's own pages: made once for each address, so that none goes as it is pressed.
function showPages(gate, node) {
  const pages = node.querySelector(".pages");
  const key = `${gate.page} ${language}`;
  if (pages.dataset.key === key) return;
  pages.dataset.key = key;
  const link = (label, href) => made("a", { href, target: "_blank", rel: "noopener", text: say(label) });
  pages.replaceChildren(...(gate.page
    ? [link(gate.arm ? "staff_page" : "handheld", gate.page), link("monitor", gate.page.replace("/#", "/monitor?lane=1#"))] : []));
}

function chip(text, bad = false) {
  return made("span", bad ? { class: "bad", text } : { text });
}

function show(gate, node) {
  const chips = [chip(say(gate.process), gate.process !== "runs")];
  if (gate.process !== "dead") { // what a dead gate said last is no news
    chips.push(chip(say(gate.linked ? "linked" : "apart"), !gate.linked), chip(`${say("list")} ${gate.list}`),
      chip(`${say("waiting")} ${gate.waiting}`, gate.waiting > 0));
    if (gate.clock) chips.push(chip(say(`clock_${gate.clock}`)));
  }
  if (gate.arm) {
    chips.push(chip(gate.arm.power ? say(gate.arm.open ? "open" : "locked") : say("nopower"), !gate.arm.power));
    chips.push(chip(`${say("turns")} ${gate.arm.turns}`));
    const ring = node.querySelector(".ring");
    ring.setAttribute("stroke", !gate.arm.power ? "#9aa6b1" : gate.arm.open ? "#00642b" : "#a80019");
    node.querySelector(".bars").setAttribute("transform", `rotate(${gate.arm.deg} 52 52)`);
    node.querySelector("svg").setAttribute("aria-label", say(gate.arm.open ? "open" : "locked"));
    node.dataset.arm = gate.arm.open ? "open" : "locked";
  } else node.querySelector(".none").textContent = say("none");
  for (const what of gate.broken) chips.push(chip(say(what), true));
  for (const [device, text] of Object.entries(gate.process === "dead" ? {} : gate.faults)) chips.push(chip(`${device}: ${text}`, true));
  node.querySelector(".chips").replaceChildren(...chips);
  showPages(gate, node);
  const answer = node.querySelector(".answer");
  answer.dataset.kind = gate.kind;
  answer.querySelector("b").textContent = gate.answer[language];
  answer.querySelector("span").textContent = gate.answer[1 - language];
  node.querySelector(".counted").textContent = COUNTED.filter((key) => gate.counted[key])
    .map((key) => `${say(key)} ${gate.counted[key]}`).join(" · ");
}

function render(state) {
  const gates = byId("gates");
  for (const gate of state.gates) {
    let node = gates.querySelector(`[data-gate="${gate.name}"]`);
    if (!node) gates.append((node = card(gate)));
    show(gate, node);
  }
  byId("centre-state").textContent = `${say("centre_name")}: ${say(state.centre)}`;
  byId("centre-state").className = state.centre === "runs" ? "" : "bad";
  byId("broker-state").textContent = `${say("broker")}: ${say(state.broker)}`;
  byId("broker-state").className = state.broker === "runs" ? "" : "bad";
  const books = byId("books");
  books.dataset.agree = state.books?.agree ?? "";
  const sums = (part) => Object.values(state.books?.[part] ?? {}).reduce((sum, [taken]) => sum + taken, 0);
  books.textContent = `${say(state.books?.agree ? "agree" : "differ")} · ${say("taken")} ${sums("journals")} / ${sums("centre")}`;
  byId("codes").textContent = Object.entries(state.staff).reduce((text, [right, code]) => text.replace(`{${right}}`, code),
    Object.keys(state.staff).length ? say("codes") : "");
  byId("work").textContent = state.at_work ? say("working") + state.at_work : "";
  byId("log").replaceChildren(...state.log.toReversed().map((one) =>
    made("li", { value: one.number, ...(one.failed ? { class: "failed" } : {}) }, made("code", { text: one.order }), " ", one.said)));
  byId("save").href = `data:text/plain;charset=utf-8,${encodeURIComponent(state.scenario)}`;
}

function speak() {
  document.documentElement.lang = language ? "en" : "zh";
  for (const node of document.querySelectorAll("[data-say]")) node.textContent = say(node.dataset.say);
  for (const node of document.querySelectorAll("[data-label]")) node.textContent = say(node.dataset.label);
  byId("language").textContent = say("language");
  if (newest) render(newest);
}

byId("centre-orders").append(...AT_THE_CENTRE.map((one) => (one ? button(one) : made("hr"))));
byId("language").addEventListener("click", () => {
  language = 1 - language;
  localStorage.setItem("language", language ? "en" : "zh");
  speak();
});
byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const line = byId("line");
  const sent = line.value;
  send(sent).then((good) => { if (good && line.value === sent) line.value = ""; });
});
speak();
listen((state, why) => {
  const away = byId("away");
  away.hidden = state !== null;
  if (state === null) away.textContent = say(why === "token" ? "token" : "away");
  else render((newest = state));
});
