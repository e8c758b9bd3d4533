// Curves over training in one frame.

const MARGIN = { left: 52, right: 12, top: 8, bottom: 22 };

class Curves {
  constructor(spec) {
    this.spec = spec;
    this.figure = document.getElementById(spec.id);
    this.plot = this.figure.querySelector('.plot');
    this.now = this.figure.querySelector('.now');
    this.plot.tabIndex = 0;
    this.plot.setAttribute('role', 'group');
    this.plot.setAttribute('aria-label', `Curve of ${spec.title}. Arrow keys move the cursor, plus and minus zoom, 0 shows all.`);
    for (const line of spec.lines) line.steps = data.axes[line.axis];
    watch(this);
    listen(this);
  }

  get lines() {
    return this.spec.lines.filter(line => !view.hidden.has(line.run));
  }

  // The whole of the horizontal axis: of all runs shown, so that frames can be compared.
  static whole() {
    let low = Infinity, high = -Infinity;
    for (const chart of data.charts) {
      for (const line of chart.lines) {
        const xs = horizontal(line.run, line.steps ?? data.axes[line.axis]);
        if (view.hidden.has(line.run) || !xs.length) continue;
        low = Math.min(low, xs[0]);
        high = Math.max(high, xs.at(-1));
      }
    }
    return low < high ? [low, high] : Number.isFinite(low) ? [low - 0.5, low + 0.5] : [0, 1];
  }

  draw() {
    const width = Math.max(160, widthOf(this)), height = this.plot.clientHeight || 190;
    const [low, high] = view.range ?? wholeRange();
    const inner = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    const x = scale(view.x === 'log' ? 'log1' : 'linear', low, high, inner.left, inner.right);
    const drawn = this.lines.map(line => {
      const xs = horizontal(line.run, line.steps), [first, last] = inView(xs, low, high);
      return { line, xs, ys: smoothed(line.y, view.smooth), raw: line.y, first, last };
    });
    const y = this.vertical(drawn, inner);
    Object.assign(this, { x, y, inner, drawn });

    const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': this.spec.title });
    this.axes(root, x, y, inner);
    const clip = `clip-${this.spec.id}`;
    const area = { x: inner.left - 2, y: inner.top - 3, width: inner.right - inner.left + 4, height: inner.bottom - inner.top + 6 };
    svg('rect', area, svg('clipPath', { id: clip }, root));
    const group = svg('g', { 'clip-path': `url(#${clip})` }, root);
    for (const { line, xs, ys, raw, first, last } of drawn) {
      const attributes = { class: `line ${line.style}`, 'stroke-dasharray': DASHES[line.dash] };
      if (view.smooth) svg('path', { ...attributes, class: attributes.class + ' faint', d: path(xs, raw, first, last, x, y) }, group);
      svg('path', { ...attributes, d: path(xs, ys, first, last, x, y) }, group);
      if (last - first <= 30 && line.style !== 'muted') this.dots(group, line, xs, ys, first, last);
    }
    this.cursorGroup = svg('g', { class: 'cursor' }, root);
    this.brush = svg('rect', { class: 'brush', y: inner.top, height: inner.bottom - inner.top, width: 0 }, root);
    this.plot.replaceChildren(root);
    this.hover();
  }

  dots(group, line, xs, ys, first, last) {
    for (let i = first; i < last; i++) {
      if (ys[i] === null || (this.y.kind === 'log' && ys[i] <= 0)) continue;
      svg('circle', { class: `dot ${line.style}`, cx: this.x(xs[i]).toFixed(1), cy: this.y(ys[i]).toFixed(1), r: 2 }, group);
    }
  }

  vertical(drawn, inner) {
    const all = extent(drawn, false), { unit } = this.spec;
    this.hasValues = all.low <= all.high;
    const spread = all.low > 0 && all.high / all.low > 50;
    const isLog = all.smallestPositive < Infinity && (view.y === 'log' || (view.y === 'auto' && this.spec.may_be_log && spread));
    let { low, high } = all;
    this.hiddenValues = 0;
    if (isLog) {
      ({ low, high, hidden: this.hiddenValues } = extent(drawn, true));
      if (low === high) { low /= 2; high *= 2; }
      const pad = (high / low) ** 0.04;
      return scale('log', low / pad, high * pad, inner.bottom, inner.top);
    }
    if (!(low <= high)) [low, high] = [0, 1];
    if (low > 0 && low < 0.3 * high) low = 0;
    if (low === high) {
      // Times and shares do not go below zero, nor shares above all.
      const half = Math.abs(low) * 0.1 || 0.5, bounded = unit !== 'number' && low >= 0;
      low = bounded ? Math.max(0, low - half) : low - half;
      high = unit === 'share' && high <= 1 ? Math.min(1, high + half) : high + half;
    }
    const pad = 0.04 * (high - low);
    const within = unit === 'share' && all.low >= 0 && all.high <= 1, above = within || (unit === 'seconds' && all.low >= 0);
    low = low === 0 || (above && low - pad < 0) ? Math.min(0, low) : low - pad;
    high = within && high + pad > 1 ? 1 : high + pad;
    return scale('linear', low, high, inner.bottom, inner.top);
  }

