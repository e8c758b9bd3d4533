//! Pages in a real browser: they load without a complaint, show what they should, and answer to the mouse and the keyboard.

use crate::browser::Browser;
use crate::runs::{Sketch, page, with_extras, write};
use consilience_report::page::Run;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Everything a run can show, of 1000 steps.
fn full(parent: &Path) -> Run {
    let sketch = Sketch { examples: 200, ..Sketch::new("plain SGD", 1000) };
    with_extras(Run::read(&sketch.write(parent, "run")).unwrap())
}

const WIDTH: &str = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

#[test]
fn a_page_draws_every_panel_and_answers() {
    let Some(mut browser) = Browser::start() else { return };
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("page.html");
    write(vec![full(parent.path())], &file);
    browser.open(&file, 1280, 900);
    browser.assert_quiet();

    let sections = browser.value("[...document.querySelectorAll('main > section')].map(section => section.id)");
    let expected = [
        "learning",
        "coherence",
        "gsnr",
        "kernel",
        "other",
        "pristine",
        "layers",
        "spectrum",
        "boundary",
        "examples",
        "time",
        "settings",
    ];
    assert_eq!(sections, json!(expected));
    assert_eq!(browser.text("document.querySelector('h1').textContent"), "plain SGD");

    // every frame is drawn once it comes into sight
    for figure in ["#chart-0", "#heat-0", "#scree", "#plane-0"] {
        browser.rectangle(&format!("{figure} .plot"));
        let marks = browser.number(&format!(
            "document.querySelectorAll('{figure} path, {figure} rect, {figure} image, {figure} circle').length"
        ));
        assert!(marks > 2.0, "{figure}: {marks}");
    }
    // a map is coloured, not blank
    let colours = browser.number(
        "(async () => { const image = new Image(); image.src = document.querySelector('#heat-0 image').getAttribute('href'); \
         await image.decode(); const c = document.createElement('canvas'); c.width = image.width; c.height = image.height; \
         const pen = c.getContext('2d'); pen.drawImage(image, 0, 0); const d = pen.getImageData(0, 0, c.width, c.height).data; \
         const seen = new Set(); for (let i = 0; i < d.length; i += 4) \
         if (d[i + 3] === 255) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return seen.size; })()",
    );
    assert!(colours > 20.0, "{colours}");
    let pictures = "[...document.querySelectorAll('.ranking:not([hidden]) img')].filter(i => i.complete && i.naturalWidth === 4).length";
    browser.wait_for(&format!("({pictures}) === 36"));

    hover_and_zoom(&mut browser);
    keys(&mut browser);
    controls(&mut browser);
    browser.assert_quiet();

    // narrow and wide, on paper, in the dark
    for (width, colours, medium) in [(360, "light", "screen"), (1920, "dark", "screen"), (800, "dark", "print")] {
        browser.resize(width, 900);
        browser.media(colours, medium);
        assert!(browser.number(WIDTH) <= 0.0, "wider than a window of {width}");
        let paper = browser.text("getComputedStyle(document.body).backgroundColor");
        let expected = if colours == "dark" && medium == "screen" { "rgb(13, 17, 23)" } else { "rgb(255, 255, 255)" };
        assert_eq!(paper, expected, "{width} {colours} {medium}");
    }
    let printed = browser.call("Page.printToPDF", &json!({ "printBackground": true }));
    assert!(printed["data"].as_str().unwrap().len() > 50_000);
    let undrawn = "[...document.querySelectorAll('figure .plot')].filter(plot => !plot.querySelector('svg')).length";
    assert_eq!(browser.number(undrawn), 0.0, "printing draws what was never in sight");
    browser.assert_quiet();
}

