//! A Parquet file: names and times as columns, properties as JSON text, so that every value
//! stays as its client spelled it.

use std::mem;
use std::sync::Arc;

use anyhow::Context;
use chrono::DateTime;
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::event::Exported;
use super::sink::Target;

/// Columns, in the order of [`Texts`] and [`Times`] below.
const SCHEMA: &str = "
message event {
    REQUIRED BYTE_ARRAY uuid (STRING);
    REQUIRED BYTE_ARRAY event (STRING);
    REQUIRED BYTE_ARRAY distinct_id (STRING);
    REQUIRED INT64 timestamp (TIMESTAMP(MILLIS,true));
    REQUIRED INT64 received_at (TIMESTAMP(MILLIS,true));
    REQUIRED BYTE_ARRAY properties (JSON);
    REQUIRED BYTE_ARRAY derived (JSON);
}";
/// Bytes that a group of rows holds before it is written: what is in memory at a time.
const GROUP_BYTES: usize = 32 * 1024 * 1024;

/// Writes a file, a group of rows at a time.
pub(crate) struct Table {
    writer: SerializedFileWriter<Target>,
    group: Group,
}

/// The rows that are not written yet, by columns.
#[derive(Default)]
struct Group {
    uuid: Vec<ByteArray>,
    event: Vec<ByteArray>,
    distinct_id: Vec<ByteArray>,
    timestamp: Vec<i64>,
    received_at: Vec<i64>,
    properties: Vec<ByteArray>,
    derived: Vec<ByteArray>,
    bytes: usize,
}

impl Table {
    pub(super) fn new(target: Target) -> anyhow::Result<Self> {
        let schema = Arc::new(parse_message_type(SCHEMA)?);
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_created_by("millrace".to_owned())
            .build();
        Ok(Self {
            writer: SerializedFileWriter::new(target, schema, Arc::new(properties))?,
            group: Group::default(),
        })
    }

    pub(super) fn write(&mut self, event: Exported) -> anyhow::Result<()> {
        self.group.add(event)?;
        if self.group.bytes >= GROUP_BYTES {
            self.write_group()?;
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        if !self.group.uuid.is_empty() {
            self.write_group()?;
        }
        self.writer.close()?;
        Ok(())
    }

    fn write_group(&mut self) -> anyhow::Result<()> {
        let rows = mem::take(&mut self.group);
        let mut group = self.writer.next_row_group()?;
        for texts in [&rows.uuid, &rows.event, &rows.distinct_id] {
            write_texts(&mut group, texts)?;
        }
        for times in [&rows.timestamp, &rows.received_at] {
            write_times(&mut group, times)?;
        }
        for texts in [&rows.properties, &rows.derived] {
            write_texts(&mut group, texts)?;
        }
        group.close()?;
        Ok(())
    }
}

impl Group {
    fn add(&mut self, event: Exported) -> anyhow::Result<()> {
        self.timestamp.push(milliseconds(&event.timestamp)?);
        self.received_at.push(milliseconds(&event.received_at)?);
        let properties = String::from(Box::<str>::from(event.properties));
        let derived = String::from(Box::<str>::from(event.derived));
        for (column, text) in [
            (&mut self.uuid, event.uuid),
            (&mut self.event, event.event),
            (&mut self.distinct_id, event.distinct_id),
            (&mut self.properties, properties),
            (&mut self.derived, derived),
        ] {
            self.bytes += text.len();
            column.push(ByteArray::from(text.into_bytes()));
        }
        Ok(())
    }
}

fn write_texts(
    group: &mut SerializedRowGroupWriter<'_, Target>,
    texts: &[ByteArray],
) -> anyhow::Result<()> {
    let mut column = group
        .next_column()?
        .context("the schema has a column less")?;
    column
        .typed::<ByteArrayType>()
        .write_batch(texts, None, None)?;
    Ok(column.close()?)
}

fn write_times(
    group: &mut SerializedRowGroupWriter<'_, Target>,
    times: &[i64],
) -> anyhow::Result<()> {
    let mut column = group
        .next_column()?
        .context("the schema has a column less")?;
    column.typed::<Int64Type>().write_batch(times, None, None)?;
    Ok(column.close()?)
}

fn milliseconds(text: &str) -> anyhow::Result<i64> {
    let instant = DateTime::parse_from_rfc3339(text)
        .with_context(|| format!("the server says a time as {text:?}"))?;
    Ok(instant.timestamp_millis())
}
