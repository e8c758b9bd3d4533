// Draws everything that the page has.

connectControls();
for (const spec of data.charts) new Curves(spec);
for (const spec of data.heats) new Heat(spec);
for (const spec of data.screes) new Scree(spec);
for (const spec of data.planes) new PlaneMap(spec);

// Everything is printed, also what never came into sight.
addEventListener('beforeprint', () => {
  leave(view.source);
  view.paper = true;
  for (const drawing of view.drawings) drawing.stale = true;
  drawVisible(true);
});
addEventListener('afterprint', () => {
  view.paper = false;
  redraw();
});
document.documentElement.dataset.ready = 'true';