/// The pointer shows the values below it, in every frame at once; a drag zooms, a double click shows all.
fn hover_and_zoom(browser: &mut Browser) {
    let [left, top, width, height] = browser.rectangle("#chart-0 .plot");
    let middle = top + height / 2.0;
    browser.mouse("mouseMoved", left + width / 2.0, middle, 0);
    let tip = browser.text("document.getElementById('tip').innerText");
    assert!(tip.starts_with("step ") && tip.contains(", epoch ") && tip.contains("loss"), "{tip}");
    assert_eq!(browser.value("document.getElementById('tip').hidden"), json!(false));
    let cursors = browser.number("document.querySelectorAll('.chart .cursor line').length");
    assert!(cursors >= 2.0, "frames in sight share the cursor: {cursors}");

    // the value is the recorded one: at the right edge the last loss, 2/(1 + 999/40) + 0.05 + 0.1 (999 * 7919 mod 101)/101
    browser.mouse("mouseMoved", left + width - 12.0, middle, 0);
    let tip = browser.text("document.getElementById('tip').innerText");
    let last = 2.0 / (1.0 + 999.0 / 40.0) + 0.05 + 0.1 * f64::from(999 * 7919 % 101) / 101.0;
    assert!(tip.contains(&format!("{last:.4}").trim_end_matches('0').to_owned()), "{tip} lacks {last}");

    let axis = "[...document.querySelectorAll('#chart-0 .axes text.middle')].map(text => text.textContent).join(' ')";
    let before = browser.text(axis);
    browser.mouse("mouseMoved", left + width * 0.4, middle, 0);
    browser.mouse("mousePressed", left + width * 0.4, middle, 1);
    browser.mouse("mouseMoved", left + width * 0.5, middle, 0);
    assert!(browser.number("Number(document.querySelector('#chart-0 .brush').getAttribute('width'))") > 20.0);
    browser.mouse("mouseReleased", left + width * 0.5, middle, 1);
    let zoomed = browser.text(axis);
    assert_ne!(before, zoomed);
    assert_eq!(browser.value("document.getElementById('reset').disabled"), json!(false));
    let points: Vec<f64> = zoomed.split(' ').map(|text| text.parse().unwrap()).collect();
    assert!(points.iter().all(|step| (300.0..550.0).contains(step)), "{zoomed}");
    for clicks in [1, 2] {
        browser.mouse("mousePressed", left + width * 0.5, middle, clicks);
        browser.mouse("mouseReleased", left + width * 0.5, middle, clicks);
    }
    assert_eq!(browser.text(axis), before);
    browser.mouse("mouseMoved", 2.0, 2.0, 0);
    assert_eq!(browser.value("document.getElementById('tip').hidden"), json!(true));
}

fn keys(browser: &mut Browser) {
    browser.value("document.querySelector('#chart-0 .plot').focus()");
    browser.key("Home");
    let at = |browser: &mut Browser| browser.text("document.querySelector('#tip b').textContent");
    assert_eq!(at(browser), "step 0, epoch 0");
    browser.key("ArrowRight");
    assert_eq!(at(browser), "step 1, epoch 0");
    browser.settle();
    assert!(browser.text("document.getElementById('live').textContent").contains("step 1"));
    browser.key("End");
    assert_eq!(at(browser), "step 999, epoch 19");
    browser.key("+");
    assert_eq!(browser.value("document.getElementById('reset').disabled"), json!(false));
    browser.key("Escape");
    assert_eq!(browser.value("document.getElementById('reset').disabled"), json!(true));
}

