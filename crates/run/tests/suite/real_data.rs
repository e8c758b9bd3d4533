//! The shipped example on real MNIST, in the directory named by the environment variable `CONSILIENCE_DATA_DIR`; skipped, and
//! said so, when there is none.

#![allow(clippy::unwrap_used, reason = "tests")]

use consilience_record::{IfExists, Program, RunReader};
use consilience_run::{DataCache, Ending, Execution, Interrupt, Override, Plan, Prepared, execute};
use consilience_train::{EvaluationRecord, Ignore};
use std::path::Path;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/coherent-gradients-mnist.toml");

/// Carries out the methods of the example that are named, with fewer data and epochs; their last evaluations and metrics.
fn carry_out(names: &[&str], data: &Path, epochs: u64, threads: usize) -> Vec<(EvaluationRecord, String)> {
    let set = |path: &str, value: String| Override { path: path.split('.').map(str::to_owned).collect(), value };
    let overrides =
        [set("data.train", "2000".into()), set("data.test", "1000".into()), set("train.epochs", epochs.to_string())];
    let plan = Plan::read(Some(Path::new(EXAMPLE)), &overrides).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let out = tempfile::tempdir().unwrap();
    let mut cache = DataCache::new(data, 1);
    let mut results = Vec::new();
    for method in plan.methods.iter().filter(|method| names.contains(&method.name.as_str())) {
        let directory = out.path().join(&method.slug);
        let execution = Execution {
            directory: &directory,
            if_exists: IfExists::Refuse,
            program: Program::default(),
            interrupt: Interrupt::default(),
        };
        let prepared = Prepared::new(method, &mut cache).unwrap();
        let executed = pool.install(|| execute(&prepared, &execution, &mut Ignore)).unwrap();
        let Ending::Ended(outcome) = executed.ending else { panic!("{:?}", executed.ending) };
        let run = RunReader::open(&directory).unwrap();
        assert_eq!(run.description().data.train_corrupt, prepared.data.train.corrupt_count());
        results.push((outcome.evaluation, std::fs::read_to_string(directory.join("metrics.jsonl")).unwrap()));
    }
    assert_eq!(results.len(), names.len());
    results
}

#[test]
fn winsorizing_keeps_a_network_from_memorising_wrong_labels_of_mnist() {
    let Some(data) = std::env::var_os("CONSILIENCE_DATA_DIR") else {
        eprintln!("skipped: CONSILIENCE_DATA_DIR is not set");
        return;
    };
    let data = Path::new(&data);
    let results = carry_out(&["plain", "winsorized c = 8"], data, 40, 2);
    let [plain, winsorized] = [0, 1].map(|method| {
        let results = &results;
        move |name: &str| results[method].0.get(name).unwrap()
    });
    // Half of the labels are permuted, so about 45 % are wrong. The plain network learns most of them by heart and pays for
    // it on test data; with the 8 largest and smallest of 100 gradients clipped it does not.
    assert!(plain("corrupt_accuracy") > 0.8, "{}", plain("corrupt_accuracy"));
    assert!(winsorized("corrupt_accuracy") < 0.3, "{}", winsorized("corrupt_accuracy"));
    assert!(winsorized("test_accuracy") > plain("test_accuracy") + 0.04);
    assert!(winsorized("overfit") < plain("overfit") - 0.3);

    let (one, two) = (carry_out(&["winsorized c = 8"], data, 1, 1), carry_out(&["winsorized c = 8"], data, 1, 2));
    assert_eq!(one, two, "one thread and two give the same bytes");
}
