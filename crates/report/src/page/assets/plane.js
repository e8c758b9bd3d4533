// What a network says on the plane.

class PlaneMap {
  constructor(spec) {
    this.spec = spec;
    this.figure = document.getElementById(spec.id);
    this.plot = this.figure.querySelector('.plot');
    this.now = this.figure.querySelector('.now');
    this.plot.addEventListener('pointermove', event => this.tell(event));
    this.plot.addEventListener('pointerleave', () => (this.now.textContent = ''));
    watch(this);
  }

  draw() {
    const { spec } = this, [x0, x1] = spec.x, [y0, y1] = spec.y, width = Math.max(160, widthOf(this));
    const left = 40, right = width - 10, top = 6, bottom = top + (right - left) * (y1 - y0) / (x1 - x0 || 1);
    const x = scale('linear', x0, x1, left, right), y = scale('linear', y0, y1, bottom, top);
    this.plot.style.height = `${bottom + MARGIN.bottom}px`;
    const canvas = html('canvas');
    canvas.width = canvas.height = spec.side;
    this.fill(canvas.getContext('2d'));
    const root = svg('svg', { viewBox: `0 0 ${width} ${bottom + MARGIN.bottom}`, role: 'img', 'aria-label': 'The plane' });
    svg('image', { href: canvas.toDataURL(), x: left, y: top, width: right - left, height: bottom - top, preserveAspectRatio: 'none' }, root);
    const axes = svg('g', { class: 'axes' }, root);
    for (const [low, high, draw] of [
      [x0, x1, (at, text) => svg('text', { x: x(at), y: bottom + 15, class: 'middle' }, axes, text)],
      [y0, y1, (at, text) => svg('text', { x: left - 6, y: y(at), dy: '0.32em', class: 'end' }, axes, text)],
    ]) {
      const ticks = linearTicks(low, high, 5);
      for (const at of ticks.at) draw(at, tickText(at, ticks.step, 'number'));
    }
    if (spec.classes) svg('path', { class: 'boundary', d: this.edges(x, y) }, root);
    const values = spec.points.map(point => point[2]), low = Math.min(...spec.value), high = Math.max(...spec.value);
    spec.points.forEach(([px, py, target, corrupt], i) => {
      const attributes = spec.classes ? { class: `point k${target % 7}` } : { class: 'point', fill: mix(VIRIDIS, (values[i] - low) / (high - low || 1)) };
      const [cx, cy] = [x(px), y(py)];
      if (corrupt) svg('path', { ...attributes, class: attributes.class + ' cross', d: `M${cx - 3} ${cy - 3}l6 6m0 -6l-6 6` }, root);
      else svg('circle', { ...attributes, cx, cy, r: 2.6 }, root);
    });
    svg('rect', { class: 'frame', x: left, y: top, width: right - left, height: bottom - top }, root);
    Object.assign(this, { x, y });
    this.plot.replaceChildren(root);
  }

  // The cells: a class in its colour, faint where the network is in doubt; a value on the scale of colours.
  fill(pen) {
    const { side, classes, value } = this.spec, image = pen.createImageData(side, side);
    const palette = Array.from({ length: Math.min(7, classes) }, (_, k) => this.colour(`k${k}`));
    const low = Math.min(...value), high = Math.max(...value);
    for (let cell = 0; cell < side * side; cell++) {
      const row = side - 1 - Math.floor(cell / side), at = 4 * (row * side + cell % side);
      let rgb, opacity = 255;
      if (classes) {
        rgb = palette[this.spec.class[cell] % 7];
        const doubt = 1 / Math.max(2, classes);
        opacity = 255 * (0.1 + 0.5 * Math.max(0, (value[cell] - doubt) / (1 - doubt)));
      } else {
        rgb = mix(VIRIDIS, (value[cell] - low) / (high - low || 1)).match(/\d+/g).map(Number);
      }
      image.data.set([...rgb, opacity], at);
    }
    pen.putImageData(image, 0, 0);
  }

  colour(name) {
    const probe = svg('line', { class: name }, svg('svg', { width: 0, height: 0 }, this.plot));
    const parts = getComputedStyle(probe).stroke.match(/[\d.]+/g).slice(0, 3).map(Number);
    probe.parentNode.remove();
    return parts;
  }

  // Where the class changes. Of two classes the line of equal probability, by marching squares; of more the edges of the cells.
  edges(x, y) {
    const { side, classes, class: own, value, x: [x0, x1], y: [y0, y1] } = this.spec, out = [];
    const px = i => x(x0 + (i + 0.5) * (x1 - x0) / side), py = j => y(y0 + (j + 0.5) * (y1 - y0) / side);
    const line = (a, b, c, d) => out.push(`M${a.toFixed(1)} ${b.toFixed(1)}L${c.toFixed(1)} ${d.toFixed(1)}`);
    if (classes !== 2) {
      for (let j = 0; j < side; j++) for (let i = 0; i < side; i++) {
        const k = own[j * side + i];
        if (i + 1 < side && own[j * side + i + 1] !== k) line(px(i + 0.5), py(j - 0.5), px(i + 0.5), py(j + 0.5));
        if (j + 1 < side && own[(j + 1) * side + i] !== k) line(px(i - 0.5), py(j + 0.5), px(i + 0.5), py(j + 0.5));
      }
      return out.join('');
    }
    const f = (i, j) => (own[j * side + i] === 1 ? 1 : -1) * (value[j * side + i] - 0.5 + 1e-9);
    for (let j = 0; j + 1 < side; j++) for (let i = 0; i + 1 < side; i++) {
      const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]], crossings = [];
      corners.forEach(([ci, cj], n) => {
        const [di, dj] = corners[(n + 1) % 4], a = f(ci, cj), b = f(di, dj);
        if (a > 0 !== b > 0) crossings.push([px(ci + (di - ci) * a / (a - b)), py(cj + (dj - cj) * a / (a - b))]);
      });
      for (let n = 0; n + 1 < crossings.length; n += 2) line(...crossings[n], ...crossings[n + 1]);
    }
    return out.join('');
  }

  tell(event) {
    if (!this.x) return;
    const frame = this.plot.getBoundingClientRect(), { side, x: [x0, x1], y: [y0, y1], classes } = this.spec;
    const px = this.x.invert(event.clientX - frame.left), py = this.y.invert(event.clientY - frame.top);
    const i = Math.floor((px - x0) / (x1 - x0) * side), j = Math.floor((py - y0) / (y1 - y0) * side);
    if (i < 0 || j < 0 || i >= side || j >= side) { this.now.textContent = ''; return; }
    const cell = j * side + i, value = this.spec.value[cell];
    this.now.textContent = classes ? `class ${this.spec.class[cell]}, ${show(value, 'share')}` : show(value, 'number');
  }
}