fn controls(browser: &mut Browser) {
    let pick = |browser: &mut Browser, name: &str, value: &str| {
        browser.value(&format!("document.querySelector('input[name=\"{name}\"][value=\"{value}\"]').click()"));
        browser.settle();
    };
    browser.rectangle("#chart-0 .plot");
    let badge = "document.querySelectorAll('#chart-0 .badge').length";
    assert_eq!(browser.number(badge), 0.0);
    pick(browser, "y", "log");
    assert_eq!(browser.number(badge), 1.0);
    pick(browser, "y", "auto");
    pick(browser, "x", "time");
    // 1000 steps of 2 ms
    let axis =
        browser.text("[...document.querySelectorAll('#chart-0 .axes text.middle')].map(t => t.textContent).join('|')");
    assert!(axis.contains("1 s") && axis.contains("500 ms"), "{axis}");
    pick(browser, "x", "step");
    assert_eq!(
        browser.number("document.querySelectorAll('#chart-0 .faint').length"),
        0.0,
        "nothing is smoothed unasked"
    );
    browser.value("(() => { const s = document.getElementById('smooth'); s.value = 0.9; s.dispatchEvent(new Event('input')); })()");
    browser.settle();
    assert!(browser.number("document.querySelectorAll('#chart-0 .faint').length") >= 1.0);
    browser.value(
        "(() => { const s = document.getElementById('smooth'); s.value = 0; s.dispatchEvent(new Event('input')); })()",
    );
    pick(browser, "theme", "dark");
    assert_eq!(browser.text("getComputedStyle(document.body).backgroundColor"), "rgb(13, 17, 23)");
    pick(browser, "theme", "auto");
    // another order of the suspicious examples
    browser.value("document.querySelectorAll('.rankings button')[1].click()");
    browser.settle();
    let shown = "[...document.querySelectorAll('.ranking:not([hidden]) img')].filter(i => i.naturalWidth === 4).length";
    browser.wait_for(&format!("({shown}) === 36"));
}

#[test]
fn names_and_settings_are_shown_and_never_read_as_markup() {
    let Some(mut browser) = Browser::start() else { return };
    let parent = tempfile::tempdir().unwrap();
    let name =
        r#"</script><b>x</b><script>window.ran = 1</script><img src=x onerror="window.ran = 2">' "quoted" & <!--"#;
    let sketch = Sketch { error: Some("<i>stopped</i> at </style>".into()), ..Sketch::new(name, 60) };
    let first = sketch.write(parent.path(), "a");
    let second = Sketch { seed: 2, ..sketch }.write(parent.path(), "b");
    let file = parent.path().join("page.html");
    for (directories, expected) in
        [(vec![first.clone()], name.to_owned()), (vec![first, second], format!("{name}, seed 1"))]
    {
        page(&directories, &file);
        browser.open(&file, 1280, 900);
        browser.rectangle("#chart-0 .plot");
        let [left, top, width, height] = browser.rectangle("#chart-0 .plot");
        browser.mouse("mouseMoved", left + width / 2.0, top + height / 2.0, 0);
        browser.assert_quiet();
        assert_eq!(browser.value("window.ran ?? null"), json!(null));
        assert_eq!(
            browser.number("document.querySelectorAll('img, i, script:not(#data)').length"),
            1.0,
            "the page's own script"
        );
        let shown = if directories.len() == 1 {
            "document.querySelector('h1').textContent"
        } else {
            "document.querySelector('button.run span').textContent"
        };
        assert_eq!(browser.text(shown), expected);
        let tip = browser.text("document.getElementById('tip').innerText");
        assert!(directories.len() == 1 || tip.contains(&expected), "{tip}");
        assert!(browser.text("document.querySelector('.notice').textContent").contains("<i>stopped</i> at </style>"));
        let settings = browser.text("document.getElementById('settings').textContent");
        assert!(settings.contains("<i>c</i>"), "{settings}");
    }
}

/// Opens the page of `directories`, brings its first frame into sight, and gives its text.
fn open(browser: &mut Browser, file: &Path, directories: &[PathBuf]) -> String {
    page(directories, file);
    browser.open(file, 1100, 800);
    browser.value("document.querySelector('.chart .plot')?.scrollIntoView({ block: 'center', behavior: 'instant' })");
    browser.assert_quiet();
    assert!(browser.number(WIDTH) <= 0.0, "{directories:?} are wider than the window");
    browser.text("document.body.textContent")
}

