// A lane's monitor: what the visitor must do, and nothing to touch. /monitor?lane=2#token
import { listen, words } from "/gate.js";
import { shape } from "/shapes.js";

const asked = new URLSearchParams(location.search).get("lane");
const text = await words();
const at = (id) => document.getElementById(id);
const RESULT_MS = 4000;
let back;

function draw(kind, first, second, count = "") {
  at("stage").dataset.shape = kind;
  at("shape").replaceChildren(shape(kind, second));
  at("first").textContent = first + count;
  at("second").textContent = second;
}

function drawSign(sign, reason, persons) {
  const said = sign === "refused" && reason ? text.reasons[reason] : text.signs[sign];
  draw(text.signs[sign].shape, said.zh, said.en, persons > 1 ? ` ${persons}` : "");
}

let seen = -1;
let standing = "ready";
listen((state) => {
  if (state === null) {
    seen = -1;
    drawSign("out_of_order");
    return;
  }
  const lane = state.lanes[asked ?? Object.keys(state.lanes)[0]];
  if (lane === undefined || lane.show === seen) return;
  seen = lane.show;
  clearTimeout(back);
  drawSign(lane.sign, lane.reason, lane.persons);
  if (lane.sign === "refused") back = setTimeout(() => drawSign(standing), RESULT_MS);
  else standing = lane.sign;
});
