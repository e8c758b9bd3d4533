use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::Result;

use crate::cases::{self, Case, WORKLOADS};
use crate::line::{Line, OURS};
use crate::targets::{Standing, number, own, peers_of, standings};

/// The page of Markdown.
///
/// # Errors
/// When the targets cannot be read.
pub fn page(lines: &[Line]) -> Result<String> {
    let mut page = String::new();
    head(&mut page, lines)?;
    targets(&mut page, &standings(lines)?)?;
    for (workload, title) in WORKLOADS {
        if lines.iter().any(|line| line.workload == workload) {
            ours(&mut page, workload, title, lines)?;
            peers(&mut page, workload, lines)?;
        }
    }
    Ok(page)
}

fn head(page: &mut String, lines: &[Line]) -> Result<()> {
    let ours = || lines.iter().filter(|line| line.peer == OURS);
    writeln!(page, "# Performance\n")?;
    writeln!(page, "<!-- Written by `consilience-bench report`; do not edit. -->\n")?;
    let machines: BTreeSet<&str> = ours().filter_map(|line| line.machine.as_deref()).collect();
    for machine in machines {
        writeln!(page, "Machine: {machine}.\n")?;
    }
    let threads: BTreeSet<u32> = lines.iter().filter_map(|line| line.threads).collect();
    let threads: Vec<String> = threads.iter().map(u32::to_string).collect();
    writeln!(page, "Single precision, threads: {}.\n", threads.join(", "))?;
    writeln!(page, "Versions: {}.\n", versions(lines))?;
    writeln!(page, "Every case ran in a process of its own, by:\n\n```sh")?;
    let commands: BTreeSet<String> = ours().filter_map(|line| Some(general(line.command.as_ref()?, line))).collect();
    for command in commands {
        writeln!(page, "{command}")?;
    }
    writeln!(
        page,
        "```\n\nThe peers ran by the scripts that `scripts/bench-all.sh` calls in turn with ours; this page was made by\n\n\
         ```sh\nscripts/bench-all.sh RESULTS.jsonl PEERS_DIR\n\
         consilience-bench report --ours RESULTS.jsonl --peers RESULTS.jsonl --out docs/performance.md\n```\n"
    )?;
    writeln!(
        page,
        "Times are wall-clock milliseconds of one call: the median of n calls after warm-up, with the smallest and the \
         largest. Peak memory is the most that was ever resident in the process, in MB; added memory is what of it came after \
         set-up. The size of the result is what the caller of a call receives and keeps. \"Disturbed\" says how many cores \
         other processes kept busy during the timed calls; distrust numbers above 0.1.\n"
    )?;
    Ok(())
}

/// The command of a case with names in place of the workload and the variant.
fn general(command: &str, line: &Line) -> String {
    let case = format!("--workload {} --variant {}", line.workload, line.variant);
    command.replace(&case, "--workload WORKLOAD --variant VARIANT")
}

fn versions(lines: &[Line]) -> String {
    let mut versions: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for line in lines {
        for (package, version) in &line.versions {
            let Some(version) = version else { continue };
            // one peer needs an older version of a package that is a peer itself
            let beside = package == "jax" && line.peer == "neural-tangents";
            let name = if beside { "jax (for neural-tangents)".to_owned() } else { package.clone() };
            versions.entry(name).or_default().insert(version);
        }
    }
    let joined = versions.into_iter().map(|(package, versions)| {
        let versions: Vec<&str> = versions.into_iter().collect();
        format!("{package} {}", versions.join(" and "))
    });
    joined.collect::<Vec<_>>().join(", ")
}

fn targets(page: &mut String, standings: &[Standing]) -> Result<()> {
    let count = |verdict| standings.iter().filter(|standing| standing.is_met() == verdict).count();
    writeln!(page, "## Targets\n")?;
    let (met, missed, unmeasured) = (count(Some(true)), count(Some(false)), count(None));
    writeln!(page, "{met} met, {missed} missed, {unmeasured} not measured.\n")?;
    writeln!(page, "| workload | variant | target | measured | stands |\n|---|---|---|---|---|")?;
    for standing in standings {
        let Standing { workload, variant, target, .. } = standing;
        writeln!(page, "| {workload} | {variant} | {target} | {} | {} |", standing.evidence(), standing.verdict())?;
    }
    let reasons = standings.iter().filter(|standing| standing.is_met() == Some(false));
    let reasons: Vec<_> = reasons.filter_map(|standing| Some((standing, standing.why.as_ref()?))).collect();
    if !reasons.is_empty() {
        writeln!(page, "\nWhy targets are missed:\n")?;
        for (standing, why) in reasons {
            writeln!(page, "* {} `{}`, {}: {why}", standing.workload, standing.variant, standing.target)?;
        }
    }
    writeln!(page)?;
    Ok(())
}

