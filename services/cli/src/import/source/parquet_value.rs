//! Parquet's values as JSON.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Duration, NaiveDate, NaiveTime, SecondsFormat};
use parquet::data_type::Decimal;
use parquet::record::{Field, Row};
use serde_json::value::{RawValue, to_raw_value};
use uuid::Uuid;

use crate::import::object::{Object, raw_text, scalar_text};

/// A value as JSON: instants in RFC 3339, dates as `YYYY-MM-DD`, decimals as numbers with
/// all digits, bytes as text or else in base64; what is no number (NaN) is null.
pub(super) fn json_of(field: &Field) -> Box<RawValue> {
    let json = match field {
        Field::Bool(value) => to_raw_value(value),
        Field::Byte(value) => to_raw_value(value),
        Field::Short(value) => to_raw_value(value),
        Field::Int(value) => to_raw_value(value),
        Field::Long(value) => to_raw_value(value),
        Field::UByte(value) => to_raw_value(value),
        Field::UShort(value) => to_raw_value(value),
        Field::UInt(value) => to_raw_value(value),
        Field::ULong(value) => to_raw_value(value),
        Field::Float16(value) => to_raw_value(&f32::from(*value)),
        Field::Float(value) => to_raw_value(value),
        Field::Double(value) => to_raw_value(value),
        Field::Decimal(value) => return decimal(value),
        Field::Str(value) => to_raw_value(value),
        Field::Bytes(value) => return bytes(value.data()),
        Field::Date(days) => return date(*days),
        Field::TimeMillis(value) => return time(i64::from(*value) * 1000),
        Field::TimeMicros(value) => return time(*value),
        Field::TimestampMillis(value) => return instant(*value, 1_000),
        Field::TimestampMicros(value) => return instant(*value, 1_000_000),
        Field::Group(row) => return group(row).to_raw(),
        Field::ListInternal(list) => {
            let elements: Vec<_> = list.elements().iter().map(json_of).collect();
            to_raw_value(&elements)
        }
        Field::MapInternal(map) => {
            let mut object = Object::default();
            for (key, value) in map.entries() {
                let key = json_of(key);
                let name = scalar_text(&key).unwrap_or_else(|| key.get().to_owned());
                object.set(name, json_of(value));
            }
            return object.to_raw();
        }
        Field::Null => return RawValue::NULL.to_owned(),
    };
    json.unwrap_or_else(|_| RawValue::NULL.to_owned())
}

fn group(row: &Row) -> Object {
    let mut object = Object::default();
    for (name, field) in row.get_column_iter() {
        object.set(name.as_str(), json_of(field));
    }
    object
}

/// An instant of `value` parts since the epoch, `parts` to a second; a number when no
/// calendar has it.
pub(super) fn instant(value: i64, parts: i64) -> Box<RawValue> {
    let seconds = value.div_euclid(parts);
    let nanoseconds = value.rem_euclid(parts) * (1_000_000_000 / parts);
    let instant = u32::try_from(nanoseconds)
        .ok()
        .and_then(|nanoseconds| DateTime::from_timestamp(seconds, nanoseconds));
    match instant {
        Some(instant) => raw_text(&instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        None => json_of(&Field::Long(value)),
    }
}

/// 16 bytes as a UUID.
pub(super) fn uuid(value: &[u8]) -> Box<RawValue> {
    match Uuid::from_slice(value) {
        Ok(uuid) => raw_text(&uuid.to_string()),
        Err(_) => bytes(value),
    }
}

fn bytes(value: &[u8]) -> Box<RawValue> {
    match std::str::from_utf8(value) {
        Ok(text) => raw_text(text),
        Err(_) => raw_text(&STANDARD.encode(value)),
    }
}

fn date(days: i32) -> Box<RawValue> {
    let date = NaiveDate::default().checked_add_signed(Duration::days(i64::from(days)));
    date.map_or_else(
        || json_of(&Field::Int(days)),
        |date| raw_text(&date.to_string()),
    )
}

fn time(microseconds: i64) -> Box<RawValue> {
    let time = NaiveTime::MIN.overflowing_add_signed(Duration::microseconds(microseconds));
    raw_text(&time.0.to_string())
}

/// A decimal as a JSON number with all its digits; one of more than 38 digits as base64.
fn decimal(value: &Decimal) -> Box<RawValue> {
    let data = value.data();
    if data.is_empty() || data.len() > 16 {
        return raw_text(&STANDARD.encode(data));
    }
    // Two's complement, big-endian, as many bytes as it needs.
    let sign = if data.first().is_some_and(|byte| byte & 0x80 != 0) {
        -1
    } else {
        0
    };
    let unscaled = data
        .iter()
        .fold(sign, |number: i128, byte| number << 8 | i128::from(*byte));
    let scale = usize::try_from(value.scale()).unwrap_or(0);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let minus = if unscaled < 0 { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    let text = format!("{minus}{whole}{point}{fraction}");
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

#[cfg(test)]
mod tests {
    use parquet::data_type::ByteArray;

    use super::*;

    fn json(field: &Field) -> String {
        json_of(field).get().to_owned()
    }

    #[test]
    fn values_are_exact() {
        assert_eq!(json(&Field::Long(i64::MAX)), "9223372036854775807");
        assert_eq!(json(&Field::ULong(u64::MAX)), "18446744073709551615");
        assert_eq!(json(&Field::Double(0.1)), "0.1");
        assert_eq!(json(&Field::Float(0.1)), "0.1");
        assert_eq!(json(&Field::Double(f64::NAN)), "null");
        assert_eq!(json(&Field::Str("ä\"\n".to_owned())), r#""ä\"\n""#);
        assert_eq!(
            json(&Field::Bytes(ByteArray::from(vec![0xff, 0]))),
            "\"/wA=\""
        );
        assert_eq!(json(&Field::Date(-1)), "\"1969-12-31\"");
        assert_eq!(
            json(&Field::TimeMicros(3_723_000_001)),
            "\"01:02:03.000001\""
        );
    }

    #[test]
    fn instants_have_as_many_digits_as_they_need() {
        let of = |value, parts| instant(value, parts).get().to_owned();
        assert_eq!(of(0, 1_000), "\"1970-01-01T00:00:00Z\"");
        assert_eq!(of(-1, 1_000), "\"1969-12-31T23:59:59.999Z\"");
        assert_eq!(
            of(1_700_000_000_123_456, 1_000_000),
            "\"2023-11-14T22:13:20.123456Z\""
        );
        assert_eq!(of(1, 1_000_000_000), "\"1970-01-01T00:00:00.000000001Z\"");
        assert_eq!(of(i64::MAX, 1_000), i64::MAX.to_string());
    }

    #[test]
    fn decimals_keep_their_digits() {
        let of = |decimal| json(&Field::Decimal(decimal));
        assert_eq!(of(Decimal::from_i32(1250, 9, 2)), "12.50");
        assert_eq!(of(Decimal::from_i64(-5, 18, 3)), "-0.005");
        assert_eq!(of(Decimal::from_i32(7, 9, 0)), "7");
        let bytes = ByteArray::from(vec![0xff, 0x38]);
        assert_eq!(of(Decimal::from_bytes(bytes, 4, 1)), "-20.0");
    }
}
