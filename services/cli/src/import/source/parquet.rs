//! Rows of a Parquet file.

use std::fs::File;
use std::path::Path;

use anyhow::{Context, bail};
use parquet::basic::{ConvertedType, LogicalType, TimeUnit};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, reader::RowIter};
use parquet::schema::types::Type;

use super::parquet_value::{instant, json_of, uuid};
use super::{Progress, Rows};
use crate::import::object::Object;
use crate::import::row::Row;

/// The rows of a file. A column that is not set is left out.
pub(super) struct ParquetRows {
    rows: RowIter<'static>,
    meanings: Vec<Meaning>,
    total: u64,
    number: u64,
    bytes: u64,
    progress: Progress,
}

/// What a column's plain numbers and bytes stand for.
#[derive(Clone, Copy)]
enum Meaning {
    Itself,
    /// An instant, in this many parts of a second.
    Instant(i64),
    Uuid,
}

impl ParquetRows {
    pub(super) fn open(path: &Path, progress: &Progress) -> anyhow::Result<Self> {
        let context = || format!("reading {}", path.display());
        let file = File::open(path).with_context(context)?;
        let bytes = file.metadata().with_context(context)?.len();
        let reader = SerializedFileReader::new(file).with_context(context)?;
        let metadata = reader.metadata().file_metadata();
        let schema = metadata.schema_descr();
        for column in schema.columns() {
            if column.converted_type() == ConvertedType::INTERVAL {
                bail!(
                    "column {} holds intervals, which are not supported",
                    column.path()
                );
            }
        }
        let columns = schema.root_schema().get_fields();
        let meanings = columns.iter().map(|column| meaning(column)).collect();
        let total = u64::try_from(metadata.num_rows()).unwrap_or(0);
        Ok(Self {
            rows: RowIter::from_file_into(Box::new(reader)),
            meanings,
            total,
            number: 0,
            bytes,
            progress: progress.clone(),
        })
    }

    /// Tells how far the file has been read, by its rows.
    fn tell(&self) {
        let read = u128::from(self.bytes) * u128::from(self.number);
        let read = read / u128::from(self.total.max(1));
        self.progress
            .set(u64::try_from(read).unwrap_or(self.bytes).min(self.bytes));
    }
}

impl Rows for ParquetRows {
    fn next_row(&mut self) -> anyhow::Result<Option<Row>> {
        let Some(row) = self.rows.next() else {
            return Ok(None);
        };
        let row = row.with_context(|| format!("after row {}", self.number))?;
        self.number += 1;
        self.tell();
        let mut columns = Object::default();
        for ((name, field), meaning) in row.into_columns().into_iter().zip(&self.meanings) {
            let value = match (meaning, field) {
                (_, Field::Null) => continue,
                (Meaning::Instant(parts), Field::Long(value)) => instant(value, *parts),
                (Meaning::Uuid, Field::Bytes(bytes)) => uuid(bytes.data()),
                (_, field) => json_of(&field),
            };
            columns.set(name, value);
        }
        Ok(Some(Row {
            number: self.number,
            line: None,
            raw: columns.to_raw().get().to_owned(),
            columns: Ok(columns),
        }))
    }
}

fn meaning(column: &Type) -> Meaning {
    match column.get_basic_info().logical_type_ref() {
        Some(LogicalType::Timestamp(time)) => Meaning::Instant(match time.unit {
            TimeUnit::MILLIS => 1_000,
            TimeUnit::MICROS => 1_000_000,
            TimeUnit::NANOS => 1_000_000_000,
        }),
        Some(LogicalType::Uuid) => Meaning::Uuid,
        _ => Meaning::Itself,
    }
}