fn ours(page: &mut String, workload: &str, title: &str, lines: &[Line]) -> Result<()> {
    writeln!(page, "## {workload} {title}\n")?;
    writeln!(
        page,
        "| variant | median ms | min | max | n | to our plain | fastest peer | its median ms | to it | peak MB | added MB \
         | result MB | its peak MB | its added MB | disturbed |\n\
         |---|---:|---:|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    )?;
    for case in cases::matching(workload, "*") {
        row(page, &case, lines)?;
    }
    writeln!(page)?;
    Ok(())
}

fn row(page: &mut String, case: &Case, lines: &[Line]) -> Result<()> {
    let Some(line) = lines.iter().find(|line| line.is(case.workload, case.variant)) else { return Ok(()) };
    let Some(median) = line.ms_median else {
        let error = in_cell(line.error.as_deref().unwrap_or("failed"));
        writeln!(page, "| {} | {error} |{}", case.variant, " |".repeat(13))?;
        return Ok(());
    };
    let plain = case.plain.and_then(|plain| own(lines, case.workload, plain)?.ms_median);
    let time = |line: &&Line| line.ms_median.unwrap_or(f64::INFINITY);
    let fastest = peers_of(case, lines).min_by(|one, other| time(one).total_cmp(&time(other)));
    let ratio = |of: Option<f64>| of.map_or(String::new(), |of| format!("{:.2}", median / of));
    let whole = |mb: Option<f64>| mb.map_or(String::new(), |mb| format!("{mb:.0}"));
    let cells = [
        case.variant.to_owned(),
        number(median),
        optional(line.ms_min),
        optional(line.ms_max),
        line.repeats.map_or(String::new(), |n| n.to_string()),
        ratio(plain),
        fastest.map_or(String::new(), |peer| format!("{} `{}`", peer.peer, peer.variant)),
        optional(fastest.and_then(|peer| peer.ms_median)),
        ratio(fastest.and_then(|peer| peer.ms_median)),
        whole(line.peak_rss_mb.map(|mb| mb as f64)),
        whole(line.added_mb()),
        optional(line.result_mb),
        whole(fastest.and_then(|peer| peer.peak_rss_mb).map(|mb| mb as f64)),
        whole(fastest.and_then(Line::added_mb)),
        optional(line.foreign_cpu),
    ];
    writeln!(page, "| {} |", cells.join(" | "))?;
    Ok(())
}

fn peers(page: &mut String, workload: &str, lines: &[Line]) -> Result<()> {
    let peers = || lines.iter().filter(|line| line.peer != OURS && line.workload == workload);
    if peers().next().is_none() {
        return Ok(());
    }
    writeln!(
        page,
        "<details><summary>All peers</summary>\n\n\
         | peer | variant | median ms | min | max | n | peak MB | added MB | first call ms | disturbed | note |\n\
         |---|---|---:|---:|---:|---:|---:|---:|---:|---:|---|"
    )?;
    for line in peers() {
        let cells = [
            line.peer.clone(),
            line.variant.clone(),
            optional(line.ms_median),
            optional(line.ms_min),
            optional(line.ms_max),
            line.repeats.map_or(String::new(), |n| n.to_string()),
            line.peak_rss_mb.map_or(String::new(), |mb| mb.to_string()),
            line.added_mb().map_or(String::new(), |mb| format!("{mb:.0}")),
            optional(line.first_call_ms),
            optional(line.foreign_cpu),
            in_cell(line.error.as_deref().unwrap_or(&line.note)),
        ];
        writeln!(page, "| {} |", cells.join(" | "))?;
    }
    writeln!(page, "\n</details>\n")?;
    Ok(())
}

fn optional(x: Option<f64>) -> String {
    x.map_or(String::new(), number)
}

/// Text that does not end its cell of a table.
fn in_cell(text: &str) -> String {
    text.replace('|', "/").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use super::page;
    use crate::line::Line;

    #[test]
    fn a_row_sets_ours_beside_the_fastest_peer() {
        let line = |peer: &str, variant: &str, ms: Option<f64>| Line {
            peer: peer.to_owned(),
            ms_median: ms,
            ms_min: ms,
            ms_max: ms,
            repeats: Some(7),
            base_rss_mb: Some(10),
            peak_rss_mb: Some(30),
            threads: Some(2),
            machine: Some("a machine".to_owned()),
            command: Some(format!("consilience-bench --workload W3 --variant {variant} --threads 2")),
            ..Line::new("W3", variant)
        };
        let mut failed = line("opacus", "moments", None);
        failed.error = Some("out | of\nmemory".to_owned());
        let lines = [
            line("consilience", "plain_grad", Some(10.0)),
            line("consilience", "moments", Some(12.5)),
            line("backpack", "moments/sum_grad_squared", Some(50.0)),
            line("jax", "moments", Some(200.0)),
            failed,
        ];
        let page = page(&lines).unwrap();
        for part in [
            "Machine: a machine.",
            "consilience-bench --workload WORKLOAD --variant VARIANT --threads 2\n```",
            "| moments | 12.5 | 12.5 | 12.5 | 7 | 1.25 | backpack `moments/sum_grad_squared` | 50.0 | 0.25 | 30 | 20 |",
            "| W3 | moments | time at most 1.4x our `plain_grad` | 1.25x (12.5 ms, `plain_grad` 10.0 ms) | met |",
            "| opacus | moments |  |  |  | 7 | 30 | 20 |  |  | out / of memory |",
        ] {
            assert!(page.contains(part), "{part} is not in\n{page}");
        }
        // a table has as many cells in every row as in its head
        let mut columns = 0;
        for row in page.lines() {
            let cells = row.matches('|').count();
            assert!(cells == 0 || columns == 0 || cells == columns, "{row}");
            columns = cells;
        }
    }
}
