// One quantity of every layer over training, as colours.

// Viridis, at equal distances: equally readable for colour-blind eyes, and on light and dark pages.
const VIRIDIS = ['440154', '482475', '414487', '355f8d', '2a788e', '21918c', '22a884', '44bf70', '7ad151', 'bddf26', 'fde725'];
// Two hues of equal weight around zero.
const AROUND_ZERO = ['00527f', '3f8dbb', '97c3de', 'e8ecef', 'f0b487', 'dd7a35', 'a34400'];

function mix(stops, share) {
  const place = Math.min(1, Math.max(0, share)) * (stops.length - 1), i = Math.min(stops.length - 2, Math.floor(place));
  const part = (hex, n) => parseInt(hex.slice(2 * n, 2 * n + 2), 16);
  const channel = n => Math.round(part(stops[i], n) + (place - i) * (part(stops[i + 1], n) - part(stops[i], n)));
  return `rgb(${channel(0)},${channel(1)},${channel(2)})`;
}

const ROW = 20, BAR = 92;

class Heat {
  constructor(spec) {
    this.spec = spec;
    this.figure = document.getElementById(spec.id);
    this.plot = this.figure.querySelector('.plot');
    this.now = this.figure.querySelector('.now');
    this.chosen = 0;
    this.plot.tabIndex = 0;
    this.plot.setAttribute('role', 'group');
    this.plot.setAttribute('aria-label', `Map of ${spec.title}, layer by layer. Arrow keys move the cursor.`);
    this.figure.querySelector('[data-pick]')?.addEventListener('change', event => {
      this.chosen = spec.maps.findIndex(map => map.run === Number(event.target.value));
      this.draw();
    });
    this.plot.style.height = `${Math.max(...spec.maps.map(map => this.rowHeight(map) * map.layers.length)) + MARGIN.top + MARGIN.bottom}px`;
    watch(this);
    listen(this);
  }

  rowHeight(map) {
    return map.layers.length > 30 ? 11 : ROW;
  }

  draw() {
    const map = this.spec.maps[this.chosen], width = Math.max(240, widthOf(this));
    const names = Math.min(width * 0.3, 14 + 6.6 * Math.max(...map.layers.map(name => name.length)));
    const row = this.rowHeight(map), height = row * map.layers.length;
    const inner = { left: names, right: width - (width > 480 ? BAR : MARGIN.right), top: MARGIN.top, bottom: MARGIN.top + height };
    const [low, high] = view.range ?? wholeRange();
    const x = scale(view.x === 'log' ? 'log1' : 'linear', low, high, inner.left, inner.right);
    const xs = horizontal(map.run, data.axes[map.axis]);
    this.colour = this.colours(map);
    Object.assign(this, { x, xs, inner, map, row });

    const canvas = html('canvas'), dense = Math.max(2, devicePixelRatio);
    canvas.width = Math.round((inner.right - inner.left) * dense);
    canvas.height = Math.round(height * dense);
    const pen = canvas.getContext('2d');
    pen.scale(dense, dense);
    const edge = i => i <= 0 ? x(low) : i >= xs.length ? x(high) : (x(xs[i - 1]) + x(xs[i])) / 2;
    for (let i = 0; i < xs.length; i++) {
      const from = Math.max(edge(i), inner.left) - inner.left, to = Math.min(edge(i + 1), inner.right) - inner.left;
      if (to <= 0 || from >= inner.right - inner.left) continue;
      map.rows.forEach((values, layer) => {
        if (values[i] === null) return;
        pen.fillStyle = this.colour(values[i]);
        pen.fillRect(from, layer * row, to - from + 0.5, row - (row > 14 ? 1 : 0));
      });
    }
    const root = svg('svg', { viewBox: `0 0 ${width} ${inner.bottom + MARGIN.bottom}`, role: 'img', 'aria-label': this.spec.title });
    // A picture within the drawing is scaled with it, on paper too.
    svg('image', { href: canvas.toDataURL(), x: inner.left, y: inner.top, width: inner.right - inner.left, height, preserveAspectRatio: 'none' }, root);
    const axes = svg('g', { class: 'axes' }, root);
    const most = Math.max(4, Math.floor((names - 12) / 6.6));
    map.layers.forEach((name, layer) => {
      const text = name.length > most ? '…' + name.slice(1 - most) : name;
      if (row > 12 || layer % 2 === 0) svg('title', {}, svg('text', { x: names - 7, y: inner.top + (layer + 0.5) * row, dy: '0.32em', class: 'end code' }, axes, text), name);
    });
    horizontalAxis(axes, x, inner);
    if (width > 480) this.bar(root, inner, width);
    this.cursorGroup = svg('g', { class: 'cursor' }, root);
    this.brush = svg('rect', { class: 'brush', y: inner.top, height, width: 0 }, root);
    this.plot.replaceChildren(root);
    this.hover();
  }

