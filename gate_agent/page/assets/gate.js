// The way to the gate: a stream of states, one a line, and acts. The token came in the address,
// behind the #, which no browser sends anywhere; it is kept for this tab alone.
const SILENT_MS = 12000;
const AGAIN_MS = 1000;

const given = location.hash.slice(1);
if (given) {
  sessionStorage.setItem("token", given);
  history.replaceState(null, "", location.pathname + location.search);
}
const headers = () => ({ Authorization: `Bearer ${sessionStorage.getItem("token") ?? ""}` });

export async function words() {
  for (;;) {
    try {
      return await (await fetch("/words.json")).json();
    } catch {
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}

// Calls `told(state)` for each state, and `told(null, why)` when there is none any more.
export async function listen(told) {
  for (;;) {
    let why = "lost";
    try {
      why = await follow(told);
    } catch {
      // the gate is away, or silent: tell, and try again
    }
    told(null, why);
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
}

async function follow(told) {
  const stop = new AbortController();
  let timer = setTimeout(() => stop.abort(), SILENT_MS);
  try {
    const answer = await fetch("/state", { headers: headers(), signal: stop.signal });
    if (answer.status === 401) return "token";
    if (!answer.ok) return "lost";
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return "lost";
      clearTimeout(timer);
      timer = setTimeout(() => stop.abort(), SILENT_MS);
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      const newest = lines.pop();
      if (newest) told(JSON.parse(newest));
    }
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}

// Gives {} when the gate has taken the act, else {error, wait_s}.
export async function act(values) {
  try {
    const answer = await fetch("/act", { method: "POST", headers: headers(), body: JSON.stringify(values) });
    if (answer.status === 204) return {};
    if (answer.status === 403) return await answer.json();
    return { error: answer.status === 400 ? "wrong" : "lost" };
  } catch {
    return { error: "lost" };
  }
}
