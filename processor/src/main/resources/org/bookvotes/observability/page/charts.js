// The charts: uPlot, fed with the points of /api/events. A point is an array, its fields are those of Timeline.Point.
import { number, seconds, time } from "./format.js";

const SPAN_SECONDS = 600;
const LEAST_SPAN_SECONDS = 120;
const HEIGHT = 170;

const CHARTS = [
  { id: "throughput", format: number, series: [{ field: 1, name: "events a second" }, { field: 2, name: "books a second" }] },
  // Often nothing ends in a step: what stands alone would not be seen as a line.
  { id: "freshness", format: seconds, dots: true, series: [{ field: 5, name: "median" }, { field: 6, name: "99 %" }] },
  { id: "backlog", format: number, series: [{ field: 3, name: "stale books" }] },
  { id: "age", format: seconds, series: [{ field: 4, name: "oldest" }] },
];

const points = new Map();
let columns = [[], [], [], [], [], [], []];
let drawn = [];

const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Takes new points in; those of a time that is known already take their place. */
export function addPoints(more) {
  for (const point of more) points.set(point[0], point);
  const all = [...points.values()].sort((a, b) => a[0] - b[0]);
  const oldest = all.length === 0 ? 0 : all.at(-1)[0] - SPAN_SECONDS;
  const kept = all.filter(point => point[0] >= oldest);
  all.filter(point => point[0] < oldest).forEach(point => points.delete(point[0]));
  columns = columns.map((_, field) => kept.map(point => point[field]));
}

/** The newest value of a field that is known at all; null if none is. */
export function newest(field) {
  return columns[field].findLast(value => value !== null) ?? null;
}

/** From when anything is known or was done, so that a young cluster is not a line at the edge. */
function span() {
  const end = columns[0].at(-1) ?? Date.now() / 1000;
  const first = columns[0].findIndex((_, i) => columns[1][i] !== null || columns[2][i] > 0);
  const begin = first < 0 ? end : columns[0][first];
  return [Math.max(end - SPAN_SECONDS, Math.min(begin, end - LEAST_SPAN_SECONDS)), end];
}

/** Shows the points that have come. */
export function drawCharts() {
  if (drawn.length === 0) build();
  CHARTS.forEach((chart, i) => {
    drawn[i].setData([columns[0], ...chart.series.map(s => columns[s.field])]);
    describe(chart, drawn[i].cursor.idx ?? null);
  });
}

/** In words: the newest values, or those under the pointer. */
function describe(chart, index) {
  const items = chart.series.map(s => {
    const value = index === null ? newest(s.field) : columns[s.field][index];
    return `${s.name}: ${value === null || value === undefined ? "none" : chart.format(value)}`;
  });
  if (index !== null && index !== undefined) items[0] = `${time(columns[0][index])}, ${items[0]}`;
  const list = document.getElementById(`${chart.id}-latest`);
  while (list.children.length < items.length) list.append(document.createElement("li"));
  items.forEach((text, i) => {
    if (list.children[i].textContent !== text) list.children[i].textContent = text;
  });
}

function build() {
  drawn.forEach(plot => plot.destroy());
  const axis = { stroke: color("--soft"), grid: { stroke: color("--grid"), width: 1 }, ticks: { show: false }, font: "12px system-ui, sans-serif" };
  drawn = CHARTS.map(chart => {
    const place = document.getElementById(chart.id);
    return new uPlot({
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { y: false, drag: { setScale: false, x: false } },
      scales: {
        x: { range: span },
        y: { range: (plot, least, most) => [0, most > 0 ? most * 1.1 : 1] },
      },
      axes: [
        { ...axis, values: (plot, at) => at.map(t => new Date(t * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" })), incrs: [60, 120, 300], size: 32, space: 60 },
        { ...axis, values: (plot, at) => at.map(chart.format), size: 64, space: 36 },
      ],
      series: [
        {},
        ...chart.series.map((s, i) => ({
          label: s.name,
          stroke: color(i === 0 ? "--first" : "--second"),
          width: 2,
          dash: i === 0 ? undefined : [6, 4],
          points: { ...(chart.dots && { show: true }), size: 4, fill: color(i === 0 ? "--first" : "--second") },
        })),
      ],
      hooks: { setCursor: [plot => describe(chart, plot.cursor.idx ?? null)] },
    }, [columns[0], ...chart.series.map(s => columns[s.field])], place);
  });
}

function resize() {
  drawn.forEach((plot, i) => plot.setSize({ width: document.getElementById(CHARTS[i].id).clientWidth, height: HEIGHT }));
}

new ResizeObserver(resize).observe(document.querySelector(".charts"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (drawn.length > 0) build();
});
