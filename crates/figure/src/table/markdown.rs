//! Tables for GitHub.

use std::fmt::Write as _;

use super::Table;

pub(super) fn write(table: &Table) -> String {
    let columns = table.all_columns();
    let labels = table.label_count();
    let mut out = String::new();
    // Writing into a `String` cannot fail.
    if !table.caption.is_empty() {
        let _ = writeln!(out, "**{}**\n", escape(&table.caption));
    }
    let names = (0..labels).map(|label| escape(table.label_name(label)));
    let headings = columns.iter().map(|column| match column.group.as_str() {
        "" => escape(&column.name),
        group => format!("{}<br>{}", escape(group), escape(&column.name)),
    });
    let heading: Vec<String> = names.chain(headings).collect();
    let _ = writeln!(out, "| {} |", heading.join(" | "));
    let _ = writeln!(out, "|{}{}", ":---|".repeat(labels), "---:|".repeat(columns.len()));
    for (row, marks) in table.rows.iter().zip(table.marks()) {
        let mut line: Vec<String> = (0..labels).map(|label| escape(row.label(label))).collect();
        for (place, marked) in marks.iter().enumerate() {
            let cell = row.cell(place);
            let (ours, second) = cell.plain();
            let mut text = escape(&ours);
            if *marked {
                text = format!("**{text}**");
            }
            if !second.is_empty() {
                let _ = write!(text, " {second}");
            }
            if let Some(paper) = &cell.paper {
                let _ = write!(text, "<br>paper: {}", escape(paper));
            }
            line.push(text);
        }
        let _ = writeln!(out, "| {} |", line.join(" | "));
    }
    for remark in table.remarks("Bold") {
        let _ = writeln!(out, "\n{}", escape(&remark));
    }
    out
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '|' | '*' | '_' | '`' | '\\' | '~' | '[' | ']' => out.extend(['\\', character]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