  // Of a value its colour: over all layers and steps, on a logarithm where they span much.
  colours(map) {
    const { low, high } = extent(map.rows.map(ys => ({ ys, first: 0, last: ys.length })), false);
    const { smallestPositive } = extent(map.rows.map(ys => ({ ys, first: 0, last: ys.length })), true);
    if (low < 0 && high > 0) {
      const reach = Math.max(-low, high);
      this.legend = { low: -reach, high: reach, kind: 'linear', stops: AROUND_ZERO };
    } else {
      const isLog = view.y === 'log' ? smallestPositive < Infinity : view.y === 'auto' && low > 0 && high / low > 50;
      this.legend = { low: isLog ? smallestPositive : low, high, kind: isLog ? 'log' : 'linear', stops: VIRIDIS };
    }
    if (!(this.legend.low <= this.legend.high)) Object.assign(this.legend, { low: 0, high: 1 });
    const { stops, kind } = this.legend, share = scale(kind, this.legend.low, this.legend.high, 0, 1);
    return value => kind === 'log' && value <= 0 ? mix(stops, 0) : mix(stops, this.legend.low === this.legend.high ? 0.5 : share(value));
  }

  bar(root, inner, width) {
    const { low, high, kind, stops } = this.legend, left = inner.right + 14, height = Math.max(60, inner.bottom - inner.top);
    const id = `bar-${this.spec.id}`, gradient = svg('linearGradient', { id, x1: 0, x2: 0, y1: 1, y2: 0 }, root);
    for (let i = 0; i <= 20; i++) svg('stop', { offset: i / 20, 'stop-color': mix(stops, i / 20) }, gradient);
    svg('rect', { x: left, y: inner.top, width: 10, height, fill: `url(#${id})` }, root);
    const y = scale(kind, low, high, inner.top + height, inner.top), group = svg('g', { class: 'axes' }, root);
    const ticks = low === high ? { at: [low], step: 0 } : kind === 'log' ? logTicks(low, high, height / 26) : linearTicks(low, high, height / 26);
    for (const at of ticks.at) svg('text', { x: left + 15, y: low === high ? inner.top + height / 2 : y(at), dy: '0.32em' }, group, tickText(at, ticks.step || Math.abs(at), this.spec.unit));
  }

  hover() {
    if (!this.cursorGroup) return;
    this.cursorGroup.replaceChildren();
    const at = view.cursor, isSource = view.source === this;
    this.now.textContent = '';
    if (at === null || at < this.x.low || at > this.x.high || !this.xs.length) {
      if (isSource) tip(null);
      return;
    }
    const place = this.x(at).toFixed(1), i = nearest(this.xs, at);
    svg('line', { x1: place, x2: place, y1: this.inner.top, y2: this.inner.bottom }, this.cursorGroup);
    if (!isSource) return;
    const layer = Math.min(this.map.layers.length - 1, Math.max(0, Math.floor((this.pointerY - this.inner.top) / this.row)));
    svg('rect', { class: 'row', x: this.inner.left, width: this.inner.right - this.inner.left, y: this.inner.top + layer * this.row, height: this.row }, this.cursorGroup);
    const text = show(this.map.rows[layer][i], this.spec.unit);
    this.now.textContent = text;
    tip(this, placeText(this.xs[i], this.map.run), [{ line: { label: this.map.layers[layer] }, text }]);
  }

  stops() {
    return this.xs ?? [];
  }
}
