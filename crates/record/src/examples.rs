//! `examples.parquet`.

use crate::error::RecordError;
use bytes::Bytes;
use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::column::reader::{ColumnReader, ColumnReaderImpl};
use parquet::data_type::{BoolType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use std::path::Path;
use std::sync::Arc;

/// A column of the table of training examples: one value per example.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Cells,
}

/// The values of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cells {
    /// Places in a source. A required `INT64`.
    Ids(Vec<u64>),
    /// Classes. A required `INT32`.
    Classes(Vec<u32>),
    /// Yes or no. A required `BOOLEAN`.
    Flags(Vec<bool>),
    /// Numbers, `None` where undefined. An optional `DOUBLE`.
    Numbers(Vec<Option<f64>>),
}

/// The table of training examples, as far as it can be read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// The columns.
    pub columns: Vec<Column>,
    /// What could not be read, a sentence each.
    pub problems: Vec<String>,
}

impl Table {
    /// The column called `name`.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Column {
    /// A column.
    pub fn new(name: impl Into<String>, values: Cells) -> Self {
        Self { name: name.into(), values }
    }

    fn field(&self) -> Result<Type, ParquetError> {
        let (physical, logical, repetition) = match &self.values {
            Cells::Ids(_) => (Physical::INT64, Some(unsigned(64)), Repetition::REQUIRED),
            Cells::Classes(_) => (Physical::INT32, Some(unsigned(32)), Repetition::REQUIRED),
            Cells::Flags(_) => (Physical::BOOLEAN, None, Repetition::REQUIRED),
            Cells::Numbers(_) => (Physical::DOUBLE, None, Repetition::OPTIONAL),
        };
        Type::primitive_type_builder(&self.name, physical)
            .with_logical_type(logical)
            .with_repetition(repetition)
            .build()
    }
}

fn unsigned(bit_width: i8) -> LogicalType {
    LogicalType::integer(bit_width, false)
}

impl Cells {
    const fn len(&self) -> usize {
        match self {
            Self::Ids(values) => values.len(),
            Self::Classes(values) => values.len(),
            Self::Flags(values) => values.len(),
            Self::Numbers(values) => values.len(),
        }
    }
}

/// The bytes of a Parquet file of one row group, uncompressed.
///
/// # Errors
/// [`RecordError::Unwritable`] when columns differ in length or share a name.
pub(crate) fn to_bytes(columns: &[Column]) -> Result<Vec<u8>, RecordError> {
    let unwritable = |message: String| RecordError::Unwritable { what: "the table of examples".to_owned(), message };
    for (index, column) in columns.iter().enumerate() {
        let (rows, expected) = (column.values.len(), columns[0].values.len());
        if rows != expected {
            let name = &column.name;
            return Err(unwritable(format!("column `{name}` has {rows} rows where the first has {expected}")));
        }
        if columns[..index].iter().any(|other| other.name == column.name) {
            return Err(unwritable(format!("two columns are called `{}`", column.name)));
        }
    }
    encode(columns).map_err(|error| unwritable(error.to_string()))
}

fn encode(columns: &[Column]) -> Result<Vec<u8>, ParquetError> {
    let fields = columns.iter().map(|column| column.field().map(Arc::new)).collect::<Result<_, _>>()?;
    let schema = Type::group_type_builder("examples").with_fields(fields).build()?;
    let mut writer =
        SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(WriterProperties::builder().build()))?;
    let mut rows = writer.next_row_group()?;
    for column in columns {
        let Some(mut into) = rows.next_column()? else { break };
        match &column.values {
            // Parquet has no unsigned numbers of its own: the bits are the same, and the logical type says how to read them.
            Cells::Ids(values) => {
                let values: Vec<i64> = values.iter().map(|value| value.cast_signed()).collect();
                into.typed::<Int64Type>().write_batch(&values, None, None)?
            }
            Cells::Classes(values) => {
                let values: Vec<i32> = values.iter().map(|value| value.cast_signed()).collect();
                into.typed::<Int32Type>().write_batch(&values, None, None)?
            }
            Cells::Flags(values) => into.typed::<BoolType>().write_batch(values, None, None)?,
            Cells::Numbers(values) => {
                let defined: Vec<f64> = values.iter().copied().flatten().collect();
                let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
                into.typed::<DoubleType>().write_batch(&defined, Some(&levels), None)?
            }
        };
        into.close()?;
    }
    rows.close()?;
    writer.into_inner()
}

/// The table of a Parquet file as [`to_bytes`] writes it.
///
/// # Errors
/// [`RecordError::Malformed`].
pub(crate) fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Table, RecordError> {
    decode(bytes).map_err(|error| RecordError::malformed(path, None, error.to_string()))
}

