// What a status looks like. Every text goes into the page as text, never as HTML. Nodes stay where they are while their content
// changes, so that focus, selection and the place of a screen reader are not lost each second.
import { cut, moment, number, ranges, seconds } from "./format.js";
import { newest } from "./charts.js";

const MOST_TEXT = 300;
const SLOT_STATES = { free: "○ free", busy: "● busy", orphaned: "▲ orphaned" };

const byId = id => document.getElementById(id);

function set(node, property, value) {
  if (node[property] !== value) node[property] = value;
}

/** As many children as there are values, each made once and then filled. */
function fill(parent, values, make, change) {
  while (parent.children.length > values.length) parent.lastElementChild.remove();
  while (parent.children.length < values.length) parent.append(make());
  values.forEach((value, i) => change(parent.children[i], value));
}

function element(name, ...children) {
  const made = document.createElement(name);
  made.append(...children);
  return made;
}

/** Rows of cells: a text, or [text, class]. */
function table(id, rows, whenEmpty) {
  const body = byId(id);
  const columns = body.parentNode.tHead.rows[0].cells;
  const all = rows.length > 0 ? rows : [[whenEmpty]];
  fill(body, all, () => element("tr"), (row, cells) => {
    fill(row, cells, () => element("td"), (cell, content) => {
      const [text, className] = Array.isArray(content) ? content : [content, ""];
      set(cell, "textContent", cut(String(text ?? ""), MOST_TEXT));
      set(cell, "className", className || (cells.length > 1 ? columns[cell.cellIndex].className : ""));
      set(cell, "colSpan", cells.length === 1 ? columns.length : 1);
    });
  });
}

/** [name, value, whether it is bad]. */
function figures(id, all) {
  fill(byId(id), all, () => element("div", element("dt"), element("dd")), (figure, [name, value, bad]) => {
    set(figure.firstChild, "textContent", name);
    set(figure.lastChild, "textContent", value);
    set(figure.lastChild, "className", bad ? "bad" : "");
  });
}

const sum = object => Object.values(object).reduce((a, b) => a + b, 0);
const took = run => (new Date(run.finishedAt) - new Date(run.startedAt)) / 1000;
const command = run => run.table ? `${run.command} ${run.table}` : run.command;
const outcome = run => [run.outcome === "completed" ? "✓ completed" : `✗ ${run.outcome}`, run.outcome === "completed" ? "good" : "bad"];

function now({ cluster }) {
  const { pool, slots } = cluster;
  const busy = slots.filter(slot => slot.state !== "free").length;
  figures("figures", [
    ["events a second", number(newest(1))],
    ["books recalculated a second", number(newest(2))],
    ["freshness of 99 %", seconds(newest(6))],
    ["stale books", number(cluster.staleBooks)],
    ["oldest stale book", seconds(cluster.oldestStaleSeconds)],
    ["slots in use", `${busy} of ${slots.length}`],
    ["server's workers free", `${pool.free} of ${pool.size}`, pool.free === 0],
  ]);
}

function lane() {
  const progress = document.createElement("progress");
  const made = element("li", element("strong"), element("span"), element("span"), element("div", progress), element("span"));
  made.lastChild.className = "last";
  return made;
}

/** How far the worker is: [share, in words]; null if that is not known. */
function howFar(slot, budget) {
  if (slot.pid === null) return null;
  if (slot.command === "recalculate") {
    return [Math.min(1, slot.runsSeconds / budget), `${seconds(slot.runsSeconds)} of the time budget of ${seconds(budget)}`];
  }
  if (slot.vacuum === null || slot.vacuum.pages === 0) return null;
  const { phase, scannedPages, pages } = slot.vacuum;
  return [scannedPages / pages, `${phase}, ${number(scannedPages)} of ${number(pages)} pages`];
}

