//! The GraphQL scalars that all subgraphs share.
//!
//! Scalars that the law judges (`DivisionCode`, `CreditCode`, `CitizenIdInput`) accept any text of
//! bounded length: the service judges them and answers with a refusal that names the field. The
//! others are read strictly. No error message repeats what was sent.

use std::fmt;

use async_graphql::{InputType, InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat, Utc};
use zeroize::Zeroize;

/// The longest text a code scalar accepts, in bytes; the longest real code has 18.
const MAX_CODE_BYTES: usize = 64;

/// The largest GeoJSON document accepted as input, in bytes of its text.
const MAX_GEOJSON_BYTES: usize = 256 * 1024;

fn refuse<T: InputType>(expected: &str) -> InputValueResult<T> {
    Err(InputValueError::custom(expected))
}

fn bounded_text<T: InputType>(value: Value) -> Result<String, InputValueError<T>> {
    match value {
        Value::String(text) if text.len() <= MAX_CODE_BYTES => Ok(text),
        _ => Err(InputValueError::custom("A short text is expected here.")),
    }
}

/// A legal day in Asia/Shanghai, as YYYY-MM-DD (日期).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub NaiveDate);

/// A legal day in Asia/Shanghai, as YYYY-MM-DD (日期).
#[Scalar(name = "Date")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        const EXPECTED: &str = "A day is written YYYY-MM-DD.";
        let Value::String(text) = value else {
            return refuse(EXPECTED);
        };
        if text.len() != 10 {
            return refuse(EXPECTED);
        }
        match NaiveDate::parse_from_str(&text, "%Y-%m-%d") {
            Ok(day) => Ok(Self(day)),
            Err(_) => refuse(EXPECTED),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.format("%Y-%m-%d").to_string())
    }
}

impl From<NaiveDate> for Date {
    fn from(day: NaiveDate) -> Self {
        Self(day)
    }
}

/// An instant, as RFC 3339 text (时间).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DateTime(pub chrono::DateTime<Utc>);

/// An instant, as RFC 3339 text in UTC (时间).
#[Scalar(name = "DateTime")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        const EXPECTED: &str =
            "A time is written as in RFC 3339, for example 2026-11-22T04:00:00Z.";
        let Value::String(text) = value else {
            return refuse(EXPECTED);
        };
        match chrono::DateTime::parse_from_rfc3339(&text) {
            Ok(at) => Ok(Self(at.with_timezone(&Utc))),
            Err(_) => refuse(EXPECTED),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl From<chrono::DateTime<Utc>> for DateTime {
    fn from(at: chrono::DateTime<Utc>) -> Self {
        Self(at)
    }
}

/// A calendar month, as YYYY-MM (年月).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearMonth {
    /// The year.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u32,
}

impl YearMonth {
    /// Reads `YYYY-MM` of the years 1900 to 2999; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = year.len() == 4
            && month.len() == 2
            && year
                .bytes()
                .chain(month.bytes())
                .all(|b| b.is_ascii_digit());
        let (year, month) = (year.parse().ok()?, month.parse().ok()?);
        (digits && (1900..3000).contains(&year) && (1..=12).contains(&month))
            .then_some(Self { year, month })
    }
}

impl fmt::Display for YearMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

/// A calendar month, as YYYY-MM (年月).
#[Scalar(name = "YearMonth")]
impl ScalarType for YearMonth {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Self::parse(text),
            _ => None,
        }
        .ok_or_else(|| InputValueError::custom("A month is written YYYY-MM."))
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// An amount of money in fen; written as yuan with two decimals (金额).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Yuan(pub i64);

/// An amount of money in yuan, as a decimal text with two decimals (金额，元).
#[Scalar(name = "Yuan")]
impl ScalarType for Yuan {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::String(text) => Self::parse(text),
            _ => None,
        }
        .ok_or_else(|| InputValueError::custom("An amount is a text such as \"12.30\"."))
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }
}

/// A division code, six digits at county level and above, nine or twelve below (行政区划代码).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DivisionCode(pub String);

/// A division code, six digits at county level and above, nine or twelve below (行政区划代码).
#[Scalar(name = "DivisionCode")]
impl ScalarType for DivisionCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        bounded_text(value).map(Self)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A unified social credit code of 18 characters (统一社会信用代码).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(pub String);

/// A unified social credit code of 18 characters (统一社会信用代码).
#[Scalar(name = "CreditCode")]
impl ScalarType for CreditCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        bounded_text(value).map(Self)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A citizen identity number as it came in, for input only (公民身份号码). It prints nothing, is
/// wiped when dropped, and is turned into a token at once; see [`crate::citizen_id::parse`].
#[derive(Clone)]
pub struct CitizenIdInput(pub String);

impl fmt::Debug for CitizenIdInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenIdInput")
    }
}

impl Drop for CitizenIdInput {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// A citizen identity number, for input only; it is never returned (公民身份号码，仅用于输入).
#[Scalar(name = "CitizenIdInput")]
impl ScalarType for CitizenIdInput {
    fn parse(value: Value) -> InputValueResult<Self> {
        bounded_text(value).map(Self)
    }

    /// Null, always: no way leads out of this type.
    fn to_value(&self) -> Value {
        Value::Null
    }
}

/// A geometry as GeoJSON of RFC 7946 (几何图形).
#[derive(Clone, Debug, PartialEq)]
pub struct GeoJson(pub serde_json::Value);

/// A geometry as GeoJSON of RFC 7946; its datum is stated beside it, not inside (几何图形).
#[Scalar(name = "GeoJSON")]
impl ScalarType for GeoJson {
    fn parse(value: Value) -> InputValueResult<Self> {
        let json = match value {
            Value::Object(_) => value.into_json(),
            _ => return refuse("A GeoJSON object is expected here."),
        };
        match json {
            Ok(json) if json.to_string().len() <= MAX_GEOJSON_BYTES => Ok(Self(json)),
            _ => refuse("A GeoJSON object of bounded size is expected here."),
        }
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::String(text.to_owned())
    }

    #[test]
    fn a_day_is_read_strictly() {
        assert!(<Date as ScalarType>::parse(text("2026-11-22")).is_ok());
        for wrong in ["2026-2-3", "2026-02-30", "20261122", "", "2026-11-22T00:00"] {
            assert!(<Date as ScalarType>::parse(text(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_refused_value_is_never_echoed() {
        let error = <Date as ScalarType>::parse(text("519901199003030032")).unwrap_err();
        let shown = format!(
            "{:?}",
            error.into_server_error(async_graphql::Pos::default())
        );
        assert!(!shown.contains("5199"), "{shown}");
    }

    #[test]
    fn an_identity_number_does_not_print_and_does_not_come_out() {
        let number = CitizenIdInput("519901199003030032".into());
        assert_eq!(format!("{number:?}"), "CitizenIdInput");
        assert_eq!(ScalarType::to_value(&number), Value::Null);
    }

    #[test]
    fn a_month_is_read_strictly() {
        assert_eq!(
            YearMonth::parse("2026-07"),
            Some(YearMonth {
                year: 2026,
                month: 7
            })
        );
        for wrong in ["2026-7", "2026-13", "2026-00", "26-07", "2026/07"] {
            assert_eq!(YearMonth::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_code_of_unbounded_length_is_refused() {
        assert!(<DivisionCode as ScalarType>::parse(text(&"5".repeat(65))).is_err());
        assert!(<DivisionCode as ScalarType>::parse(text("whatever")).is_ok());
    }
}
