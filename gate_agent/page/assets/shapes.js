// The four shapes: an arrow, a cross, a card, a frame to scan in. Drawn, so that no font is needed.
const NS = "http://www.w3.org/2000/svg";
const PATHS = {
  arrow: [["path", { d: "M52 10 95 50 52 90V66H6V34H52Z", fill: "currentColor" }]],
  cross: [["path", { d: "M15 15 85 85M85 15 15 85", stroke: "currentColor", "stroke-width": 17 }]],
  card: [
    ["rect", { x: 5, y: 20, width: 90, height: 60, rx: 6, fill: "none", stroke: "currentColor", "stroke-width": 6 }],
    ["circle", { cx: 30, cy: 42, r: 11, fill: "currentColor" }],
    ["path", { d: "M52 36H84M52 50H84M16 66H84", stroke: "currentColor", "stroke-width": 6 }],
  ],
  scan: [["path", {
    d: "M36 8H8V36M64 8H92V36M36 92H8V64M64 92H92V64M8 50H92",
    fill: "none", stroke: "currentColor", "stroke-width": 7,
  }]],
};

export function shape(name, label = "") {
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 100 100");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  for (const [kind, values] of PATHS[name]) {
    const part = document.createElementNS(NS, kind);
    for (const [key, value] of Object.entries(values)) part.setAttribute(key, value);
    svg.append(part);
  }
  return svg;
}
