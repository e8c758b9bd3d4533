// From numbers to paths: scales, smoothing, and no more points than there are pixels.

// Maps `low..high` to `from..to`; `kind` is `linear`, `log`, or `log1`, the logarithm of 1 + x.
function scale(kind, low, high, from, to) {
  const f = kind === 'log' ? Math.log10 : kind === 'log1' ? x => Math.log10(1 + Math.max(0, x)) : x => x;
  const back = kind === 'log' ? u => 10 ** u : kind === 'log1' ? u => 10 ** u - 1 : u => u;
  const a = f(low), b = f(high), k = (to - from) / (b - a || 1);
  const map = x => from + (f(x) - a) * k;
  map.invert = p => back(a + (p - from) / k);
  map.kind = kind;
  map.low = low;
  map.high = high;
  return map;
}

// Exponential moving average, without the pull of its beginning towards zero.
function smoothed(values, weight) {
  if (!weight) return values;
  let mean = 0, sum = 0;
  return values.map(value => {
    if (value === null) return null;
    mean = weight * mean + (1 - weight) * value;
    sum = weight * sum + (1 - weight);
    return mean / sum;
  });
}

// The indices of the points in view, and one more on each side so that lines run to the edges.
function inView(xs, low, high) {
  let first = lowerBound(xs, low), last = lowerBound(xs, high);
  while (last < xs.length && xs[last] <= high) last++;
  return [Math.max(0, first - 1), Math.min(xs.length, last + 1)];
}

// A path through the points `first..last`. Where there are many per pixel, the first, smallest, largest and last of each column
// stand for all of them, which draws the same. Undefined values, and those a logarithm does not have, leave gaps.
function path(xs, ys, first, last, x, y) {
  const usable = y.kind === 'log' ? v => v !== null && v > 0 : v => v !== null;
  const out = [];
  let pen = false, alone = false;
  const put = (px, py) => {
    out.push(pen ? 'L' : 'M', px.toFixed(1), ' ', py.toFixed(1));
    alone = !pen;
    pen = true;
  };
  const lift = () => {
    if (pen && alone) out.push('h0.01');
    pen = false;
  };
  const many = last - first > 4 * Math.abs(x(x.high) - x(x.low));
  for (let i = first; i < last; ) {
    if (!usable(ys[i])) { lift(); i++; continue; }
    if (!many) { put(x(xs[i]), y(ys[i])); i++; continue; }
    const column = Math.floor(x(xs[i]));
    let low = i, high = i, end = i;
    for (; end < last && usable(ys[end]) && Math.floor(x(xs[end])) === column; end++) {
      if (ys[end] < ys[low]) low = end;
      if (ys[end] > ys[high]) high = end;
    }
    const kept = [i, low, high, end - 1].sort((a, b) => a - b);
    kept.forEach((k, n) => { if (n === 0 || k !== kept[n - 1]) put(x(xs[k]), y(ys[k])); });
    i = end;
  }
  lift();
  return out.join('');
}

// The smallest and largest usable value among `first..last` of some lines; `positive` where a logarithm is to be taken.
function extent(lines, positive) {
  let low = Infinity, high = -Infinity, smallestPositive = Infinity, hidden = 0;
  for (const { ys, first, last } of lines) {
    for (let i = first; i < last; i++) {
      const v = ys[i];
      if (v === null) continue;
      if (v > 0 && v < smallestPositive) smallestPositive = v;
      if (positive && v <= 0) { hidden++; continue; }
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  return { low, high, smallestPositive, hidden };
}

const DASHES = ['', '6 3', '2 3', '8 3 2 3'];
