// The handheld: what the gate says, what staff can do about it. Everything to touch is at the bottom.
import { act, listen, words } from "/gate.js";
import { write } from "/breaks.js";
import { faultWords } from "/faults.js";
import { age, ago, bothLabels, day, label, language, minute, moment, setZone, switchLanguage } from "/labels.js";
import { choose, close, isOpen, keypad, make, open, results, type } from "/panels.js";
import { shape } from "/shapes.js";

const asked = new URLSearchParams(location.search).get("lane");
const text = await words();
const at = (id) => document.getElementById(id);
let state = null;
let why = "lost";
let number = asked ?? 1;
let refused = null; // the last refusal, for as long as staff may still answer it
let typing = null; // set while a panel for a document is open
let lastTyped = ""; // a number that the gate did not know, to be corrected
const ANSWER_MS = 60000;
const TYPING_MS = 5000;
const SERIAL_DIGITS = 6; // a printed number is longer: the serial and six check digits
const FOR_STAFF = { // where the visitor's words tell the visitor to ask these very people
  typed: "sayTyped", no_list: "sayNoList", list_too_old: "sayListTooOld", out_of_order: "sayOutOfOrder",
};

function said(shown) {
  const own = FOR_STAFF[shown.sign === "refused" ? shown.reason : shown.sign];
  if (own) return bothLabels(own);
  const one = shown.sign === "refused" && shown.reason ? text.reasons[shown.reason] : text.signs[shown.sign];
  return language === "zh" ? [one.zh, one.en] : [one.en, one.zh];
}

const kind = (shown) => text.signs[shown.sign].shape;

const persons = (count) => `${count} ${label(count === 1 ? "person" : "persons")}`;

// What is over is told as such.
function past(row) {
  if (row.sign !== "go") return said(row)[0];
  if (!row.persons) return label("nobody");
  return `${label(row.direction === "out" ? "wentOut" : "wentIn")} ${persons(row.persons)}`;
}

function productName(ticket) {
  if (ticket.product === undefined) return "";
  return ticket.names ? ticket.names[language] : `${label("product")} ${ticket.product}`;
}

