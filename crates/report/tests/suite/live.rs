//! A run as the live view shows it: pictures of the terminal as text, in `tests/screens`.

use consilience_record::{
    IfExists, METRICS_FILE, Metrics, RUN_FILE, RunDescription, RunReader, RunWriter, TIMINGS_FILE,
};
use consilience_report::live::view::{Choice, Palette, draw};
use consilience_report::live::{Watched, follow};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const STARTED: u64 = 1_700_000_000;

/// A run directory with times of our choosing: 30 of 40 steps made in 60 seconds.
fn going_on(parent: &Path) -> PathBuf {
    let directory = parent.join("run");
    let description = RunDescription { method: "winsorized, c = 2 %".into(), ..RunDescription::default() };
    // Its lock is held as long as this process lives.
    std::mem::forget(RunWriter::create(&directory, description, IfExists::Refuse).unwrap());
    write_description(&directory, "running", "");
    let mut metrics = String::new();
    let mut timings = String::new();
    for step in 0..30_u64 {
        let time = step as f64;
        if step % 10 == 0 {
            metrics += &line(&evaluation(step));
        }
        let mut record =
            Metrics::new("step", step, step / 10).with("loss", 2.3 * (-time / 10.0).exp() + 0.05 * (time * 2.0).sin());
        if step % 3 == 0 {
            record = record.with("gsnr_mean", 0.01 + 0.002 * time);
            for (layer, share) in [("0.weight", 1.0), ("0.bias", 0.25), ("2.weight", 2.0), ("2.bias", -0.5)] {
                record = record.with(format!("gsnr_mean/{layer}"), share * 0.01);
            }
            record = record.with("m_coherence", 1.0 + time / 10.0).with("m_coherence/0.weight", 3.5);
        }
        metrics += &line(&record);
        timings.extend([format!("{{\"kind\":\"step\",\"step\":{step},\"seconds\":1.5}}\n")]);
    }
    fs::write(directory.join(METRICS_FILE), metrics).unwrap();
    fs::write(directory.join(TIMINGS_FILE), timings).unwrap();
    directory
}

fn write_description(directory: &Path, status: &str, more: &str) {
    let started = consilience_record::UtcTime::of(UNIX_EPOCH + Duration::from_secs(STARTED));
    let text = format!(
        "status = \"{status}\"\nmethod = \"winsorized, c = 2 %\"\nstarted = \"{started}\"\n{more}\n\
         [data]\nsource = \"strokes\"\ntrain = 4000\ntrain_corrupt = 1600\ntest = 2000\nshape = [28, 28, 1]\noutputs = 10\n"
    );
    fs::write(directory.join(RUN_FILE), text).unwrap();
}

fn evaluation(step: u64) -> Metrics {
    let share = 1.0 - 1.0 / (2.0 + step as f64 / 10.0);
    Metrics::new("evaluation", step, step / 10)
        .with("train_loss", 2.3 / (1.0 + step as f64))
        .with("test_loss", 2.5 / (1.0 + step as f64 / 5.0))
        .with("train_accuracy", share)
        .with("test_accuracy", share - 0.1)
        .with("corrupt_accuracy", 0.4 * share)
        .with("pristine_accuracy", f64::NAN)
}

fn line(metrics: &Metrics) -> String {
    serde_json::to_string(metrics).unwrap() + "\n"
}

/// Sixty seconds after the start. The files were written now, which is later: nothing is silent.
fn watched(directory: &Path) -> Watched {
    let mut watched = Watched::new(RunReader::open(directory).unwrap(), |_| Some(40));
    while watched.update(UNIX_EPOCH + Duration::from_secs(STARTED + 60)) {}
    watched
}

fn screen(watched: &Watched, choice: &Choice, colours: bool, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, watched, choice, Palette { colours })).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |y: u16| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n") + "\n"
}

