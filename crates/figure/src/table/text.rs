//! Tables for terminals.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table as Grid, TableStyle, presets};

use super::{Cell, Column, Table};

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
    let groups = groups(table, &columns[shown.clone()], shown.start);
    let height = groups.iter().map(Vec::len).max().unwrap_or(0);
    // Groups end just above the names of their columns, and those of label columns are as low.
    let under = |group: &[String], name: &str| {
        let blank = vec![String::new(); height - group.len()];
        blank.iter().chain(group).map(String::as_str).chain([name]).collect::<Vec<_>>().join("\n")
    };
    let names = columns[shown.clone()].iter().zip(&groups).map(|(column, group)| under(group, &column.name));
    let heading: Vec<String> = (0..labels).map(|label| under(&[], table.label_name(label))).chain(names).collect();
    grid.set_header(heading);
    let marks = table.marks();
    for (row, marks) in table.rows.iter().zip(&marks) {
        let mut line: Vec<String> = (0..labels).map(|label| row.label(label).to_owned()).collect();
        for column in shown.clone() {
            line.push(entry(&row.cell(column), marks[column]));
        }
        grid.add_row(line);
    }
    for (place, column) in grid.column_iter_mut().enumerate() {
        column.set_cell_alignment(if place < labels { CellAlignment::Left } else { CellAlignment::Right });
    }
    grid.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn entry(cell: &Cell, marked: bool) -> String {
    let (ours, second) = cell.plain();
    let mut text = if marked { format!("*{ours}") } else { ours };
    if !second.is_empty() {
        text = format!("{text} {second}");
    }
    if let Some(paper) = &cell.paper {
        text = format!("{text}\npaper: {paper}");
    }
    text
}

/// The heading over each column: that of its group over the first of the group, in lines no longer than its cells.
fn groups(table: &Table, columns: &[Column], first: usize) -> Vec<Vec<String>> {
    let mut last = "";
    let mut groups = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let named = place > 0 && column.group == last;
        last = &column.group;
        let cells = table.rows.iter().map(|row| longest(&entry(&row.cell(first + place), true)));
        let width = cells.chain([longest(&column.name), 8]).max().unwrap_or(0);
        groups.push(if named { Vec::new() } else { wrapped(&column.group, width) });
    }
    groups
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
