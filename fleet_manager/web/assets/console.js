// The console's only script: it keeps the live numbers fresh. Every page works without it.

const STALE_MS = 5000;

function live(region) {
  let timer = 0;
  const note = document.createElement("p");
  note.className = "stale-note";
  note.hidden = true;
  note.setAttribute("role", "status");
  region.before(note);

  function say(words) {
    note.textContent = words;
    note.hidden = !words;
    region.classList.toggle("stale", Boolean(words));
  }
  function fresh() {
    say("");
    clearTimeout(timer);
    timer = setTimeout(() => say(region.dataset.stale), STALE_MS);
  }
  function open() {
    const feed = new EventSource(region.dataset.feed);
    feed.addEventListener("live", (event) => {
      region.innerHTML = event.data;
      fresh();
    });
    feed.addEventListener("beat", fresh);
    feed.addEventListener("end", () => {
      feed.close();
      clearTimeout(timer);
      say(region.dataset.ended);
    });
    // A refused stream is not opened again by the browser; a centre that starts anew refuses for a while.
    feed.addEventListener("error", () => {
      if (feed.readyState === EventSource.CLOSED) {
        say(region.dataset.stale);
        setTimeout(open, 5000);
      }
    });
    addEventListener("pagehide", () => feed.close(), { once: true });
  }
  open();
}

const region = document.querySelector("[data-feed]");
if (region) live(region);

// Dangerous buttons ask once more in the page's own words.
addEventListener("submit", (event) => {
  const words = event.submitter?.dataset.sure;
  if (words && !confirm(words)) event.preventDefault();
});
