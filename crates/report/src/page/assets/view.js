// What is drawn, and what all drawings share: the range of training in view, the cursor, scales, hidden runs.

const data = JSON.parse(document.getElementById('data').textContent);

data.axes = data.axes.map(axis => {
  if (axis.even) return Float64Array.from({ length: axis.even.count }, (_, i) => axis.even.from + i * axis.even.by);
  let sum = 0;
  return Float64Array.from(axis.steps, difference => (sum += difference));
});

for (const run of data.runs) run.clock = [cumulated(run.clock[0]), Float64Array.from(run.clock[1])];

function cumulated(steps) {
  let most = 0;
  return Float64Array.from(steps, step => (most = Math.max(most, step)));
}

const view = {
  range: null, // the part of the horizontal axis in view, in its own units; null for all of it
  cursor: null,
  x: 'step',
  y: 'auto',
  smooth: 0,
  hidden: new Set(),
  paper: false,
  drawings: [],
};

let drawAsked = false, hoverAsked = false;

// Draws everything in sight anew, once per frame of the screen.
function redraw() {
  if (drawAsked) return;
  drawAsked = true;
  requestAnimationFrame(() => {
    drawAsked = false;
    for (const drawing of view.drawings) drawing.stale = true;
    drawVisible();
    document.getElementById('reset').disabled = view.range === null;
  });
}

function drawVisible(all = false) {
  for (const drawing of view.drawings) {
    if (drawing.stale && (all || drawing.inSight)) {
      drawing.stale = false;
      drawing.draw();
    }
  }
}

// Moves the cursor of every drawing; `source` is the one that is pointed at.
function setCursor(at, source) {
  view.cursor = at;
  view.source = source;
  if (hoverAsked) return;
  hoverAsked = true;
  requestAnimationFrame(() => {
    hoverAsked = false;
    for (const drawing of view.drawings) if (drawing.inSight && !drawing.stale) drawing.hover?.();
  });
}

function setRange(range) {
  view.range = range;
  redraw();
}

// How wide a drawing is: as its place, or on paper, whose layout is not known before it is printed, as print.css makes it.
function widthOf(drawing) {
  if (!view.paper) return drawing.plot.clientWidth;
  const grid = drawing.figure.closest('.grid');
  return grid && grid.children.length > 1 ? 335 : 690;
}

// Draws what comes into sight, and again when its width changes.
function watch(drawing) {
  view.drawings.push(drawing);
  drawing.stale = true;
  drawing.inSight = false;
  new IntersectionObserver(entries => {
    drawing.inSight = entries.at(-1).isIntersecting;
    if (drawing.inSight) drawVisible();
  }, { rootMargin: '300px' }).observe(drawing.plot);
  let width = 0;
  new ResizeObserver(() => {
    if (Math.abs(drawing.plot.clientWidth - width) < 1) return;
    width = drawing.plot.clientWidth;
    drawing.stale = true;
    drawVisible();
  }).observe(drawing.plot);
}

// The place of `value` in the sorted `values`: the index of the first that is not below it.
function lowerBound(values, value) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] < value) low = middle + 1; else high = middle;
  }
  return low;
}

function nearest(values, value) {
  const after = lowerBound(values, value);
  if (after === 0) return 0;
  if (after === values.length) return after - 1;
  return value - values[after - 1] <= values[after] - value ? after - 1 : after;
}

function interpolate(xs, ys, x) {
  if (!xs.length) return x;
  const after = lowerBound(xs, x);
  if (after === 0) return xs[0] > 0 ? ys[0] * x / xs[0] : ys[0];
  if (after === xs.length) return ys[after - 1];
  const share = (x - xs[after - 1]) / (xs[after] - xs[after - 1] || 1);
  return ys[after - 1] + share * (ys[after] - ys[after - 1]);
}

// Steps of a run in the units of the horizontal axis: steps, or seconds of training.
function horizontal(run, steps) {
  if (view.x !== 'time') return steps;
  const [at, seconds] = data.runs[run].clock;
  return Float64Array.from(steps, step => interpolate(at, seconds, step));
}

// A place on the horizontal axis as text.
function placeText(x, run) {
  if (view.x === 'time') return duration(x);
  const [steps, epochs] = data.runs[run ?? 0]?.epochs ?? [[], []];
  const after = lowerBound(steps, x + 0.5);
  return `step ${count(x)}` + (after > 0 && epochs.at(-1) > 0 ? `, epoch ${count(epochs[after - 1])}` : '');
}

const NAMES = 'http://www.w3.org/2000/svg';

function svg(name, attributes = {}, parent = null, text = null) {
  const element = document.createElementNS(NAMES, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== null) element.textContent = text;
  parent?.append(element);
  return element;
}

function html(name, className = '', parent = null, text = null) {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== null) element.textContent = text;
  parent?.append(element);
  return element;
}
