//! An array job of Slurm that carries a sweep.

use crate::error::SweepError;
use crate::shell::quoted;
use consilience_record::write_atomically;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program that submits jobs.
const SBATCH: &str = "sbatch";

/// An array job whose tasks carry out the runs of a sweep.
#[derive(Clone, Debug)]
pub struct ArrayJob {
    /// Its name.
    pub name: String,
    /// Where the logs of its tasks go: absolute.
    pub logs: PathBuf,
    /// What each task executes, word by word, without its index and its threads.
    pub command: Vec<String>,
    /// What the tasks do.
    pub tasks: Tasks,
    /// Processors per task; as many as the cluster gives without being asked, if none.
    pub threads: Option<usize>,
    /// Further options of `sbatch`, such as `--partition=gpu`.
    pub options: Vec<String>,
}

/// What the tasks of an array job do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tasks {
    /// Each carries out one run, these.
    Runs(Vec<usize>),
    /// So many share all runs: each takes up one after the other.
    Workers(usize),
}

impl ArrayJob {
    /// The batch script.
    ///
    /// # Errors
    /// [`SweepError::Script`] when a path, name or option holds a line break, or a path a quotation mark.
    pub fn script(&self) -> Result<String, SweepError> {
        let checked = |what, text: &str| {
            let why = if text.contains(['\n', '\r', '\0']) { "a line break" } else { "a quotation mark" };
            let holds = text.contains(['\n', '\r', '\0']) || (what != "the option" && text.contains('"'));
            if holds { Err(SweepError::Script { what, text: text.to_owned(), why }) } else { Ok(text.to_owned()) }
        };
        let logs = checked("the directory", &self.logs.display().to_string())?;
        let (array, index) = match &self.tasks {
            Tasks::Runs(runs) => (ranges(runs), " --index \"$SLURM_ARRAY_TASK_ID\""),
            Tasks::Workers(count) => (format!("0-{}", count.saturating_sub(1)), ""),
        };
        let mut directives = vec![
            format!("--job-name=\"{}\"", checked("the name", &self.name)?),
            format!("--array={array}"),
            // % begins a pattern
            format!("--output=\"{}/%A_%a.log\"", logs.replace('%', "%%")),
            // a task that is started again adds to its log
            "--open-mode=append".to_owned(),
        ];
        directives.extend(self.threads.map(|threads| format!("--cpus-per-task={threads}")));
        for option in &self.options {
            directives.push(checked("the option", option)?);
        }
        let mut script = "#!/bin/sh\n".to_owned();
        for directive in directives {
            // writing to a string cannot fail
            let _ = writeln!(script, "#SBATCH {directive}");
        }
        let command: Vec<String> = self.command.iter().map(|word| quoted(word)).collect();
        let _ = writeln!(script, "exec {} --threads \"${{SLURM_CPUS_PER_TASK:-1}}\"{index}", command.join(" "));
        Ok(script)
    }

    /// Writes the batch script to `path`, whole or not at all.
    ///
    /// # Errors
    /// As for [`ArrayJob::script`]; [`SweepError::Run`] when the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), SweepError> {
        Ok(write_atomically(path, self.script()?.as_bytes())?)
    }
}

/// Submits the batch script `path`; the answer is the number of the job, with the cluster where Slurm names it.
///
/// # Errors
/// [`SweepError::Launcher`] when `sbatch` cannot be started, [`SweepError::Refused`] with its words when it refuses the job.
pub fn submit(path: &Path) -> Result<String, SweepError> {
    let output = Command::new(SBATCH)
        .arg("--parsable")
        .arg(path)
        .output()
        .map_err(|cause| SweepError::Launcher { program: SBATCH.to_owned(), cause })?;
    let words = |bytes: &[u8]| String::from_utf8_lossy(bytes).split_whitespace().collect::<Vec<_>>().join(" ");
    if output.status.success() {
        return Ok(words(&output.stdout));
    }
    let message = match words(&output.stderr) {
        silent if silent.is_empty() => output.status.to_string(),
        said => said,
    };
    Err(SweepError::Refused { program: SBATCH.to_owned(), message })
}

/// Ascending numbers as Slurm writes them: `0-3,7`.
fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let range =
        |(first, last): (usize, usize)| if first == last { first.to_string() } else { format!("{first}-{last}") };
    ranges.into_iter().map(range).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> ArrayJob {
        ArrayJob {
            name: "c".to_owned(),
            logs: PathBuf::from("/home/me/100 %/slurm"),
            command: ["/bin/consilience", "sweep", "it's.toml", "--set", "seed=[1, 2]"].map(str::to_owned).to_vec(),
            tasks: Tasks::Runs(vec![0, 1, 2, 5, 7, 8]),
            threads: Some(4),
            options: vec!["--partition=gpu".to_owned()],
        }
    }

    #[test]
    fn the_script_is_what_a_person_would_write() {
        let expected = r#"#!/bin/sh
#SBATCH --job-name="c"
#SBATCH --array=0-2,5,7-8
#SBATCH --output="/home/me/100 %%/slurm/%A_%a.log"
#SBATCH --open-mode=append
#SBATCH --cpus-per-task=4
#SBATCH --partition=gpu
exec /bin/consilience sweep 'it'\''s.toml' --set 'seed=[1, 2]' --threads "${SLURM_CPUS_PER_TASK:-1}" --index "$SLURM_ARRAY_TASK_ID"
"#;
        assert_eq!(job().script().unwrap(), expected);
        let workers =
            ArrayJob { tasks: Tasks::Workers(3), threads: None, options: Vec::new(), ..job() }.script().unwrap();
        assert!(
            workers.contains("--array=0-2\n") && !workers.contains("cpus-per-task") && !workers.contains("--index")
        );
    }

    #[test]
    fn what_would_break_the_script_is_refused() {
        for (job, expected) in [
            (
                ArrayJob { name: "a\nb".to_owned(), ..job() },
                "the name \"a\\nb\" cannot stand in a batch script: it holds a line break",
            ),
            (
                ArrayJob { logs: "/a\"b".into(), ..job() },
                "the directory \"/a\\\"b\" cannot stand in a batch script: it holds a quotation mark",
            ),
            (
                ArrayJob { options: vec!["--x\n".to_owned()], ..job() },
                "the option \"--x\\n\" cannot stand in a batch script: it holds a line break",
            ),
        ] {
            assert_eq!(job.script().unwrap_err().to_string(), expected);
        }
    }
}