fn decode(bytes: Vec<u8>) -> Result<Table, ParquetError> {
    let reader = SerializedFileReader::new(Bytes::from(bytes))?;
    let metadata = reader.metadata().file_metadata();
    let names = metadata.schema_descr().columns().iter().map(|column| column.name().to_owned());
    let mut table = Table::default();
    'columns: for (index, name) in names.enumerate() {
        let mut values: Option<Cells> = None;
        for group in 0..reader.num_row_groups() {
            let group = reader.get_row_group(group)?;
            let part = match cells(group.as_ref(), index, &name)? {
                Ok(part) => part,
                Err(problem) => {
                    table.problems.push(problem);
                    continue 'columns;
                }
            };
            match (&mut values, part) {
                (None, part) => values = Some(part),
                (Some(Cells::Ids(all)), Cells::Ids(part)) => all.extend(part),
                (Some(Cells::Classes(all)), Cells::Classes(part)) => all.extend(part),
                (Some(Cells::Flags(all)), Cells::Flags(part)) => all.extend(part),
                (Some(Cells::Numbers(all)), Cells::Numbers(part)) => all.extend(part),
                (Some(_), _) => return Err(ParquetError::General(format!("`{name}` changes its type"))),
            }
        }
        table.columns.extend(values.map(|values| Column { name, values }));
    }
    Ok(table)
}

/// The values of one column of a row group; in words, why they are left out, when they are of a type that no column of ours has.
fn cells(group: &dyn RowGroupReader, index: usize, name: &str) -> Result<Result<Cells, String>, ParquetError> {
    let rows = usize::try_from(group.metadata().num_rows())
        .map_err(|_| ParquetError::General("a negative number of rows".to_owned()))?;
    let described = group.metadata().schema_descr().column(index);
    let (optional, repeated) = (described.max_def_level() == 1, described.max_rep_level() > 0);
    if repeated || described.max_def_level() > 1 {
        return Ok(Err(format!("the column `{name}` is left out: it has several values per example")));
    }
    let reader = group.get_column_reader(index)?;
    Ok(Ok(match (reader, optional) {
        (ColumnReader::Int64ColumnReader(reader), false) => {
            Cells::Ids(read::<Int64Type>(reader, rows)?.0.into_iter().map(i64::cast_unsigned).collect())
        }
        (ColumnReader::Int32ColumnReader(reader), false) => {
            Cells::Classes(read::<Int32Type>(reader, rows)?.0.into_iter().map(i32::cast_unsigned).collect())
        }
        (ColumnReader::BoolColumnReader(reader), false) => Cells::Flags(read::<BoolType>(reader, rows)?.0),
        (ColumnReader::DoubleColumnReader(reader), true) => {
            let (values, levels) = read::<DoubleType>(reader, rows)?;
            let mut values = values.into_iter();
            Cells::Numbers(levels.into_iter().map(|level| if level == 1 { values.next() } else { None }).collect())
        }
        _ => return Ok(Err(format!("the column `{name}` is left out: it has a type that this version does not know"))),
    }))
}

/// All values of a column of `rows` rows, and which of them are defined.
fn read<T: DataType>(mut reader: ColumnReaderImpl<T>, rows: usize) -> Result<(Vec<T::T>, Vec<i16>), ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    let mut read = 0;
    while read < rows {
        let (records, ..) = reader.read_records(rows - read, Some(&mut levels), None, &mut values)?;
        if records == 0 {
            return Err(ParquetError::EOF(format!("{read} rows of {rows}")));
        }
        read += records;
    }
    Ok((values, levels))
}

#[cfg(test)]
mod tests {
    use super::*;
    use parquet::data_type::FloatType;

    #[test]
    fn columns_of_other_types_are_left_out_and_reported() {
        let field = |name: &str, physical| {
            let field = Type::primitive_type_builder(name, physical).with_repetition(Repetition::REQUIRED);
            Arc::new(field.build().unwrap())
        };
        let fields =
            vec![field("id", Physical::INT64), field("loss", Physical::FLOAT), field("corrupt", Physical::BOOLEAN)];
        let schema = Type::group_type_builder("examples").with_fields(fields).build().unwrap();
        let properties = Arc::new(WriterProperties::builder().build());
        let mut writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), properties).unwrap();
        let mut rows = writer.next_row_group().unwrap();
        let mut column = rows.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[3, 5], None, None).unwrap();
        column.close().unwrap();
        let mut column = rows.next_column().unwrap().unwrap();
        column.typed::<FloatType>().write_batch(&[0.5, 1.5], None, None).unwrap();
        column.close().unwrap();
        let mut column = rows.next_column().unwrap().unwrap();
        column.typed::<BoolType>().write_batch(&[true, false], None, None).unwrap();
        column.close().unwrap();
        rows.close().unwrap();
        let table = from_bytes(Path::new("examples.parquet"), writer.into_inner().unwrap()).unwrap();
        assert_eq!(table.problems, ["the column `loss` is left out: it has a type that this version does not know"]);
        assert_eq!(table.column("id").map(|column| &column.values), Some(&Cells::Ids(vec![3, 5])));
        assert_eq!(table.column("corrupt").map(|column| &column.values), Some(&Cells::Flags(vec![true, false])));
        assert_eq!((table.columns.len(), table.column("aum")), (2, None));
    }
}
