//! The experiments that come with the program.

use crate::schema::{Experiment, Scale};
use consilience_data::registry;
use consilience_run::SettingsError;

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments/", $name, ".toml")))),*]
    };
}

/// Name and text of every file in the folder `experiments`, in the order of the papers.
pub const FILES: &[(&str, &str)] = files![
    "coherent-fig1",
    "coherent-fig2",
    "coherent-fig3",
    "coherent-fig4",
    "coherent-fullbatch",
    "coherent-rm3",
    "gsnr-fig1",
    "gsnr-fig2",
    "gsnr-fig3",
    "gsnr-fig4",
    "mgs-fig2",
    "mgs-fig2-tuning",
    "mgs-figa1",
    "mgs-fig3",
    "mgs-fig4",
    "mgs-table1",
    "mgs-table1-fcn",
    "mgs-table1-tuning",
    "mgs-table2",
    "mgs-table2-fcn",
    "mgs-table2-tuning",
    "mgs-fig5",
    "disentangling-table1",
    "disentangling-table2",
    "disentangling-table3",
    "disentangling-fig2",
    "disentangling-fig3",
    "disentangling-table4",
    "disentangling-fig4",
    "disentangling-table5",
    "disentangling-fig5",
    "disentangling-table6",
];

/// The names, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The experiment called `name`, in capital or small letters; none when there is none of that name.
///
/// # Errors
/// As for [`Experiment::parse`], which a test rules out.
pub fn experiment(name: &str) -> Option<Result<Experiment, SettingsError>> {
    let (known, text) = FILES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(Experiment::parse(&format!("experiments/{known}.toml"), text))
}

/// The experiments that need no data files at `scale`.
pub fn without_files(scale: Scale) -> Vec<&'static str> {
    names()
        .filter(|name| experiment(name).and_then(Result::ok).is_some_and(|experiment| !experiment.needs_files(scale)))
        .collect()
}

impl Experiment {
    /// Whether any of its runs at `scale` reads data files.
    pub fn needs_files(&self, scale: Scale) -> bool {
        crate::Grid::new(self, scale).is_ok_and(|grid| {
            grid.runs.iter().any(|run| registry::source(run.run.method.settings.data.source).origin.needs_files())
        })
    }
}
