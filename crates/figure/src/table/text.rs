//! Tables for terminals.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table as Grid, TableStyle, presets};

use super::{Column, Table};

/// Nothing but a line under the heading, as everywhere in the terminal.
const STYLE: TableStyle = presets::NOTHING.header_separator(LineStyle::new('─', '─', '─', '─'));

pub(super) fn write(table: &Table, width: usize) -> String {
    let width = width.max(20);
    let columns = table.all_columns();
    let mut out = String::new();
    for line in wrapped(&table.caption, width) {
        out.push_str(&line);
        out.push('\n');
    }
    let mut first = 0;
    loop {
        let rest = columns.len() - first;
        // The most columns that fit; one at least, broken into lines if need be.
        let count = (2..=rest)
            .rev()
            .find(|count| longest(&block(table, &columns, first..first + count, None)) <= width)
            .unwrap_or(rest.min(1));
        let whole = block(table, &columns, first..first + count, None);
        let fitted =
            if longest(&whole) <= width { whole } else { block(table, &columns, first..first + count, Some(width)) };
        out.push_str(&fitted);
        out.push('\n');
        first += count;
        if first >= columns.len() {
            break;
        }
        out.push('\n');
    }
    for remark in table.remarks("*") {
        for line in wrapped(&remark, width) {
            out.push_str(&line);
            out.push('\n');
        }
    }
    out
}

fn longest(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

fn block(table: &Table, columns: &[Column], shown: std::ops::Range<usize>, width: Option<usize>) -> String {
    let mut grid = Grid::new();
    grid.load_style(STYLE);
    if let Some(width) = width {
        grid.set_content_arrangement(ContentArrangement::Dynamic);
        grid.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    } else {
        grid.set_content_arrangement(ContentArrangement::Disabled);
    }
    let labels = table.label_count();
    let grouped = columns[shown.clone()].iter().any(|column| !column.group.is_empty());
    let mut heading: Vec<String> = (0..labels)
        .map(
            |label| if grouped { format!("\n{}", table.label_name(label)) } else { table.label_name(label).to_owned() },
        )
        .collect();
    let mut last = "";
    for (place, column) in columns[shown.clone()].iter().enumerate() {
        // A group is named once, over its first column.
        let group = if place > 0 && column.group == last { "" } else { &column.group };
        last = &column.group;
        heading.push(if grouped { format!("{group}\n{}", column.name) } else { column.name.clone() });
    }
    grid.set_header(heading);
    let marks = table.marks();
    for (row, marks) in table.rows.iter().zip(&marks) {
        let mut line: Vec<String> = (0..labels).map(|label| row.label(label).to_owned()).collect();
        for column in shown.clone() {
            let cell = row.cell(column);
            let (ours, second) = cell.plain();
            let mut text = if marks[column] { format!("*{ours}") } else { ours };
            if !second.is_empty() {
                text = format!("{text} {second}");
            }
            if let Some(paper) = &cell.paper {
                text = format!("{text}\npaper: {paper}");
            }
            line.push(text);
        }
        grid.add_row(line);
    }
    for (place, column) in grid.column_iter_mut().enumerate() {
        column.set_cell_alignment(if place < labels { CellAlignment::Left } else { CellAlignment::Right });
    }
    grid.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