function slots({ cluster, workerTimeBudgetSeconds }) {
  fill(byId("slots"), cluster.slots, lane, (item, slot) => {
    const [name, state, running, bar, last] = item.children;
    const far = howFar(slot, workerTimeBudgetSeconds);
    const holder = slot.replica ?? slot.address;
    const lastRun = cluster.lastRuns.find(run => run.slot === slot.slot);
    set(item, "className", `lane ${slot.state}`);
    set(name, "textContent", `Slot ${slot.slot}`);
    set(state, "textContent", SLOT_STATES[slot.state] ?? slot.state);
    set(state, "className", slot.state === "busy" ? "good" : slot.state === "orphaned" ? "bad" : "");
    set(running, "textContent", [
      slot.pid === null ? (slot.state === "busy" ? "no worker right now" : "") : `${slot.vacuum ? `${slot.command} ${slot.vacuum.table}` : slot.command}, worker ${slot.pid}, for ${seconds(slot.runsSeconds)}`,
      holder ? `held by ${holder}` : "",
    ].filter(Boolean).join(", "));
    set(bar, "hidden", far === null);
    set(bar.firstChild, "value", far === null ? 0 : far[0]);
    const label = far === null ? "" : far[1];
    if (bar.firstChild.getAttribute("aria-label") !== (label || "unknown")) bar.firstChild.setAttribute("aria-label", label || "unknown");
    if (bar.childNodes.length === 1) bar.append("");
    set(bar.lastChild, "data", label);
    set(last, "textContent", lastRun ? `last: ${command(lastRun)} ${lastRun.outcome} at ${moment(lastRun.finishedAt)}${lastRun.books > 0 ? `, ${number(lastRun.books)} books` : ""}` : "");
  });
}

function pool({ cluster: { pool: { size, ours, others, free } } }) {
  set(byId("pool"), "textContent", `The server's pool of background workers: ${ours} ours, ${others} others', ${free} free of ${size}.`);
  fill(byId("pool-bar"), [["ours", ours], ["others", others], ["free", free]], () => element("i"), (part, [name, count]) => {
    set(part, "className", name);
    if (part.style.flexGrow !== String(count)) part.style.flexGrow = String(count);
  });
}

function runs({ cluster }) {
  table("runs", cluster.lastRuns.map(run => [
    moment(run.finishedAt), outcome(run), command(run), [run.slot, "number"], [seconds(took(run)), "number"],
    [run.table ? "" : number(run.books), "number"], [run.removedRows === null ? "" : number(run.removedRows), "number"],
    run.replica, [[run.sqlState, run.message].filter(Boolean).join(": "), "why"],
  ]), "none yet");
}

function letters({ cluster }) {
  table("letters", cluster.deadLetters.map(letter => [
    moment(letter.at), letter.reason, `${letter.topic}, partition ${letter.partition}, offset ${letter.offset}`,
    letter.redrivenAt ? `✓ redriven ${moment(letter.redrivenAt)}` : "waits",
  ]), "none");
}

function replicas({ name, cluster }) {
  table("replicas", cluster.replicas.map(replica => [
    `${replica.name ?? "unknown"}${replica.name === name ? " (serves this page)" : ""}`,
    replica.partitions.length === 0 ? "none" : ranges(replica.partitions),
    replica.idleSeconds === null ? "" : replica.idleSeconds < 2 ? "just now" : `${seconds(replica.idleSeconds)} ago`,
    replica.slots.length === 0 ? "none" : ranges(replica.slots),
  ]), "none yet");
}

function own({ version, name, startedAt, ready, notReady, settings, replica }) {
  const blocked = Object.entries(replica.blockedVacuums).map(([table, cause]) => `${table}: ${cause}`).join(", ");
  figures("own", [
    ["name", name],
    ["version", version],
    ["started", moment(startedAt)],
    ["ready", ready ? "yes" : notReady.join("; "), !ready],
    ["votes counted", number(replica.votesUp + replica.votesDown)],
    ["books recalculated", number(replica.recalculatedBooks)],
    ["of them without a worker", `${number(replica.fallbackBooks)}${replica.degraded ? ", degraded now" : ""}`, replica.degraded],
    ["batches that failed", number(replica.failedBatches), replica.failedBatches > 0],
    ["dead letters", number(sum(replica.deadLetters))],
    ["launches tried again", number(sum(replica.launchRetries))],
    ["rows vacuumed", number(replica.vacuumRemovedRows)],
    ["vacuum blocked", blocked || "no", blocked !== ""],
  ]);
  table("settings", settings.map(setting => [
    setting.name, [setting.value === "" ? "not set" : setting.value, "why"], setting.given ? "set" : "default",
  ]), "none");
}

/** Shows a status of /api/events. */
export function show(status) {
  for (const part of [now, slots, pool, runs, letters, replicas, own]) part(status);
}
