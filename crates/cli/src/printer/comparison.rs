//! The table at the end of a run: one row per method.

use super::{number, percent};
use consilience_figure::{Cell, Table};
use consilience_report::visible;
use consilience_run::Measured;
use consilience_train::Outcome;

/// What a method came to.
#[derive(Debug)]
pub struct MethodResult {
    /// The method's name.
    pub name: String,
    /// How training ended.
    pub outcome: Outcome,
    /// What the run measured.
    pub measured: Measured,
}

/// A column: its heading, and what it shows of a method.
struct Column {
    heading: &'static str,
    cell: fn(&MethodResult) -> Option<String>,
}

/// The heading of the share of corrupt labels that are predicted.
const MEMORISED: &str = "wrong labels\nmemorised";

/// The heading of what takes the place of the test accuracy where targets are values.
const TEST_LOSS: &str = "test\nloss";

/// The columns in their order; those that no method has anything for are left out.
const COLUMNS: &[Column] = &[
    Column { heading: TEST_LOSS, cell: |method| loss(method, "test_loss") },
    Column { heading: "validation\nloss", cell: |method| loss(method, "validation_loss") },
    Column { heading: "training\nloss", cell: |method| loss(method, "train_loss") },
    Column { heading: "test\naccuracy", cell: |method| evaluated(method, "test_accuracy") },
    Column { heading: "validation\naccuracy", cell: |method| evaluated(method, "validation_accuracy") },
    Column { heading: "training\naccuracy", cell: |method| evaluated(method, "train_accuracy") },
    Column { heading: MEMORISED, cell: |method| evaluated(method, "corrupt_accuracy") },
    Column { heading: "GSNR", cell: |method| measured(method, "gsnr_mean") },
    Column { heading: "m-coherence", cell: |method| measured(method, "m_coherence") },
    Column { heading: "tr K / n\nat the end", cell: |method| method.measured.last("trace_kernel").map(number) },
    Column {
        heading: "time per\nstep",
        cell: |method| method.outcome.seconds_per_step.map(|seconds| format!("{} ms", number(1e3 * seconds))),
    },
];

fn evaluated(method: &MethodResult, name: &str) -> Option<String> {
    method.outcome.evaluation.get(name).map(percent)
}

/// A loss, where targets are values: of classes the accuracy says more.
fn loss(method: &MethodResult, name: &str) -> Option<String> {
    let evaluation = &method.outcome.evaluation;
    if evaluation.get("test_accuracy").is_some() { None } else { evaluation.get(name).map(number) }
}

fn measured(method: &MethodResult, name: &str) -> Option<String> {
    method.measured.mean(name).map(number)
}

/// The table, and a sentence on how to read it.
pub fn compare(methods: &[MethodResult], width: usize) -> (String, String) {
    let columns: Vec<(&str, Vec<Option<String>>)> = COLUMNS
        .iter()
        .map(|column| (column.heading, methods.iter().map(column.cell).collect::<Vec<_>>()))
        .filter(|(_, cells)| cells.iter().any(Option::is_some))
        .collect();
    let has = |heading: &str| columns.iter().any(|(known, _)| *known == heading);
    let reading = reading(methods.len(), &has);
    let mut table = Table::new("").label("method").columns(columns.iter().map(|(heading, _)| *heading));
    for (index, method) in methods.iter().enumerate() {
        let cells = columns.iter().map(|(_, cells)| Cell::text(cells[index].as_deref().unwrap_or("-")));
        let name = visible(&method.name);
        let name =
            if method.outcome.stopped_early.is_some() { format!("{name} (stopped early)") } else { name.into_owned() };
        table = table.row([name], cells);
    }
    (table.text(width), reading)
}

fn reading(methods: usize, has: &dyn Fn(&str) -> bool) -> String {
    let mut sentence = "How to read it: ".to_owned();
    sentence += match (has(MEMORISED), methods) {
        (false, _) if has(TEST_LOSS) => "the distance between training and test loss is the generalisation gap",
        (false, _) => "the distance between training and test accuracy is the generalisation gap",
        (true, 1) => "\"memorised\" is the share of the wrong training labels that the network has learnt by heart",
        (true, _) => {
            "\"memorised\" is the share of the wrong training labels that the network has learnt by heart, so of two methods \
             on the same data the better has the lower share and the higher test accuracy"
        }
    };
    if has("GSNR") || has("m-coherence") {
        sentence += "; GSNR and m-coherence, means over the measured steps, say how far the gradients of a batch's examples \
                     agree (m-coherence is about 1 when they are unrelated, the batch size when they are equal)";
    }
    sentence + "."
}