  axes(root, x, y, inner) {
    const group = svg('g', { class: 'axes' }, root);
    const wanted = Math.max(2, Math.floor((inner.bottom - inner.top) / 32));
    const ticks = y.kind === 'log' ? logTicks(y.low, y.high, wanted) : linearTicks(y.low, y.high, wanted);
    for (const at of ticks.at) {
      const place = y(at).toFixed(1);
      svg('line', { class: at === 0 ? 'rule zero' : 'rule', x1: inner.left, x2: inner.right, y1: place, y2: place }, group);
      svg('text', { x: inner.left - 6, y: place, dy: '0.32em', class: 'end' }, group, tickText(at, ticks.step || at, this.spec.unit));
    }
    horizontalAxis(group, x, inner);
    if (y.kind === 'log') svg('text', { x: inner.left + 4, y: inner.top + 7, class: 'badge' }, group, 'log' + (this.hiddenValues ? ', values of 0 or less left out' : ''));
    const thinned = this.lines.filter(line => line.y.length < line.of);
    if (thinned.length) {
      const [kept, of] = [Math.max(...thinned.map(line => line.y.length)), Math.max(...thinned.map(line => line.of))];
      svg('text', { x: inner.right, y: inner.top + 7, class: 'badge end' }, group, `${count(kept)} of ${count(of)} points`);
    }
    if (!this.hasValues) svg('text', { x: (inner.left + inner.right) / 2, y: (inner.top + inner.bottom) / 2, class: 'middle' }, group, 'no value here');
  }

  // The values at the cursor: their marks here, their text in the heading and, where the pointer is, beside it.
  hover() {
    if (!this.cursorGroup) return;
    const group = this.cursorGroup;
    group.replaceChildren();
    const at = view.cursor, isSource = view.source === this;
    if (at === null || at < this.x.low || at > this.x.high) {
      const only = this.drawn.length === 1 ? this.drawn[0] : null;
      const last = only ? only.raw.findLastIndex(value => value !== null) : -1;
      this.now.textContent = last >= 0 ? show(only.raw[last], this.spec.unit) : '';
      if (isSource) tip(null);
      return;
    }
    const place = this.x(at).toFixed(1);
    svg('line', { x1: place, x2: place, y1: this.inner.top, y2: this.inner.bottom }, group);
    const rows = [];
    let where = at, run = 0;
    for (const { line, xs, ys, raw } of this.drawn) {
      if (!xs.length) continue;
      const i = nearest(xs, at), value = ys[i];
      if (line.style !== 'muted') {
        if (!rows.length) [where, run] = [xs[i], line.run];
        rows.push({ line, text: show(raw[i], this.spec.unit) + (view.smooth ? ` (smoothed ${show(value, this.spec.unit)})` : ''), apart: xs[i] });
      }
      if (value !== null && !(this.y.kind === 'log' && value <= 0) && xs[i] >= this.x.low && xs[i] <= this.x.high) {
        svg('circle', { class: `dot ${line.style}`, cx: this.x(xs[i]).toFixed(1), cy: this.y(value).toFixed(1), r: line.style === 'muted' ? 2 : 3.5 }, group);
      }
    }
    this.now.textContent = rows.length === 1 ? rows[0].text : '';
    if (isSource) tip(this, placeText(where, run), rows.map(row => ({ ...row, note: row.apart === where ? '' : ` at ${placeText(row.apart, row.line.run)}` })));
  }

  // The places a keyboard cursor stops at: the points of the longest line.
  stops() {
    return this.drawn?.reduce((longest, { xs }) => xs.length > longest.length ? xs : longest, []) ?? [];
  }
}

let whole = { key: null, range: [0, 1] };

function wholeRange() {
  const key = `${view.x} ${[...view.hidden].sort()}`;
  if (whole.key !== key) whole = { key, range: Curves.whole() };
  return whole.range;
}

function horizontalAxis(group, x, inner) {
  const isTime = view.x === 'time';
  const wanted = Math.max(2, Math.floor((inner.right - inner.left) / 75));
  let ticks = linearTicks(x.low, x.high, wanted);
  if (x.kind === 'log1') ticks = { at: [0, ...logTicks(1, Math.max(2, x.high), wanted).at].filter(at => at >= x.low && at <= x.high), step: 0 };
  const texts = ticks.at.map(at => isTime ? tickText(at, ticks.step, 'seconds') : tickText(at, Math.max(1, ticks.step), 'number'));
  let free = -Infinity;
  ticks.at.forEach((at, i) => {
    if (!isTime && ticks.step > 0 && ticks.step < 1 && at % 1) return;
    const place = x(at), half = 3.2 * texts[i].length;
    svg('line', { class: 'tick', x1: place.toFixed(1), x2: place.toFixed(1), y1: inner.bottom, y2: inner.bottom + 4 }, group);
    // Labels keep apart, and within the drawing.
    if (place - half < free || place + half > inner.right + MARGIN.right) return;
    svg('text', { x: place.toFixed(1), y: inner.bottom + 15, class: 'middle' }, group, texts[i]);
    free = place + half + 8;
  });
  svg('line', { class: 'axis', x1: inner.left, x2: inner.right, y1: inner.bottom, y2: inner.bottom }, group);
}

