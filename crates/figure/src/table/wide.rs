//! Tables as they stand, for programs.

use super::{Content, Table, csv};

pub(super) fn write(table: &Table) -> String {
    let labels = table.label_count();
    let columns = table.all_columns();
    let headings = columns.iter().map(|column| match column.group.as_str() {
        "" => column.name.clone(),
        group => format!("{group}/{}", column.name),
    });
    let mut records: Vec<Vec<String>> =
        vec![(0..labels).map(|label| table.label_name(label).to_owned()).chain(headings).collect()];
    for row in &table.rows {
        let cell = |place: usize| match row.cell(place).content {
            Content::Missing => String::new(),
            Content::Text(text) => text,
            Content::Measured(measured) => measured.mean.to_string(),
        };
        let labels = (0..labels).map(|label| row.label(label).to_owned());
        records.push(labels.chain((0..columns.len()).map(cell)).collect());
    }
    csv::text(records)
}
