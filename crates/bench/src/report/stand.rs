use std::io::Write;

use anyhow::Result;

use crate::line::Line;
use crate::targets::standings;

/// Prints one line per target and case, and how many are met.
pub fn print(lines: &[Line], out: &mut dyn Write) -> Result<()> {
    let standings = standings(lines)?;
    let (mut met, mut missed) = (0, 0);
    for standing in &standings {
        let mark = match standing.is_met() {
            Some(true) => "ok",
            Some(false) => "MISS",
            None => "--",
        };
        met += usize::from(standing.is_met() == Some(true));
        missed += usize::from(standing.is_met() == Some(false));
        let (workload, variant) = (standing.workload, standing.variant);
        writeln!(out, "{mark:<4} {workload} {variant:<30} {}", standing.target)?;
        if standing.measured.is_some() {
            writeln!(out, "{:39}{}: {}", "", standing.verdict(), standing.evidence())?;
        }
    }
    let unmeasured = standings.len() - met - missed;
    writeln!(out, "{met} met, {missed} missed, {unmeasured} not measured")?;
    Ok(())
}
