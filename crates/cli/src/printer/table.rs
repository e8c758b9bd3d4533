//! Tables of text.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width, presets};

/// Nothing but a line under the header.
const STYLE: TableStyle = presets::NOTHING.header_separator(LineStyle::new('─', '─', '─', '─'));

/// Up to this many characters a first column holds names, which are not to be broken.
const NAME: usize = 30;

/// Columns beside the text of a cell.
const PADDING: usize = 2;

/// Columns of the narrowest cell.
const SHORTEST: usize = 5;

/// Characters of the longest of some texts.
fn longest<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

/// A table of at most `width` columns of text; cells wrap, but for names in the first column. Columns from `right_from` on are aligned to the right.
pub fn table(header: &[&str], rows: &[Vec<String>], width: usize, right_from: usize) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    table.set_header(header.to_vec());
    table.add_rows(rows.iter().cloned());
    // words are broken only where they would not fit beside each other
    let cells = |column: usize| {
        let of_rows = rows.iter().filter_map(move |row| row.get(column).map(String::as_str));
        header.get(column).copied().into_iter().chain(of_rows)
    };
    let longest_name = longest(rows.iter().filter_map(|row| row.first()).map(String::as_str));
    let words = (0..header.len()).map(|column| match column {
        0 if longest_name <= NAME => longest(cells(0)),
        _ => longest(cells(column).flat_map(str::split_whitespace)),
    });
    let mut least: Vec<usize> = words.map(|longest| longest + PADDING).collect();
    // where they do not all fit, the longest are broken first
    while least.iter().sum::<usize>() + header.len() > width {
        let Some(longest) = least.iter_mut().skip(1).max().filter(|longest| **longest > SHORTEST) else { break };
        *longest -= 1;
    }
    for (column, least) in table.column_iter_mut().zip(least) {
        let least = u16::try_from(least).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(least)));
    }
    if let Some(names) = table.column_mut(0).filter(|_| longest_name <= NAME) {
        names.set_constraint(ColumnConstraint::ContentWidth);
    }
    for column in table.column_iter_mut().skip(right_from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_not_broken_where_they_fit() {
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let rows = [row([
            "facial_keypoints",
            "grey faces with the places of eyes, eyebrows, nose and mouth",
            "by hand",
            "no",
        ])];
        let header = ["data set", "", "download", "licence"];
        for width in [50, 60, 110] {
            let shown = table(&header, &rows, width, 4);
            assert!(shown.lines().all(|line| line.chars().count() <= width), "{shown}");
            for word in rows[0].iter().flat_map(|cell| cell.split_whitespace()).chain(["download", "licence"]) {
                assert!(shown.split_whitespace().any(|shown| shown == word), "{width}, {word}:\n{shown}");
            }
        }
    }
}
