//! Tables as long lists, for programs.

use csv::{Terminator, WriterBuilder};

use super::{Content, Table};

pub(super) fn write(table: &Table) -> String {
    let labels = table.label_count();
    let name = |label: usize| match table.label_name(label) {
        "" => format!("label_{}", label + 1),
        name => name.to_owned(),
    };
    let fixed = ["group", "column", "n", "mean", "sd", "second", "paper", "text", "best"];
    let mut records = vec![(0..labels).map(name).chain(fixed.map(str::to_owned)).collect::<Vec<String>>()];
    let columns = table.all_columns();
    for (row, marks) in table.rows.iter().zip(table.marks()) {
        for (place, column) in columns.iter().enumerate() {
            let cell = row.cell(place);
            let measured = cell.measured();
            let number = |value: Option<f64>| value.map_or(String::new(), |value| value.to_string());
            let words = if let Content::Text(text) = &cell.content { text.clone() } else { String::new() };
            let mut record: Vec<String> = (0..labels).map(|label| row.label(label).to_owned()).collect();
            record.extend([
                column.group.clone(),
                column.name.clone(),
                measured.map_or(String::new(), |measured| measured.count.to_string()),
                number(measured.map(|measured| measured.mean)),
                number(measured.and_then(|measured| measured.sd)),
                number(cell.second),
                cell.paper.clone().unwrap_or_default(),
                words,
                u8::from(marks[place]).to_string(),
            ]);
            records.push(record);
        }
    }
    text(records)
}

/// Records of equal length as text.
pub(super) fn text(records: Vec<Vec<String>>) -> String {
    let mut writer = WriterBuilder::new().terminator(Terminator::Any(b'\n')).from_writer(Vec::new());
    for record in records {
        writer.write_record(&record).expect("all records have as many fields, and memory can be written to");
    }
    let bytes = writer.into_inner().expect("memory can be written to");
    String::from_utf8(bytes).expect("every field was text")
}
