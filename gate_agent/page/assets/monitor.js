// A lane's monitor: what the visitor must do, and nothing to touch. /monitor?lane=2#token
import { write } from "/breaks.js";
import { listen, words } from "/gate.js";
import { shape } from "/shapes.js";

const asked = new URLSearchParams(location.search).get("lane");
const text = await words();
const at = (id) => document.getElementById(id);
const RESULT_MS = 4000;
let back;

function draw(kind, first, second) {
  at("stage").dataset.shape = kind;
  at("shape").replaceChildren(shape(kind, second));
  write(at("first"), first);
  write(at("second"), second);
}

function drawSign(sign, reason, persons) {
  const said = sign === "refused" && reason ? text.reasons[reason] : text.signs[sign];
  const team = persons > 1;
  draw(text.signs[sign].shape, team ? `${said.zh} ${persons} 人` : said.zh, team ? `${said.en}: ${persons} persons` : said.en);
}

let seen = -1;
let standing = "ready";
listen((state) => {
  if (state === null) {
    seen = -1;
    drawSign("out_of_order");
    return;
  }
  const lanes = Object.keys(state.lanes);
  const lane = state.lanes[asked ?? lanes[0]];
  if (lane === undefined) {
    draw("cross", `没有通道 ${asked}，本机有：${lanes.join("、")}`, `No lane ${asked}; this gate has: ${lanes.join(", ")}`);
    return;
  }
  if (lane.show === seen) return;
  seen = lane.show;
  clearTimeout(back);
  drawSign(lane.sign, lane.reason, lane.persons);
  if (lane.sign === "refused") back = setTimeout(() => drawSign(standing), RESULT_MS);
  else standing = lane.sign;
});
