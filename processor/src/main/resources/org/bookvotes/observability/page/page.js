// The connection: events of this replica, which sees all of them in the database.
import { addPoints, drawCharts } from "./charts.js";
import { show } from "./view.js";
import { time } from "./format.js";

const RETRY_MS = 2000;
const SILENCE_MS = 6000;

const stateLine = document.getElementById("state");
const pauseButton = document.getElementById("pause");
let latest = null;
let version = null;
let lastNewsMs = Date.now();
let paused = false;

/** Read out by screen readers: it changes only when there is something to tell. */
function state(good, text) {
  if (stateLine.textContent !== text) stateLine.textContent = text;
  stateLine.className = good ? "good" : "bad";
}

function draw() {
  if (latest === null) return;
  drawCharts();
  show(latest);
  document.getElementById("told").textContent = `Told by ${latest.name}, version ${latest.version}, at ${time(latest.cluster.nowSeconds)}.`;
}

function connected() {
  if (paused) return state(true, "Paused");
  if (latest.ready) return state(true, "Live");
  state(false, `Live, but this replica is not ready: ${latest.notReady.join("; ")}`);
}

function connect() {
  const events = new EventSource("api/events");
  events.addEventListener("status", event => {
    lastNewsMs = Date.now();
    const { status, points } = JSON.parse(event.data);
    // Another version may need another page.
    if (version !== null && version !== status.version) location.reload();
    version = status.version;
    latest = status;
    addPoints(points);
    if (!paused) draw();
    connected();
  });
  events.addEventListener("trouble", event => {
    lastNewsMs = Date.now();
    state(false, `No news: ${JSON.parse(event.data).message}`);
  });
  events.onerror = () => {
    state(false, "Connection lost, trying again");
    // After anything but a broken connection a browser gives up.
    if (events.readyState === EventSource.CLOSED) {
      events.close();
      setTimeout(connect, RETRY_MS);
    }
  };
}

pauseButton.addEventListener("click", () => {
  paused = !paused;
  pauseButton.setAttribute("aria-pressed", String(paused));
  if (!paused) draw();
  if (latest !== null) connected();
});

setInterval(() => {
  if (Date.now() - lastNewsMs > SILENCE_MS && stateLine.className !== "bad") {
    state(false, `No news since ${new Date(lastNewsMs).toLocaleTimeString()}`);
  }
}, 1000);

connect();
