//! Sweeps: what they consist of, and how they are carried out. One program, so that generic code is compiled once.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod collected;
mod space;
mod workers;

use consilience_run::{Configuration, Override};
use consilience_sweep::{Sweep, SweepError};

/// Runs of milliseconds; what follows is the sweep.
const BASE: &str = r#"
data = { source = "two_circles", train = 40, test = 20 }
model = { name = "mlp", widths = [4] }
[train]
steps = 6
batch_size = 10
"#;

/// The sweep of [`BASE`] and `text`, overridden.
fn sweep_of(text: &str, overrides: &[(&str, &str)]) -> Result<Sweep, SweepError> {
    let overrides: Vec<Override> = overrides
        .iter()
        .map(|(path, value)| Override {
            path: path.split('.').map(str::to_owned).collect(),
            value: (*value).to_owned(),
        })
        .collect();
    Sweep::new(&Configuration::parse("c", "c.toml", &format!("{BASE}{text}"), &overrides)?)
}

fn sweep(text: &str) -> Sweep {
    sweep_of(text, &[]).unwrap()
}