/// Compares with `tests/screens/NAME.txt`; writes it instead where `UPDATE_SCREENS` is set.
fn assert_screen(name: &str, directory: &Path, shown: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/screens/{name}.txt"));
    // Where the directory is differs from test to test, and with it how much of it is shown.
    let shown: String = shown.lines().map(|line| without(line, directory) + "\n").collect();
    if std::env::var_os("UPDATE_SCREENS").is_some() {
        fs::write(&path, &shown).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(shown, expected, "{name}: set UPDATE_SCREENS=1 to accept what is shown\n{shown}");
}

fn without(line: &str, directory: &Path) -> String {
    let name = directory.parent().unwrap().display().to_string();
    match line.find(&name[..name.len().min(5)]) {
        None => line.to_owned(),
        Some(start) => {
            let end = line[start..].find(' ').map_or(line.len(), |length| start + length);
            format!("{}DIRECTORY{}", &line[..start], &line[end..].trim_start())
        }
    }
}

#[test]
fn screens_of_every_size() {
    let parent = tempfile::tempdir().unwrap();
    let directory = going_on(parent.path());
    let watched = watched(&directory);
    for (width, height) in [(20, 5), (40, 12), (60, 20), (80, 24), (120, 40), (200, 60)] {
        let shown = screen(&watched, &Choice::default(), true, width, height);
        assert_screen(&format!("{width}x{height}"), &directory, &shown);
    }
    // No size makes it fail, and what matters is there from 20 x 5 on.
    for width in (0..30).chain([50, 83, 84, 100, 500]) {
        for height in (0..30).chain([100]) {
            let shown = screen(&watched, &Choice { scroll: 3, ..Choice::default() }, false, width, height);
            if width >= 20 && height >= 5 {
                assert!(shown.contains("winsorized") && shown.contains("30 of 40"), "{width} x {height}\n{shown}");
            }
        }
    }
}

#[test]
fn tab_shows_the_layers_of_the_next_quantity_and_the_arrows_scroll() {
    let parent = tempfile::tempdir().unwrap();
    let directory = going_on(parent.path());
    let watched = watched(&directory);
    let mut choice = Choice::default();
    assert!(screen(&watched, &choice, true, 100, 30).contains("gsnr_mean by part"));
    choice.switch(&watched, false);
    assert!(screen(&watched, &choice, true, 100, 30).contains("m_coherence by part"));
    choice.switch(&watched, true);
    choice.switch(&watched, true);
    assert_eq!(choice.quantity, 1, "two quantities, backwards from the first");
    choice.scroll(&watched, 100);
    let shown = screen(&watched, &choice, true, 100, 20);
    assert!(shown.contains("m_coherence") && !shown.contains("train_loss "), "{shown}");
    choice.scroll(&watched, -100);
    assert_eq!(choice.scroll, 0);
}

#[test]
fn a_run_that_goes_on_is_followed_to_its_end() {
    let parent = tempfile::tempdir().unwrap();
    let directory = going_on(parent.path());
    let mut watched = watched(&directory);
    let append = |text: &str| {
        let mut file = OpenOptions::new().append(true).open(directory.join(METRICS_FILE)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    let at = |second: u64| UNIX_EPOCH + Duration::from_secs(STARTED + second);
    assert_eq!((watched.steps(), watched.epoch(), watched.share()), (30, 2, Some(0.75)));
    // By the run's own account a step takes 1.5 seconds: ten are left.
    assert_eq!((watched.seconds_left(), watched.seconds()), (Some(15.0), Some(60.0)));
    // A line that is not finished yet is waited for; a damaged one is passed over.
    append("{\"kind\":\"step\",\"step\":30,\"ep");
    watched.update(at(61));
    assert_eq!((watched.steps(), watched.damaged()), (30, 0));
    append("och\":3,\"loss\":0.5}\nnot a line\n");
    watched.update(at(65));
    assert_eq!((watched.steps(), watched.damaged()), (31, 1));
    assert_eq!(watched.named("loss").unwrap().history.last(), Some((30, 0.5)));
    // One step in the five seconds that were watched: nine are left.
    assert_eq!(watched.seconds_left(), Some(45.0));
    append(&line(&evaluation(40)));
    write_description(&directory, "failed", "seconds = 75.0\nerror = \"the loss is not\\u001b[31m finite\"");
    watched.update(at(70));
    assert!(watched.has_ended() && watched.seconds_left().is_none());
    assert_eq!(watched.seconds(), Some(75.0));
    let shown = screen(&watched, &Choice::default(), true, 100, 30);
    assert!(shown.contains("✗ failed") && shown.contains(r"the loss is not\u{1b}[31m finite"), "{shown}");
    assert!(!shown.contains('\u{1b}'));
}

#[test]
fn a_run_that_begins_again_is_shown_anew() {
    let parent = tempfile::tempdir().unwrap();
    let directory = going_on(parent.path());
    let mut watched = watched(&directory);
    fs::write(directory.join(METRICS_FILE), line(&evaluation(3))).unwrap();
    watched.update(SystemTime::now());
    assert_eq!((watched.steps(), watched.named("loss").is_none()), (3, true));
    // A directory that is gone for a moment is trouble, and no reason to stop.
    fs::rename(&directory, parent.path().join("elsewhere")).unwrap();
    watched.update(SystemTime::now());
    assert!(watched.trouble().unwrap().contains("is not a run directory"));
    screen(&watched, &Choice::default(), true, 80, 24);
    fs::rename(parent.path().join("elsewhere"), &directory).unwrap();
    watched.update(SystemTime::now());
    assert_eq!(watched.trouble(), None);
}

#[test]
fn a_silent_run_is_told() {
    let parent = tempfile::tempdir().unwrap();
    let directory = going_on(parent.path());
    let mut watched = Watched::new(RunReader::open(&directory).unwrap(), |_| Some(40));
    watched.update(SystemTime::now() + Duration::from_secs(50));
    assert_eq!(watched.silence(), None);
    watched.update(SystemTime::now() + Duration::from_secs(3600));
    assert!(watched.silence().is_some_and(|silence| silence > Duration::from_secs(3500)));
    assert!(screen(&watched, &Choice::default(), true, 80, 24).contains("its process goes on"));
}

#[test]
fn a_run_without_its_lock_was_killed() {
    let parent = tempfile::tempdir().unwrap();
    let directory = going_on(parent.path());
    let look = |seconds: u64| {
        let mut watched = Watched::new(RunReader::open(&directory).unwrap(), |_| Some(40));
        watched.update(SystemTime::now() + Duration::from_secs(seconds));
        watched
    };
    assert!(!look(10).is_killed() && look(10).is_alive());
    // As a killed process leaves it: the file is there, and nobody holds it.
    fs::remove_file(directory.join(".lock")).unwrap();
    fs::write(directory.join(".lock"), "1\n").unwrap();
    assert!(!look(0).is_killed(), "what was written just now may be a copy that grows");
    let killed = look(10);
    assert!(killed.is_killed() && killed.has_ended() && killed.seconds_left().is_none());
    assert!(screen(&killed, &Choice::default(), true, 80, 24).contains("✗ killed"));
    write_description(&directory, "finished", "seconds = 75.0");
    assert!(!look(10).is_killed());
    write_description(&directory, "running", "");
    let mut out = Vec::new();
    let mut pauses = 0;
    let mut pause = || {
        pauses += 1;
        std::thread::sleep(Duration::from_millis(500));
        pauses < 30
    };
    follow(&mut look(0), &mut out, &mut |_| (), &mut pause).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert!(out.contains("killed after 30 steps") && out.contains("with --resume and --out"), "{out}");
}

#[test]
fn an_empty_run_and_a_run_without_accuracies() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    RunWriter::create(&directory, RunDescription::default(), IfExists::Refuse).unwrap();
    let mut watched = Watched::new(RunReader::open(&directory).unwrap(), |_| None);
    watched.update(SystemTime::now());
    let shown = screen(&watched, &Choice::default(), true, 100, 30);
    assert!(shown.contains("nothing yet") && shown.contains("Nothing was measured"), "{shown}");
    let mut metrics = String::new();
    for step in 0..20 {
        let value = f64::from(step) * 1e-9;
        metrics += &line(
            &Metrics::new("step", u64::from(step as u32), 0)
                .with("loss", value)
                .with("osgr", -value)
                .with("osgr/0", -1.0),
        );
    }
    fs::write(directory.join(METRICS_FILE), metrics).unwrap();
    watched.update(SystemTime::now());
    let shown = screen(&watched, &Choice::default(), true, 100, 30);
    assert!(shown.contains("⠤ osgr -1.90e-8") && shown.contains("step 20"), "{shown}");
}

#[test]
fn a_line_says_how_much_it_leaves_out() {
    let parent = tempfile::tempdir().unwrap();
    let directory = going_on(parent.path());
    let lines = |values: usize| {
        let many = (0..values).map(|place| format!("quantity_{place}"));
        let step = many.fold(Metrics::new("step", 0, 0), |line, name| line.with(name, 1.0));
        fs::write(directory.join(METRICS_FILE), line(&step) + &line(&evaluation(1))).unwrap();
        let mut watched = Watched::new(RunReader::open(&directory).unwrap(), |_| None);
        let mut out = Vec::new();
        follow(&mut watched, &mut out, &mut |_| (), &mut || false).unwrap();
        String::from_utf8(out).unwrap()
    };
    // beside the five that the evaluation defines
    assert!(lines(19).contains("quantity_18") && !lines(19).contains("more"), "{}", lines(19));
    assert!(lines(21).contains("quantity_18 ") && lines(21).contains("  and 2 more"), "{}", lines(21));
}

#[test]
fn lines_for_pipes() {
    let parent = tempfile::tempdir().unwrap();
    let directory = going_on(parent.path());
    let mut watched = Watched::new(RunReader::open(&directory).unwrap(), |_| Some(40));
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    let mut pauses = 0;
    let mut pause = || {
        pauses += 1;
        if pauses == 1 {
            write_description(&directory, "finished", "seconds = 75.0");
        }
        pauses < 3
    };
    follow(&mut watched, &mut out, &mut |note| notes.push(note.to_owned()), &mut pause).unwrap();
    let out = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 5, "{out}");
    assert!(lines[0].starts_with("winsorized, c = 2 % in ") && lines[0].ends_with("run: running, 40 steps"), "{out}");
    let first = "step 0 of 40, 0.0 %, epoch 0  train_loss 2.30  test_loss 2.50  train_accuracy 50.0 %  test_accuracy 40.0 %  \
                 corrupt_accuracy 20.0 %";
    assert_eq!(lines[1], first);
    assert!(lines[2].starts_with("step 10 of 40, 25.0 %, epoch 1  train_loss 0.209 "), "{out}");
    assert!(lines[3].contains("gsnr_mean 0.0460"), "{out}");
    assert_eq!((lines[4], notes.len(), pauses), ("finished after 30 steps, 1 min 15 s", 0, 1));
}

#[test]
fn lines_say_how_many_numbers_they_leave_out() {
    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("run");
    let description = RunDescription { method: "m".into(), ..RunDescription::default() };
    RunWriter::create(&directory, description, IfExists::Refuse).unwrap();
    write_description(&directory, "finished", "");
    let step = (0..25).fold(Metrics::new("step", 0, 0), |line, index| line.with(format!("v{index}"), f64::from(index)));
    fs::write(directory.join(METRICS_FILE), line(&step) + "{\n" + &line(&Metrics::new("evaluation", 1, 0))).unwrap();
    let mut watched = Watched::new(RunReader::open(&directory).unwrap(), |_| Some(1));
    let mut out = Vec::new();
    follow(&mut watched, &mut out, &mut |_| (), &mut || false).unwrap();
    let out = String::from_utf8(out).unwrap();
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].ends_with(", 1 step"), "{out}");
    assert!(lines[1].contains("  v23 ") && lines[1].ends_with("  and 1 more"), "{out}");
    assert!(
        lines[2].starts_with("finished after 1 step") && lines[2].ends_with("; passed over: 1 damaged line"),
        "{out}"
    );
}
