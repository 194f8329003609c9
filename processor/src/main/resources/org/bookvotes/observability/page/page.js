"use strict";
const byId = id => document.getElementById(id);
const number = n => n.toLocaleString("en", { maximumFractionDigits: 0 });
const seconds = s => s == null ? "–" : s < 1 ? `${Math.round(s * 1000)} ms` : s < 120 ? `${s.toFixed(1)} s` : `${Math.round(s / 60)} min`;

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text ?? "";
  if (className) made.className = className;
  return made;
}

function rows(id, all, emptyText) {
  const columns = byId(id).parentNode.tHead.rows[0].cells.length;
  byId(id).replaceChildren(...all.map(cells => {
    const row = document.createElement("tr");
    cells.forEach(cell => row.append(Array.isArray(cell) ? element("td", cell[0], cell[1]) : element("td", cell)));
    return row;
  }));
  if (all.length === 0) {
    const cell = element("td", emptyText);
    cell.colSpan = columns;
    const row = document.createElement("tr");
    row.append(cell);
    byId(id).append(row);
  }
}

function figures(all) {
  byId("figures").replaceChildren(...all.map(([label, value, bad]) => {
    const figure = element("div", "", "figure");
    figure.append(element("b", value, bad ? "bad" : ""), element("span", label));
    return figure;
  }));
}

function sum(object) {
  return Object.values(object).reduce((a, b) => a + b, 0);
}

function show(status) {
  const { cluster, replica } = status;
  const state = byId("state");
  state.textContent = status.ready ? `ready · version ${status.version} · replica ${status.name}` : `not ready: ${status.notReady.join("; ")}`;
  state.className = status.ready ? "" : "bad";
  figures([
    ["votes a second", number(replica.votesPerSecond)],
    ["votes counted", number(replica.votesUp + replica.votesDown)],
    ["stale books", number(cluster.staleBooks)],
    ["oldest stale", seconds(cluster.oldestStaleSeconds)],
    ["freshness p50", seconds(replica.freshness.p50Seconds)],
    ["freshness p99", seconds(replica.freshness.p99Seconds)],
    ["server's workers free", `${cluster.pool.free} of ${cluster.pool.size}`, cluster.pool.free === 0],
    ["used by others", number(cluster.pool.others)],
    ["launches retried", number(sum(replica.launchRetries))],
    ["recalculated without a worker", `${number(replica.fallbackBooks)}${replica.degraded ? " · degraded" : ""}`, replica.degraded],
    ["dead letters", number(sum(replica.deadLetters)), sum(replica.deadLetters) > 0],
    ["rows vacuumed", number(replica.vacuumRemovedRows)],
    ["vacuum blocked", Object.entries(replica.blockedVacuums).map(([table, cause]) => `${table}: ${cause}`).join(", ") || "no",
      Object.keys(replica.blockedVacuums).length > 0],
  ]);
  rows("slots", cluster.slots.map(s => [
    s.slot, [s.state, s.state === "orphaned" ? "bad" : s.state === "busy" ? "good" : ""], s.command ?? "", s.pid ?? "",
    s.runsSeconds == null ? "" : seconds(s.runsSeconds), s.replica ?? "",
  ]), "no slots");
  rows("runs", cluster.lastRuns.map(r => [
    new Date(r.finishedAt).toLocaleTimeString(), r.replica, r.slot, r.table ? `${r.command} ${r.table}` : r.command,
    [r.outcome, r.outcome === "completed" ? "good" : "bad"], r.table ? "" : number(r.books),
    r.removedRows == null ? "" : number(r.removedRows), seconds((new Date(r.finishedAt) - new Date(r.startedAt)) / 1000),
    [r.sqlState, r.message].filter(Boolean).join(": "),
  ]), "none yet");
}

async function refresh() {
  try {
    const answer = await fetch("api/status", { signal: AbortSignal.timeout(5000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    show(await answer.json());
  } catch (error) {
    byId("state").textContent = `no answer from the processor (${error.message}), trying again`;
    byId("state").className = "bad";
  }
  setTimeout(refresh, 1000);
}

refresh();
