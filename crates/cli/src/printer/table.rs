//! Tables of text.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, presets};

/// Nothing but a line under the header.
const STYLE: TableStyle = presets::NOTHING.header_separator(LineStyle::new('─', '─', '─', '─'));

/// Up to this many characters a first column holds names, which are not to be broken.
const NAME: usize = 30;

/// A table of at most `width` columns of text; cells wrap, but for names in the first column. Columns from `right_from` on are aligned to the right.
pub fn table(header: &[&str], rows: &[Vec<String>], width: usize, right_from: usize) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header(header.to_vec());
    table.add_rows(rows.iter().cloned());
    let longest = rows.iter().filter_map(|row| row.first()).map(|name| name.chars().count()).max().unwrap_or(0);
    if let Some(names) = table.column_mut(0).filter(|_| longest <= NAME) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    for column in table.column_iter_mut().skip(right_from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}