function drawTicket(lane) {
  const parts = [];
  const ticket = lane.ticket;
  if (ticket) {
    if (ticket.product !== undefined) parts.push(make("span", { className: "name" }, productName(ticket)));
    if (lane.entry) parts.push(make("span", { className: "entry" }, entryText(lane.entry)));
    if (ticket.admits > 1 && lane.sign !== "refused") {
      const now = lane.asked ? lane.asked.persons : lane.persons;
      const count = language === "zh"
        ? `${now} ${label("persons")} / ${label("of")} ${ticket.admits} ${label("persons")}`
        : `${now} ${label("of")} ${ticket.admits} ${label("persons")}`;
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

const entryText = (entry) =>
  `${moment(entry.wall_ms)} ${entry.here ? state.gate : label("otherGate")} · ${persons(entry.persons)}`;

function drawStage(lane) {
  const blind = lane?.blind && lane.sign === "ready";
  const [first, second] = blind ? bothLabels("noScanner") : lane ? said(lane) : bothLabels(why);
  const form = lane ? kind(lane) : "cross";
  at("stage").dataset.shape = blind ? "fix" : form;
  at("stage").dataset.sign = blind ? "blind" : lane ? lane.sign : why;
  at("shape").replaceChildren(shape(form, first));
  write(at("first"), first);
  write(at("second"), second);
  drawTicket(lane ?? {});
}

// While the gate does not answer, the last that it said of itself is not true any more.
function drawLost() {
  at("mode").textContent = "";
  at("facts").replaceChildren(make("span", { className: "warn" }, `▲ ${label(why)}`));
}

function drawBar(lane) {
  document.documentElement.lang = language;
  at("gate").textContent = state.gate;
  at("direction").textContent = label(lane.direction ?? "in");
  at("direction").className = `badge ${lane.direction ?? "in"}`;
  at("mode").textContent = lane.mode && lane.mode !== "controlled" ? label(lane.mode) : "";
  at("mode").className = "badge warn";
  at("clock").textContent = minute(Date.now());
  const facts = [];
  const fact = (value, warn = false) => facts.push(make("span", { className: warn ? "warn" : "" }, value));
  if (state.linked) fact(`● ${label("online")}`);
  else fact(`▲ ${label("offline")} ${state.offline_ms ? age(Date.now() - state.offline_ms) : ""}`, true);
  const told = Math.max(state.list_vouched_ms ?? 0, ...(state.lists ?? []).map((one) => one.as_of_ms));
  if (told) {
    const old = Date.now() - told;
    fact(`${label("list")}${ago(old)}`, state.list_freshness === "too_old");
  } else fact(label("none"), true);
  fact(`${label("waiting")} ${state.waiting ?? 0}`, state.waiting > 100);
  if (state.battery) {
    const { percent, charging } = state.battery;
    fact(`▮ ${percent}%${charging ? ` ${label("charging")}` : ""}`, percent < 20 && !charging);
  }
  const faults = Object.keys(state.faults ?? {}).length;
  if (faults) fact(`${label("faults")} ${faults}`, true);
  at("facts").replaceChildren(...facts);
}

// Of a team: how many go through now. The gate has the number; it counts when the button is pressed,
// the next ticket is scanned, or the time is up.
function drawTeam(asked) {
  const row = at("team");
  row.hidden = !asked;
  if (!asked) return;
  at("team-count").textContent = persons(asked.persons);
  at("team-less").disabled = asked.persons < 1;
  at("team-more").disabled = asked.persons >= asked.most;
  at("team-go").textContent = asked.persons ? `${label("letIn")} ${persons(asked.persons)}` : label("letNobody");
}

async function chosen(step, done = false) {
  const asked = state?.lanes[number]?.asked;
  if (!asked) return;
  asked.persons = Math.min(asked.most, Math.max(0, asked.persons + step));
  draw();
  tell(await send({ act: "persons", record: asked.record, persons: asked.persons, done }));
}
at("team-less").onclick = () => chosen(-1);
at("team-more").onclick = () => chosen(1);
at("team-go").onclick = () => chosen(0, true);

function drawActions(lane) {
  drawTeam(lane.asked);
  const buttons = [];
  const button = (key, does, main = false) => {
    const node = make("button", { className: main ? "main" : "", onclick: does, id: `do-${key}` });
    write(node, label(key));
    buttons.push(node);
  };
  if (lane.phase === "holder_check") button("id", askDocument, true);
  if (refused && state.staff) button("override", askOverride, true);
  button("code", askCode);
  if (!lane.has_arm && !lane.asked) button(lane.direction === "out" ? "toIn" : "toOut", turn);
  if (!lane.asked) button("last", () => results(state.lanes[number].results, past, kind, productName));
  button("more", more);
  const names = (nodes) => [...nodes].map((node) => node.id + node.textContent).join();
  if (names(at("actions").children) !== names(buttons)) at("actions").replaceChildren(...buttons);
}

function draw() {
  const lane = state?.lanes[number];
  if (!lane) {
    drawStage(null);
    drawLost();
    drawTeam(null);
    at("actions").replaceChildren();
    return;
  }
  drawStage(lane);
  drawBar(lane);
  drawActions(lane);
}

// An error has a row of its own, and lies over nothing.
function tell(problem) {
  at("error").hidden = !problem;
  if (!problem) return;
  write(at("error"), problem);
  clearTimeout(tell.timer);
  tell.timer = setTimeout(() => { at("error").hidden = true; }, 5000);
}

// Gives a promise of what was wrong, in words; "" for nothing.
async function send(values) {
  const { error, wait_s: wait } = await act({ lane: Number(number), ...values });
  if (!error) return "";
  return wait ? `${label(error)} ${wait} ${label("seconds")}` : label(error);
}

async function sendAndClose(values) {
  const problem = await send(values);
  if (!problem) close();
  return problem;
}

// --- what staff can ask for -------------------------------------------------------------------

function askCode() {
  keypad({ title: label("typeCode"), digits: true, most: 16, start: lastTyped, fresh: false,
    done: async (code) => {
      if (code.length <= SERIAL_DIGITS) return label("serialTyped");
      lastTyped = code;
      return sendAndClose({ act: "typed", code });
    } });
}

// The gate waits for a document as long as somebody is at the panel.
function waitsForDocument() {
  const ping = () => send({ act: "awaited" });
  ping();
  const timer = setInterval(ping, TYPING_MS);
  const mine = {};
  typing = mine;
  return () => {
    clearInterval(timer);
    if (typing === mine) typing = null;
  };
}

function askDocument() {
  const kinds = [["id-card", label("id-card")], ["passport", label("passport")],
    ["permit", label("permit")], ["other", label("other_id")]];
  choose({
    title: label("whichId"), options: kinds, onClose: waitsForDocument(),
    done: (document) => keypad({
      title: label("typeId"), digits: document === "id-card", most: 32, extra: document === "id-card" ? ["X"] : [],
      onClose: waitsForDocument(),
      done: async (value) => {
        typing = null;
        const problem = await send({ act: "document", document, number: value });
        close();
        tell(problem);
      },
    }),
  });
}

const withStaffCode = (values) =>
  keypad({ title: label("staff"), digits: true, most: 12, secret: true,
    done: (code) => sendAndClose({ ...values, staff_code: code }) });

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
        done: async (count) => {
          if (Number(count) < 1 || Number(count) > most) return `1 … ${most}`;
          withStaffCode({ ...values, persons: Number(count) });
          return "";
        } });
    },
  });
}
const LABELLED = { group: "group_why", other: "other_why" };

async function turn() {
  tell(await send({ act: "direction", direction: state.lanes[number].direction === "out" ? "in" : "out" }));
}

function more() {
  const options = [["language", label("language")]];
  if (state.staff) options.push(["mode", label("mode")]);
  const lanes = Object.keys(state.lanes);
  if (lanes.length > 1) options.push(...lanes.map((one) => [one, `# ${one}`]));
  const faults = Object.entries(state.faults ?? {}).map(([device, text]) => {
    const [name, cure] = faultWords(device, language);
    return make("li", {}, make("b", {}, name), make("code", {}, device), make("span", {}, cure), make("small", {}, text));
  });
  choose({
    title: faults.length ? `${state.gate} · ${label("faultsTitle")}` : state.gate,
    above: faults.length ? [make("ul", { className: "faults" }, ...faults)] : [], options,
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
    if (typed) send({ act: "code", code: typed }).then(tell);
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
    setZone(state.time_zone);
    if (!state.lanes[number]) number = Object.keys(state.lanes)[0];
    const lane = state.lanes[number];
    if (lane.sign === "refused") refused = lane.record ? lane : null;
    else if (lane.sign !== "ready") refused = null;
    if (refused && Date.now() - refused.at_ms > ANSWER_MS) refused = null;
    if (lane.sign === "go" || (lane.sign === "refused" && lane.reason !== "mistyped")) lastTyped = "";
    if (before !== lane.show) tell("");
    if (typing && lane.phase !== "holder_check") {
      close();
      tell(label("late"));
    }
    if (before !== undefined && before !== lane.show && lane.sign !== "ready" && !open.kept) close();
  }
  draw();
});
setInterval(() => { if (state) draw(); }, 10000);
