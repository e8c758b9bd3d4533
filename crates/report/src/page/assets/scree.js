// The largest eigenvalues at one step, side by side.

class Scree {
  constructor(spec) {
    this.spec = spec;
    this.figure = document.getElementById(spec.id);
    this.plot = this.figure.querySelector('.plot');
    this.now = this.figure.querySelector('.now');
    watch(this);
  }

  draw() {
    const width = Math.max(160, widthOf(this)), height = this.plot.clientHeight || 190;
    const inner = { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
    const spectra = this.spec.spectra.filter(spectrum => !view.hidden.has(spectrum.run));
    const rows = spectra.flatMap(({ tops }) => tops.map(ys => ({ ys, first: 0, last: ys.length })));
    let { low, high } = extent(rows, true);
    if (!(low <= high)) [low, high] = [0.1, 1];
    const y = scale('log', low / 1.3, high * 1.3, inner.bottom, inner.top);
    const most = Math.max(1, ...spectra.map(({ tops }) => tops.length)), slot = (inner.right - inner.left) / most;
    const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': 'Largest eigenvalues at one step' });
    const axes = svg('g', { class: 'axes' }, root);
    const ticks = logTicks(y.low, y.high, 4);
    for (const at of ticks.at) {
      svg('line', { class: 'rule', x1: inner.left, x2: inner.right, y1: y(at), y2: y(at) }, axes);
      svg('text', { x: inner.left - 6, y: y(at), dy: '0.32em', class: 'end' }, axes, tickText(at, at, 'number'));
    }
    for (let i = 0; i < most; i++) svg('text', { x: inner.left + (i + 0.5) * slot, y: inner.bottom + 15, class: 'middle' }, axes, String(i + 1));
    svg('line', { class: 'axis', x1: inner.left, x2: inner.right, y1: inner.bottom, y2: inner.bottom }, axes);
    svg('text', { x: inner.left + 4, y: inner.top + 7, class: 'badge' }, axes, 'log');
    this.marks = svg('g', {}, root);
    Object.assign(this, { y, slot, inner, spectra });
    this.plot.replaceChildren(root);
    this.hover();
  }

  hover() {
    if (!this.marks) return;
    this.marks.replaceChildren();
    const { y, slot, inner, spectra } = this, own = Math.min(slot * 0.7, 60) / Math.max(1, spectra.length);
    let where = null, run = 0;
    spectra.forEach((spectrum, n) => {
      const xs = horizontal(spectrum.run, data.axes[spectrum.axis]);
      const i = view.cursor === null ? xs.length - 1 : nearest(xs, view.cursor);
      if (where === null) [where, run] = [xs[i], spectrum.run];
      spectrum.tops.forEach((values, place) => {
        const value = values[i];
        if (value === null || value === undefined || value <= 0) return;
        const left = inner.left + (place + 0.5) * slot + (n - spectra.length / 2) * own;
        const bar = svg('rect', { class: spectra.length > 1 ? `bar ${spectrum.style}` : `bar o${Math.min(4, place)}`, x: left.toFixed(1), width: Math.max(1, own - 1).toFixed(1), y: y(value).toFixed(1), height: Math.max(0, inner.bottom - y(value)).toFixed(1) }, this.marks);
        svg('title', {}, bar, show(value, 'number'));
      });
    });
    this.now.textContent = where === null || where === undefined ? '' : placeText(where, run);
  }
}
