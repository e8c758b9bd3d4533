//! Claims and the page of an experiment as text.

use crate::execution::Plan;
use crate::grid::Grid;
use crate::results::{Judged, Results};
use crate::schema::{Experiment, FigureSpec};
use consilience_figure::Table;
use consilience_record::UtcTime;
use consilience_sweep::quoted;
use std::fmt::Write as _;

/// The claims with all their evidence.
pub(super) fn claims_as_text(claims: &[Judged]) -> String {
    let mut text = String::new();
    for claim in claims {
        // Writing into a `String` cannot fail.
        let _ = writeln!(text, "{}: {} ({})", claim.verdict, claim.statement, claim.place);
        for evidence in &claim.evidence {
            let _ = writeln!(text, "  {} {}", mark(evidence.holds), evidence.text);
        }
        text.push('\n');
    }
    text
}

fn mark(holds: Option<bool>) -> &'static str {
    match holds {
        Some(true) => "+",
        Some(false) => "-",
        None => "?",
    }
}

/// One line per claim and comparison: statement, place, verdict, comparison, whether it holds.
pub(super) fn claims_as_csv(claims: &[Judged]) -> String {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let mut text = "statement,place,verdict,comparison,holds\n".to_owned();
    for claim in claims {
        for evidence in &claim.evidence {
            let holds = evidence.holds.map_or("", |holds| if holds { "yes" } else { "no" });
            let (statement, place) = (quoted(&claim.statement), quoted(&claim.place));
            let _ = writeln!(text, "{statement},{place},{},{},{holds}", claim.verdict, quoted(&evidence.text));
        }
    }
    text
}

/// A table of the claims.
pub(super) fn claims_as_markdown(claims: &[Judged]) -> String {
    let mut text = "| the paper says | where | on our numbers | evidence |\n|:---|:---|:---|:---|\n".to_owned();
    for claim in claims {
        let verdict = match claim.verdict {
            verdict if verdict.is_decided() => format!("**{verdict}**"),
            verdict => verdict.to_string(),
        };
        let cells = [escaped(&claim.statement), escaped(&claim.place), verdict, escaped(&claim.summary())];
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;").replace('*', "\\*").replace('_', "\\_")
}

/// The page that shows everything.
pub(super) fn index(
    experiment: &Experiment,
    grid: &Grid,
    plan: &Plan,
    results: &Results,
    tables: &[Table],
    figures: &[(&FigureSpec, Vec<String>)],
    claims: &[Judged],
) -> String {
    let spec = experiment.scale(grid.scale);
    let mut page = format!("# {}\n\n", experiment.title);
    let _ = writeln!(
        page,
        "`{}`: {}, {}, at scale `{}`.\n",
        experiment.name, experiment.paper, experiment.place, grid.scale
    );
    let _ = writeln!(page, "{}\n", spec.note);
    if !claims.is_empty() {
        let _ = writeln!(page, "## Claims\n\n{}", claims_as_markdown(claims));
        let _ = writeln!(page, "All comparisons: [claims.txt](claims.txt).\n");
    }
    for (spec, table) in experiment.tables.iter().zip(tables) {
        let _ = writeln!(page, "## {}\n\n{}", table.caption, without_caption(&table.markdown()));
        let name = &spec.name;
        let _ = writeln!(page, "Also as [text]({name}.txt), [CSV]({name}.csv) and [LaTeX]({name}.tex).\n");
    }
    for (spec, notes) in figures {
        let name = &spec.name;
        let _ = writeln!(page, "## {}\n\n![{}]({name}.svg)\n\nAlso as [PNG]({name}.png).\n", spec.title, spec.title);
        for note in notes {
            let _ = writeln!(page, "Note: {}\n", escaped(note));
        }
    }
    page.push_str("## Choices\n\n");
    for note in &experiment.notes {
        let _ = writeln!(page, "* {note}");
    }
    let stopped = results.runs.iter().flatten().filter(|run| run.stopped.is_some()).count();
    let axes: Vec<String> = (grid.axes.iter())
        .map(|axis| {
            let values: Vec<&str> = axis.values.iter().map(|value| value.label.as_str()).collect();
            format!("{} ({})", axis.label, values.join(", "))
        })
        .collect();
    let _ = writeln!(page, "\n## Runs\n");
    let _ = writeln!(
        page,
        "{} runs: {} combinations of {}, {} of each.{}\n",
        grid.runs.len(),
        grid.cells.len(),
        if axes.is_empty() { "nothing".to_owned() } else { axes.join("; ") },
        if grid.replicates == 1 { "one".to_owned() } else { format!("{} seeds", grid.replicates) },
        if stopped == 0 {
            String::new()
        } else {
            format!(" {stopped} of them stopped early because their numbers were no longer finite.")
        }
    );
    for (cell, failures) in (0..grid.cells.len()).filter_map(|cell| Some((cell, results.failures(cell)?))) {
        let _ = writeln!(page, "* {}: {}", escaped(&grid.label(cell)), escaped(&failures));
    }
    if results.runs.iter().flatten().any(|run| run.failed.is_some()) {
        page.push_str("\nRuns that failed have no numbers.\n\n");
    }
    let command: Vec<String> = plan.program.command.iter().map(|word| quoted(word)).collect();
    let _ = writeln!(
        page,
        "{}Gathered on {} by {} {}, {} runs at a time on {} threads of {}:\n\n    {}",
        carried_out(results),
        UtcTime::now(),
        plan.program.name,
        plan.program.version,
        plan.jobs,
        plan.threads,
        plan.machine,
        command.join(" ")
    );
    page
}

/// When the runs took place, which may be long before they are gathered.
fn carried_out(results: &Results) -> String {
    let times = |which: usize| results.runs.iter().flatten().filter_map(move |run| run.times[which].as_ref());
    match (times(0).min(), times(1).max()) {
        (Some(first), Some(last)) => format!("Carried out from {first} to {last}. "),
        _ => String::new(),
    }
}

/// The table without its caption, which is the heading above it.
fn without_caption(markdown: &str) -> &str {
    markdown.split_once("\n\n").filter(|(caption, _)| caption.starts_with("**")).map_or(markdown, |(_, table)| table)
}
