// Numbers as text, and places for ticks.

const trim = text => text.includes('.') ? text.replace(/\.?0+$/, '') : text;

// Four significant digits, without an exponent where that is readable.
function plain(value) {
  if (value === null || !Number.isFinite(value)) return 'undefined';
  if (value === 0) return '0';
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  if (magnitude < -4 || magnitude >= 6) return value.toExponential(3).replace('e+', 'e');
  return trim(value.toFixed(Math.max(0, 3 - magnitude)));
}

function duration(seconds) {
  if (!Number.isFinite(seconds)) return 'undefined';
  if (seconds < 1e-3) return plain(seconds * 1e6) + ' µs';
  if (seconds < 1) return plain(seconds * 1e3) + ' ms';
  if (seconds < 60) return trim(seconds.toFixed(2)) + ' s';
  const whole = Math.round(seconds), hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

const count = value => Math.round(value).toLocaleString('en-US');

function show(value, unit) {
  if (value === null || !Number.isFinite(value)) return 'undefined';
  if (unit === 'share') return trim((100 * value).toFixed(2)) + ' %';
  if (unit === 'seconds') return duration(value);
  return plain(value);
}

// Short labels of ticks that lie `step` apart.
function tickText(value, step, unit) {
  if (unit === 'share') return trim((100 * value).toFixed(decimals(100 * step))) + ' %';
  if (unit === 'seconds') return duration(value);
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || (size < 1e-3 && step < 1e-4)) return value.toExponential(Math.max(0, digitsBetween(size, step))).replace('e+', 'e');
  if (size >= 1e4) return trim((value / 1e3).toFixed(decimals(step / 1e3))) + 'k';
  return value.toFixed(decimals(step));
}

const decimals = step => step > 0 ? Math.min(8, Math.max(0, -Math.floor(Math.log10(step) + 1e-9))) : 0;
const digitsBetween = (size, step) => Math.min(4, Math.floor(Math.log10(size) + 1e-9) - Math.floor(Math.log10(step) + 1e-9));

// About `wanted` round numbers from `low` to `high`.
function linearTicks(low, high, wanted) {
  const span = high - low;
  if (!(span > 0)) return { at: [low], step: Math.abs(low) || 1 };
  const raw = span / Math.max(1, wanted), power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(m => m * power).find(s => s >= raw * 0.999);
  const at = [];
  // counted, as a place above 2^53 is no other when one is added to it
  const first = Math.ceil(low / step - 1e-9), count = Math.floor(high / step + 1e-9) - first;
  for (let i = 0; i <= count; i++) at.push((first + i) * step);
  return { at, step };
}

// Powers of ten, with 2 and 5 between them where there are few; thinned where there are many.
function logTicks(low, high, wanted) {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const stride = Math.max(1, Math.ceil((last - first) / Math.max(2, wanted)));
  const parts = last - first <= 2 ? [1, 2, 5] : [1];
  const at = [];
  for (let e = first; e <= last; e += stride) {
    for (const part of parts) {
      const value = Number(`${part}e${e}`);
      if (value >= low * 0.999 && value <= high * 1.001) at.push(value);
    }
  }
  return at.length > 1 ? { at, step: 0 } : linearTicks(low, high, wanted);
}
