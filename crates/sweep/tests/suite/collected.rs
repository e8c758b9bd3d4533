//! What is gathered of a sweep.

use crate::sweep;
use consilience_record::{Program, RunReader};
use consilience_run::{DataCache, Interrupt};
use consilience_sweep::{By, Collected, Ignore, Work, carry_out, last_values};

#[test]
fn every_run_has_its_axes_and_its_last_numbers() {
    let parent = tempfile::tempdir().unwrap();
    let sweep = sweep(
        "[monitor]\nquantities = [\"gsnr\"]\nevery = 2\n[sweep]\n\"train.learning_rate\" = [0.30000000000000004, 0.01]\nseed = [0, 1]\n",
    );
    let work = Work {
        runs: parent.path().to_owned(),
        jobs: 1,
        threads: 1,
        wait: true,
        program: Program::default(),
        interrupt: Interrupt::default(),
    };
    // all but the last
    let runs: Vec<_> = sweep.runs[..3].iter().map(|member| &member.run).collect();
    carry_out(&runs, &work, DataCache::new("data", 1), &Ignore).unwrap();

    let collected = Collected::read(&sweep, parent.path());
    let missing: Vec<(usize, String)> = collected.missing().map(|(index, run)| (index, run.state())).collect();
    assert_eq!(missing, [(3, "not begun".to_owned())]);
    let accuracy = |index: usize| {
        let run = RunReader::open(&parent.path().join(&sweep.runs[index].run.id)).unwrap();
        last_values(&run).unwrap().number("test_accuracy").unwrap()
    };
    let accuracies = [0, 1, 2].map(accuracy);
    let csv = collected.everything().wide_csv();
    let lines: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0][..6], ["index", "train.learning_rate", "seed", "state", "directory", "train_loss"]);
    assert_eq!(lines[1][..5], ["0", "0.30000000000000004", "0", "finished", &sweep.runs[0].run.id]);
    assert_eq!(lines[4][..4], ["3", "0.01", "1", "missing"]);
    let place = lines[0].iter().position(|name| *name == "test_accuracy").unwrap();
    for (line, accuracy) in lines[1..4].iter().zip(accuracies) {
        assert_eq!(line[place].parse::<f64>().unwrap(), accuracy);
    }
    assert!(lines[0].contains(&"gsnr_mean") && lines[4][5..].iter().all(|cell| cell.is_empty()), "{csv}");

    let best = |text: &str| collected.best(&By::parse(text).unwrap());
    let highest = accuracies.iter().copied().fold(0.0, f64::max);
    assert_eq!(best("test_accuracy").map(|(_, value)| value), Some(highest));
    assert_eq!(best("test_accuracy:lowest").map(|(_, value)| value), accuracies.iter().copied().reduce(f64::min));
    let (lowest, loss) = best("test_loss").unwrap();
    assert!((0..3).all(|index| collected.runs[index].number("test_loss").unwrap() >= loss), "{lowest}");
    assert_eq!(best("nothing"), None);
    assert_eq!(By::parse("a:up").unwrap_err(), "expected `highest` or `lowest` behind the colon, found `up`");

    let table = collected.summary("c").text(110);
    assert!(table.contains("learning_rate") && table.contains("test accuracy") && table.contains("missing"), "{table}");
    assert!(table.contains("0.3 ") && !table.contains("gsnr"), "{table}");
}
