use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// The name under which our own results are written.
pub const OURS: &str = "consilience";

/// The result of one case: one JSON line, of the form that the scripts timing other packages write too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Line {
    pub workload: String,
    pub peer: String,
    pub variant: String,
    /// `None` when the case failed.
    pub ms_median: Option<f64>,
    #[serde(default)]
    pub ms_min: Option<f64>,
    #[serde(default)]
    pub ms_max: Option<f64>,
    /// Timed calls.
    #[serde(default)]
    pub repeats: Option<u32>,
    #[serde(default)]
    pub first_call_ms: Option<f64>,
    /// Resident after set-up.
    #[serde(default)]
    pub base_rss_mb: Option<u64>,
    /// The most that was ever resident.
    #[serde(default)]
    pub peak_rss_mb: Option<u64>,
    /// Cores kept busy by other processes during the timed calls.
    #[serde(default)]
    pub foreign_cpu: Option<f64>,
    #[serde(default)]
    pub note: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default)]
    pub threads: Option<u32>,
    #[serde(default)]
    pub versions: BTreeMap<String, Option<String>>,
    /// The size of what a call returns and its caller keeps; ours only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_mb: Option<f64>,
    /// Ours only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<String>,
    /// Ours only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

impl Line {
    /// A line that says which case, and nothing of it yet.
    pub fn new(workload: &str, variant: &str) -> Self {
        Self {
            workload: workload.to_owned(),
            peer: OURS.to_owned(),
            variant: variant.to_owned(),
            ms_median: None,
            ms_min: None,
            ms_max: None,
            repeats: None,
            first_call_ms: None,
            base_rss_mb: None,
            peak_rss_mb: None,
            foreign_cpu: None,
            note: String::new(),
            error: None,
            threads: None,
            versions: BTreeMap::new(),
            result_mb: None,
            machine: None,
            command: None,
        }
    }

    /// A case without result.
    pub fn failed(workload: &str, variant: &str, error: String) -> Self {
        Self { error: Some(error), note: "failed".to_owned(), ..Self::new(workload, variant) }
    }

    /// Whether this is a line about the same case.
    pub fn is(&self, workload: &str, variant: &str) -> bool {
        self.peer == OURS && self.workload == workload && self.variant == variant
    }

    /// What a call added to the memory that was resident before.
    pub fn added_mb(&self) -> Option<f64> {
        Some(self.peak_rss_mb?.saturating_sub(self.base_rss_mb?) as f64)
    }
}

/// Reads the lines of result files. Of several lines for one case the last counts; its place is that of the first.
///
/// # Errors
/// When a file cannot be read, or a line is no result; names the file and the line.
pub fn read(files: &[PathBuf]) -> Result<Vec<Line>> {
    let mut lines: Vec<Line> = Vec::new();
    for file in files {
        for line in read_file(file)? {
            let same = |other: &&mut Line| {
                (&other.workload, &other.peer, &other.variant) == (&line.workload, &line.peer, &line.variant)
            };
            match lines.iter_mut().find(same) {
                Some(other) => *other = line,
                None => lines.push(line),
            }
        }
    }
    Ok(lines)
}

fn read_file(file: &Path) -> Result<Vec<Line>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let numbered = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    numbered
        .map(|(index, line)| {
            serde_json::from_str(line).with_context(|| format!("{}, line {}: no result", file.display(), index + 1))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn the_last_line_of_a_case_counts_and_failures_may_be_short() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("results.jsonl");
        let text = "{\"workload\": \"W4\", \"peer\": \"jax\", \"variant\": \"kb\", \"ms_median\": 3.0}\n\n\
                    {\"workload\": \"W4\", \"peer\": \"jax\", \"variant\": \"kb\", \"ms_median\": null, \"error\": \"no result\", \"note\": \"failed\"}\n";
        std::fs::write(&file, text).unwrap();
        let lines = read(std::slice::from_ref(&file)).unwrap();
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].ms_median, lines[0].error.as_deref()), (None, Some("no result")));
        std::fs::write(&file, "{}\n").unwrap();
        assert!(format!("{:#}", read(&[file]).unwrap_err()).contains("results.jsonl, line 1"));
    }
}
