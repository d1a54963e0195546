//! Tables as Arrow IPC streams, for whoever reads them into a data frame.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::{Kind, Table, Value};

/// A schema, and one batch; what is missing is null.
pub(super) fn written(table: &Table<'_>) -> Result<Vec<u8>, ArrowError> {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|(name, kind)| Field::new(*name, data_type(*kind), true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let columns = table.columns.iter().enumerate();
    let columns = columns.map(|(index, (_, kind))| column(*kind, table.lines.iter().map(|line| &line[index])));
    let batch = RecordBatch::try_new(schema.clone(), columns.collect())?;
    let mut writer = StreamWriter::try_new(Vec::new(), &schema)?;
    writer.write(&batch)?;
    writer.into_inner()
}

const fn data_type(kind: Kind) -> DataType {
    match kind {
        Kind::Text => DataType::Utf8,
        Kind::Whole => DataType::UInt64,
        Kind::Real => DataType::Float64,
        Kind::Flag => DataType::Boolean,
    }
}

/// What is not of the column's kind is missing; every table's own lines are of their columns' kinds.
fn column<'a>(kind: Kind, values: impl Iterator<Item = &'a Value<'a>>) -> ArrayRef {
    macro_rules! values_of {
        ($array:ty, $pattern:pat => $value:expr) => {
            Arc::new(<$array>::from_iter(values.map(|value| match value {
                $pattern => Some($value),
                _ => None,
            })))
        };
    }
    match kind {
        Kind::Text => values_of!(StringArray, Value::Text(text) => &**text),
        Kind::Whole => values_of!(UInt64Array, Value::Whole(number) => *number),
        Kind::Real => values_of!(Float64Array, Value::Real(number) => *number),
        Kind::Flag => values_of!(BooleanArray, Value::Flag(flag) => *flag),
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use arrow_array::types::{Float64Type, UInt64Type};
    use arrow_ipc::reader::StreamReader;

    use super::*;

    #[test]
    fn every_value_comes_back_in_its_column_and_what_is_missing_is_null() {
        let table = Table {
            columns: &[
                ("name", Kind::Text),
                ("n", Kind::Whole),
                ("share", Kind::Real),
                ("on", Kind::Flag),
            ],
            lines: vec![
                vec![
                    Value::Text("=é".into()),
                    Value::Whole(u64::MAX),
                    Value::Real(0.1),
                    Value::Flag(true),
                ],
                vec![Value::Missing, Value::Missing, Value::Missing, Value::Missing],
            ],
        };
        let bytes = written(&table).expect("written");
        let batches: Vec<RecordBatch> = StreamReader::try_new(&bytes[..], None)
            .expect("a stream")
            .collect::<Result<_, _>>()
            .expect("batches");
        let [batch] = &batches[..] else { panic!("one batch") };
        assert_eq!((batch.num_rows(), batch.num_columns()), (2, 4));
        assert_eq!(batch.column(0).as_string::<i32>().value(0), "=é");
        assert_eq!(batch.column(1).as_primitive::<UInt64Type>().value(0), u64::MAX);
        assert!((batch.column(2).as_primitive::<Float64Type>().value(0) - 0.1).abs() < f64::EPSILON);
        assert!(batch.column(3).as_boolean().value(0));
        assert!(batch.columns().iter().all(|column| column.is_null(1)));
    }

    #[test]
    fn a_table_without_lines_still_says_its_columns() {
        let table = Table {
            columns: &[("day", Kind::Text)],
            lines: vec![],
        };
        let bytes = written(&table).expect("written");
        let reader = StreamReader::try_new(&bytes[..], None).expect("a stream");
        assert_eq!(reader.schema().field(0).name(), "day");
        assert_eq!(reader.map(|batch| batch.expect("a batch").num_rows()).sum::<usize>(), 0);
    }
}
