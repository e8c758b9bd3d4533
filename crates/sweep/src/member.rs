//! A run of a sweep.

use crate::planned_run::PlannedRun;
use crate::shell::quoted;
use crate::written::exact;
use consilience_run::document::Entry;

/// A run of a sweep.
#[derive(Clone, Debug)]
pub struct Member {
    /// The run.
    pub run: PlannedRun,
    /// Its place on each axis of the sweep, in the order of [`Sweep::axes`](crate::Sweep::axes), in few words; empty where the
    /// axis does not concern it.
    pub labels: Vec<String>,
    /// The same so that configuration files read it back exactly.
    pub values: Vec<String>,
    /// What it sets, by dotted path.
    pub set: Vec<Entry>,
}

impl Member {
    /// What it sets as arguments of a command line: `--set train.learning_rate=0.1 --set seed=3`.
    pub fn arguments(&self) -> String {
        let argument =
            |entry: &Entry| format!("--set {}", quoted(&format!("{}={}", entry.key, exact(&entry.node.value))));
        self.set.iter().map(argument).collect::<Vec<_>>().join(" ")
    }
}
