//! Tables for LaTeX with `booktabs`.

use std::fmt::Write as _;

use super::{Cell, Column, Content, Table};

pub(super) fn write(table: &Table) -> String {
    let columns = table.all_columns();
    let labels = table.label_count();
    let mut out = String::from("\\begin{table}\n\\centering\n");
    // Writing into a `String` cannot fail.
    let _ = writeln!(out, "\\caption{{{}}}", escape(&table.caption));
    let _ = writeln!(out, "\\begin{{tabular}}{{{}{}}}\n\\toprule", "l".repeat(labels), "r".repeat(columns.len()));
    if columns.iter().any(|column| !column.group.is_empty()) {
        out.push_str(&groups(&columns, labels));
    }
    let names = (0..labels).map(|label| escape(table.label_name(label)));
    let heading: Vec<String> = names.chain(columns.iter().map(|column| escape(&column.name))).collect();
    let _ = writeln!(out, "{} \\\\\n\\midrule", heading.join(" & "));
    for (row, marks) in table.rows.iter().zip(table.marks()) {
        let names = (0..labels).map(|label| escape(row.label(label)));
        let cells = marks.iter().enumerate().map(|(place, marked)| cell(&row.cell(place), *marked));
        let line: Vec<String> = names.chain(cells).collect();
        let _ = writeln!(out, "{} \\\\", line.join(" & "));
    }
    out.push_str("\\bottomrule\n\\end{tabular}\n");
    let mut remarks = table.remarks("Bold");
    if table.rows.iter().flat_map(|row| &row.cells).any(|cell| cell.paper.is_some()) {
        remarks.push("In brackets: the paper's values.".to_owned());
    }
    for remark in remarks {
        let _ = writeln!(out, "\n{{\\footnotesize {}}}", escape(&remark));
    }
    out.push_str("\\end{table}\n");
    out
}

fn groups(columns: &[Column], labels: usize) -> String {
    let (mut heading, mut rules) = (vec![String::new(); labels], Vec::new());
    let mut first = labels + 1;
    for group in columns.chunk_by(|a, b| a.group == b.group) {
        let last = first + group.len() - 1;
        let name = group.first().map_or("", |column| column.group.as_str());
        if name.is_empty() {
            heading.extend(vec![String::new(); group.len()]);
        } else {
            heading.push(format!("\\multicolumn{{{}}}{{c}}{{{}}}", group.len(), escape(name)));
            rules.push(format!("\\cmidrule(lr){{{first}-{last}}}"));
        }
        first = last + 1;
    }
    format!("{} \\\\\n{}\n", heading.join(" & "), rules.join(" "))
}

fn cell(cell: &Cell, marked: bool) -> String {
    let (ours, second) = cell.plain();
    let mut text = match cell.content {
        Content::Missing => "--".to_owned(),
        Content::Text(_) => escape(&ours),
        Content::Measured(_) => {
            let ours = mathematics(&ours);
            if marked { format!("$\\mathbf{{{ours}}}$") } else { format!("${ours}$") }
        }
    };
    if !second.is_empty() {
        let _ = write!(text, " ${}$", mathematics(&second));
    }
    if let Some(paper) = &cell.paper {
        let _ = write!(text, " {{\\footnotesize [{}]}}", escape(paper));
    }
    text
}

/// A number as [`Cell::plain`] writes it, in mathematics.
fn mathematics(text: &str) -> String {
    let (number, power) = text.split_once('e').unwrap_or((text, ""));
    let number = number.replace('±', "\\pm").replace('−', "-").replace('∞', "\\infty").replace("NaN", "\\mathrm{NaN}");
    match power.split_once(')') {
        _ if power.is_empty() => number,
        Some((power, rest)) => format!("{number} \\cdot 10^{{{power}}}){rest}"),
        None => format!("{number} \\cdot 10^{{{power}}}"),
    }
}

/// Text with all that is special to LaTeX, and what its usual text fonts lack, written out.
fn escape(text: &str) -> String {
    const GREEK: [(char, &str); 16] = [
        ('α', "alpha"),
        ('β', "beta"),
        ('γ', "gamma"),
        ('δ', "delta"),
        ('ε', "varepsilon"),
        ('η', "eta"),
        ('θ', "theta"),
        ('λ', "lambda"),
        ('μ', "mu"),
        ('ρ', "rho"),
        ('σ', "sigma"),
        ('τ', "tau"),
        ('ω', "omega"),
        ('Δ', "Delta"),
        ('Σ', "Sigma"),
        ('∇', "nabla"),
    ];
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => out.extend(['\\', character]),
            '~' => out.push_str("\\textasciitilde{}"),
            '^' => out.push_str("\\textasciicircum{}"),
            '\\' => out.push_str("\\textbackslash{}"),
            '<' => out.push_str("$<$"),
            '>' => out.push_str("$>$"),
            '|' => out.push_str("$|$"),
            '±' => out.push_str("$\\pm$"),
            '×' => out.push_str("$\\times$"),
            '≤' => out.push_str("$\\leq$"),
            '≥' => out.push_str("$\\geq$"),
            '−' => out.push_str("$-$"),
            '–' => out.push_str("--"),
            '—' => out.push_str("---"),
            '…' => out.push_str("\\dots{}"),
            c if c.is_control() => out.push(' '),
            c => match GREEK.iter().find(|(greek, _)| *greek == c) {
                Some((_, name)) => {
                    let _ = write!(out, "$\\{name}$");
                }
                None => out.push(c),
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters() {
        assert_eq!(
            escape("50 % & a_b {λ} ~^\\"),
            "50 \\% \\& a\\_b \\{$\\lambda$\\} \\textasciitilde{}\\textasciicircum{}\\textbackslash{}"
        );
        assert_eq!(mathematics("(1.2 ± 0.1)e-9"), "(1.2 \\pm 0.1) \\cdot 10^{-9}");
        assert_eq!(mathematics("(1.234e9)"), "(1.234 \\cdot 10^{9})");
    }
}