#[test]
fn runs_of_any_length_and_ending_have_a_page() {
    let Some(mut browser) = Browser::start() else { return };
    let parent = tempfile::tempdir().unwrap();
    let file = parent.path().join("page.html");

    let empty = Sketch::new("empty", 0).write(parent.path(), "empty");
    assert!(open(&mut browser, &file, std::slice::from_ref(&empty)).contains("Nothing has been recorded yet."));

    let single = Sketch::new("single", 1).write(parent.path(), "single");
    open(&mut browser, &file, &[single]);
    assert_eq!(browser.number("document.querySelectorAll('#chart-0 circle.dot').length"), 1.0);

    let failed = Sketch { error: Some("the loss became NaN at step 30".into()), ..Sketch::new("failed", 30) };
    let failed = failed.write(parent.path(), "failed");
    let text = open(&mut browser, &file, std::slice::from_ref(&failed));
    assert!(text.contains("failed") && text.contains("the loss became NaN at step 30"), "{text}");
    browser.rectangle("#other .plot");
    assert!(browser.text("document.querySelector('#other .plot').textContent").contains("no value here"));

    let mut ten: Vec<_> = (0..8)
        .map(|seed| Sketch { seed, ..Sketch::new("one of ten", 120) }.write(parent.path(), &format!("seed-{seed}")))
        .collect();
    ten.extend([empty, failed]);
    let text = open(&mut browser, &file, &ten);
    assert!(text.contains("10 runs") && text.contains("one of ten, seed 7"), "{text}");
    // the loss of the batches comes third of the values of an evaluation, and all but the empty run have it
    let lines = "Math.max(...[...document.querySelectorAll('.chart')].map(chart => chart.querySelectorAll('path.line').length))";
    assert_eq!(browser.number(lines), 9.0);
    browser.value("document.querySelector('#runs button').click()");
    browser.settle();
    assert_eq!(browser.number(lines), 8.0);
    browser.assert_quiet();
}

#[test]
fn nothing_of_others_acts_on_the_text_of_a_page() {
    let parent = tempfile::tempdir().unwrap();
    let long = "x".repeat(150);
    let first = format!("abc\u{202e}cba \u{1b}[31m\u{7}{long}");
    let names = [first.as_str(), "zero\u{200b}width\u{9b}"];
    let mut browser = Browser::start();
    let directories: Vec<PathBuf> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let sketch = Sketch { error: Some(format!("broken by {name}")), ..Sketch::new(name, 20) };
            sketch.write(parent.path(), &format!("run-{index}"))
        })
        .collect();
    for shown in [&directories[..1], &directories] {
        let html = page(shown, &parent.path().join("page.html"));
        let acting = |character: &char| character.is_control() && *character != '\n';
        assert_eq!(html.chars().find(acting), None);
        assert!(!html.contains(['\u{202e}', '\u{200b}']));
        assert!(html.contains(r"abc\u{202e}cba \u{1b}[31m\u{7}") && html.contains(r"broken by abc\u{202e}"));
        if let Some(browser) = &mut browser {
            browser.open(&parent.path().join("page.html"), 360, 900);
            browser.assert_quiet();
            assert!(browser.number(WIDTH) <= 0.0, "names make the page wider than its window");
        }
    }
}

#[test]
fn an_audit_and_a_regression_show_what_they_have() {
    let parent = tempfile::tempdir().unwrap();
    let directory = Sketch::new("values", 40).write(parent.path(), "values");
    let metrics = directory.join(consilience_record::METRICS_FILE);
    let record = |line: &str| {
        std::fs::write(&metrics, format!("{line}\n")).unwrap();
        page(std::slice::from_ref(&directory), &parent.path().join("page.html"))
    };
    let html =
        record(r#"{"kind":"evaluation","step":40,"epoch":0,"test_loss":0.5,"test_accuracy":null,"overfit":null}"#);
    assert!(html.contains("test loss") && !html.contains("<code>test_accuracy</code>") && !html.contains("overfit"));
    let html = record(r#"{"kind":"evaluation","step":40,"epoch":0,"held_out_loss":0.5,"held_out_accuracy":0.75}"#);
    assert!(html.contains("held-out accuracy") && html.contains("75.00 %") && !html.contains("Other quantities"));
}
