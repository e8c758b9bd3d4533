// The controls of the page.

function pickedFrom(name, act) {
  for (const input of document.querySelectorAll(`input[name="${name}"]`)) input.addEventListener('change', () => act(input.value));
}

function connectControls() {
  pickedFrom('y', value => { view.y = value; redraw(); });
  pickedFrom('x', value => {
    // A range in view is kept between steps and their logarithm; seconds are another axis.
    if ((value === 'time') !== (view.x === 'time')) view.range = null;
    view.x = value;
    whole.key = null;
    setCursor(null, null);
    redraw();
  });
  const smooth = document.getElementById('smooth');
  smooth.addEventListener('input', () => {
    view.smooth = Number(smooth.value);
    smooth.nextElementSibling.textContent = view.smooth ? view.smooth.toFixed(2) : 'off';
    redraw();
  });
  document.getElementById('reset').addEventListener('click', () => setRange(null));
  for (const button of document.querySelectorAll('#runs button')) {
    button.addEventListener('click', () => {
      const run = Number(button.dataset.run), isShown = view.hidden.delete(run);
      if (!isShown) view.hidden.add(run);
      button.setAttribute('aria-pressed', String(isShown));
      redraw();
    });
  }
  connectTheme();
  connectExamples();
  connectCopies();
}

const THEME = 'consilience-report-theme';

function connectTheme() {
  const apply = theme => {
    document.documentElement.dataset.theme = theme;
    redraw();
  };
  // Pages from disk may not be allowed to remember.
  let remembered = null;
  try { remembered = localStorage.getItem(THEME); } catch { /* then not */ }
  const input = document.querySelector(`input[name="theme"][value="${remembered === 'dark' || remembered === 'light' ? remembered : 'auto'}"]`);
  input.checked = true;
  apply(input.value);
  pickedFrom('theme', theme => {
    try { localStorage.setItem(THEME, theme); } catch { /* then not */ }
    apply(theme);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}

function connectExamples() {
  const addresses = new Map(data.pictures);
  const fill = within => {
    for (const image of within.querySelectorAll('img[data-picture]:not([src])')) image.src = addresses.get(image.dataset.picture) ?? 'data:,';
  };
  for (const group of document.querySelectorAll('.suspects')) {
    fill(group.querySelector('.ranking'));
    const buttons = group.querySelectorAll('button[data-ranking]');
    for (const button of buttons) {
      button.addEventListener('click', () => {
        for (const other of buttons) other.setAttribute('aria-pressed', String(other === button));
        for (const ranking of group.querySelectorAll('.ranking')) {
          ranking.hidden = ranking.dataset.ranking !== button.dataset.ranking;
          if (!ranking.hidden) fill(ranking);
        }
      });
    }
  }
  document.querySelector('[data-pick="examples"]')?.addEventListener('change', event => {
    for (const group of document.querySelectorAll('.suspects')) group.hidden = group.dataset.run !== event.target.value;
  });
}

function connectCopies() {
  for (const button of document.querySelectorAll('button.copy')) {
    button.addEventListener('click', async () => {
      const text = button.parentElement.querySelector('pre').textContent;
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = 'Copied';
      } catch {
        // Without the right to copy, what is to be copied is at least selected.
        getSelection().selectAllChildren(button.parentElement.querySelector('pre'));
        button.textContent = 'Selected';
      }
    });
  }
}
