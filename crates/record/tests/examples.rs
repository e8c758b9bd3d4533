//! The table of training examples, written and read back.
#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use consilience_record::{Cells, Column, EXAMPLES_FILE, IfExists, RecordError, RunDescription, RunReader, RunWriter};
use std::fs;

fn table() -> Vec<Column> {
    let numbers = vec![Some(0.1), None, Some(f64::INFINITY), Some(-1e-300), None];
    vec![
        Column::new("id", Cells::Ids(vec![7, 0, u64::MAX, 3, 4])),
        Column::new("given_label", Cells::Classes(vec![1, 2, u32::MAX, 0, 1])),
        Column::new("corrupt", Cells::Flags(vec![true, false, false, true, true])),
        Column::new("aum", Cells::Numbers(numbers)),
        Column::new("grand", Cells::Numbers(vec![None; 5])),
    ]
}

fn writer(parent: &tempfile::TempDir) -> RunWriter {
    RunWriter::create(&parent.path().join("run"), RunDescription::default(), IfExists::Refuse).unwrap()
}

#[test]
fn what_is_written_is_read_back() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = writer(&parent);
    let run = RunReader::open(writer.directory()).unwrap();
    assert_eq!(run.examples().unwrap(), None, "not written yet");
    writer.write_examples(&table()).unwrap();
    assert_eq!(run.examples().unwrap(), Some(table()));
    let first = fs::read(writer.directory().join(EXAMPLES_FILE)).unwrap();
    assert_eq!((&first[..4], &first[first.len() - 4..]), (b"PAR1".as_slice(), b"PAR1".as_slice()));
    // again, in place of the first
    writer.write_examples(&table()).unwrap();
    assert_eq!(
        fs::read(writer.directory().join(EXAMPLES_FILE)).unwrap(),
        first,
        "one table is the same bytes every time"
    );
}

#[test]
fn a_large_table_is_read_back_whole() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = writer(&parent);
    // more rows than one batch of the format's writer, and more than a page holds
    let rows = 60_000_u32;
    let numbers = (0..rows).map(|n| (n % 7 != 0).then(|| f64::from(n).sqrt())).collect();
    let columns = vec![
        Column::new("id", Cells::Ids((0..u64::from(rows)).rev().collect())),
        Column::new("corrupt", Cells::Flags((0..rows).map(|n| n % 3 == 0).collect())),
        Column::new("aum", Cells::Numbers(numbers)),
    ];
    writer.write_examples(&columns).unwrap();
    assert_eq!(RunReader::open(writer.directory()).unwrap().examples().unwrap(), Some(columns));
}

#[test]
fn columns_that_do_not_fit_are_refused() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = writer(&parent);
    let mut short = table();
    short[3].values = Cells::Numbers(vec![Some(1.0)]);
    let error = writer.write_examples(&short).unwrap_err().to_string();
    assert_eq!(error, "cannot write the table of examples: column `aum` has 1 rows where the first has 5");
    let mut twice = table();
    twice[4].name = "aum".into();
    assert!(matches!(writer.write_examples(&twice), Err(RecordError::Unwritable { .. })));
    assert!(!writer.directory().join(EXAMPLES_FILE).exists());
}

#[test]
fn a_damaged_table_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let mut writer = writer(&parent);
    writer.write_examples(&table()).unwrap();
    let path = writer.directory().join(EXAMPLES_FILE);
    let run = RunReader::open(writer.directory()).unwrap();
    let whole = fs::read(&path).unwrap();
    for length in (0..whole.len()).step_by(17) {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(run.examples(), Err(RecordError::Malformed { .. })), "cut to {length} bytes");
    }
    fs::write(&path, [b"PAR1".as_slice(), &[0xff; 64], b"PAR1".as_slice()].concat()).unwrap();
    assert!(matches!(run.examples(), Err(RecordError::Malformed { .. })));
}