// What lies under the pointer: a heading and rows of a line, its name and its value. Nothing hides it.
function tip(drawing, heading, rows) {
  const box = document.getElementById('tip');
  if (!drawing) { box.hidden = true; return; }
  box.replaceChildren();
  html('b', '', box, heading);
  for (const { line, text, note } of rows) {
    const row = html('div', 'row', box);
    if (line?.style) {
      const swatch = svg('svg', { viewBox: '0 0 22 8', width: 22, height: 8, class: 'swatch' }, row);
      svg('line', { class: line.style, x1: 1, x2: 21, y1: 4, y2: 4, 'stroke-dasharray': DASHES[line.dash] }, swatch);
    }
    html('span', 'name', row, (line?.label ?? '') + (note ?? ''));
    html('span', 'value', row, text);
  }
  box.hidden = false;
  const frame = drawing.plot.getBoundingClientRect(), own = box.getBoundingClientRect();
  const at = frame.left + drawing.pointer * frame.width / Math.max(160, drawing.plot.clientWidth);
  const left = at + 14 + own.width < document.documentElement.clientWidth ? at + 14 : Math.max(4, at - 14 - own.width);
  const above = frame.top - own.height - 6;
  box.style.left = `${left + scrollX}px`;
  box.style.top = `${(above > 60 ? above : frame.bottom + 6) + scrollY}px`;
}

// Pointer and keys over a drawing with a horizontal scale `x` and a frame `inner`.
function listen(drawing) {
  const { plot } = drawing;
  let from = null;
  const place = event => event.clientX - plot.getBoundingClientRect().left;
  const clamp = at => Math.min(drawing.inner.right, Math.max(drawing.inner.left, at));
  plot.addEventListener('pointermove', event => {
    if (!drawing.x) return;
    drawing.pointer = place(event);
    drawing.pointerY = event.clientY - plot.getBoundingClientRect().top;
    if (from !== null && drawing.brush) {
      const [a, b] = [from, clamp(drawing.pointer)].sort((p, q) => p - q);
      drawing.brush.setAttribute('x', a);
      drawing.brush.setAttribute('width', b - a);
    }
    setCursor(drawing.x.invert(clamp(drawing.pointer)), drawing);
  });
  plot.addEventListener('pointerleave', () => { if (from === null) leave(drawing); });
  plot.addEventListener('pointerdown', event => {
    if (event.button !== 0 || !drawing.x) return;
    from = clamp(place(event));
    plot.setPointerCapture(event.pointerId);
  });
  plot.addEventListener('pointerup', event => {
    if (from === null) return;
    const [a, b] = [from, clamp(place(event))].sort((p, q) => p - q);
    from = null;
    drawing.brush?.setAttribute('width', 0);
    if (b - a > 6) setRange([drawing.x.invert(a), drawing.x.invert(b)]);
  });
  plot.addEventListener('pointercancel', () => { from = null; drawing.brush?.setAttribute('width', 0); leave(drawing); });
  plot.addEventListener('dblclick', () => setRange(null));
  plot.addEventListener('blur', () => leave(drawing));
  plot.addEventListener('keydown', event => key(drawing, event));
}

function leave(drawing) {
  tip(null);
  if (view.source === drawing) setCursor(null, null);
}

function key(drawing, event) {
  const stops = drawing.stops(), [low, high] = view.range ?? wholeRange();
  if (!drawing.x || !stops.length || event.ctrlKey || event.metaKey || event.altKey) return;
  const at = view.cursor ?? (event.key === 'ArrowLeft' ? high : low), index = nearest(stops, at);
  const far = event.shiftKey ? 10 : 1;
  const zoom = factor => {
    const middle = view.cursor ?? (low + high) / 2, [all, end] = wholeRange(), half = (high - low) * factor / 2;
    const range = [Math.max(all, middle - half), Math.min(end, middle + half)];
    setRange(range[0] <= all && range[1] >= end ? null : range);
  };
  const move = to => {
    const stop = stops[Math.min(stops.length - 1, Math.max(0, to))];
    drawing.pointer = drawing.x(stop);
    setCursor(stop, drawing);
    requestAnimationFrame(() => { document.getElementById('live').textContent = document.getElementById('tip').innerText; });
  };
  const actions = {
    ArrowLeft: () => move(index - (view.cursor === null ? 0 : far)),
    ArrowRight: () => move(index + (view.cursor === null ? 0 : far)),
    Home: () => move(lowerBound(stops, low)),
    End: () => move(lowerBound(stops, high)),
    '+': () => zoom(0.5),
    '=': () => zoom(0.5),
    '-': () => zoom(2),
    0: () => setRange(null),
    Escape: () => { setRange(null); leave(drawing); },
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
}
