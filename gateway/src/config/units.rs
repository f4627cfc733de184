//! Values with units, secrets, and readers that also take the text forms of environment variables.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};

/// A number of bytes, written `512B`, `64KiB`, `16MiB` or `2GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// So many KiB.
    pub const fn kib(n: u64) -> Self {
        Self(n << 10)
    }

    /// So many MiB.
    pub const fn mib(n: u64) -> Self {
        Self(n << 20)
    }

    /// The size as an index, at most what this machine can address.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for ByteSize {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "write a size like \"512B\", \"64KiB\", \"16MiB\" or \"2GiB\"";
        let (number, unit) = split_unit(text).ok_or(WRONG)?;
        let factor: u64 = match unit {
            "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return Err(WRONG),
        };
        number.checked_mul(factor).map(Self).ok_or(WRONG)
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        from_text(input)
    }
}

/// Nobody means more than a hundred years; and every instant that a request has is so far from the end of time that
/// this can be added to it, several times over.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// A span of time, at most [`LONGEST`], written `250ms`, `30s`, `5m`, `12h` or `7d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span(Duration);

impl FromStr for Span {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "write a time like \"250ms\", \"30s\", \"5m\", \"12h\" or \"7d\"";
        let (number, unit) = split_unit(text).ok_or(WRONG)?;
        let span = match unit {
            "ms" => Some(Duration::from_millis(number)),
            "s" => Some(Duration::from_secs(number)),
            "m" => number.checked_mul(60).map(Duration::from_secs),
            "h" => number.checked_mul(3_600).map(Duration::from_secs),
            "d" => number.checked_mul(86_400).map(Duration::from_secs),
            _ => None,
        };
        match span.ok_or(WRONG)? {
            span if span <= LONGEST => Ok(Self(span)),
            _ => Err("write a time of at most \"36500d\""),
        }
    }
}

/// Reads a [`Duration`]; to be used as `#[serde(deserialize_with = "units::duration")]`.
pub(super) fn duration<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
    from_text::<Span, D>(input).map(|span| span.0)
}

/// A text that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one place that uses it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"(secret)\"")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct SecretVisitor;
        impl Visitor<'_> for SecretVisitor {
            type Value = Secret;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Secret, E> {
                Ok(Secret::new(text))
            }

            // The stock message would repeat the value.
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Secret, E> {
                Err(E::custom("a secret is a text in quotes"))
            }
        }
        input.deserialize_any(SecretVisitor)
    }
}

fn split_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text[..digits].parse().ok()?, text[digits..].trim()))
}

/// Reads anything that parses from a text.
fn from_text<'de, T, D>(input: D) -> Result<T, D::Error>
where
    T: FromStr<Err = &'static str>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(input)?;
    text.parse().map_err(de::Error::custom)
}

/// Reads a number or a truth value, also in quotes as environment variables give them.
pub(super) fn scalar<'de, T, D>(input: D) -> Result<T, D::Error>
where
    T: FromStr,
    D: Deserializer<'de>,
{
    struct ScalarVisitor<T>(PhantomData<T>);
    impl<T: FromStr> ScalarVisitor<T> {
        fn read<E: de::Error>(text: &str) -> Result<T, E> {
            text.trim()
                .parse()
                .map_err(|_| E::custom("the value has the wrong type or is out of range"))
        }
    }
    impl<T: FromStr> Visitor<'_> for ScalarVisitor<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a number or true or false")
        }

        fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
            Self::read(&value.to_string())
        }

        fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
            Self::read(&value.to_string())
        }

        fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
            Self::read(&value.to_string())
        }

        fn visit_bool<E: de::Error>(self, value: bool) -> Result<T, E> {
            Self::read(if value { "true" } else { "false" })
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            Self::read(text)
        }
    }
    input.deserialize_any(ScalarVisitor(PhantomData))
}

/// Reads a list of texts, also as one text with commas as environment variables give them.
pub(super) fn list<'de, D: Deserializer<'de>>(input: D) -> Result<Vec<String>, D::Error> {
    struct ListVisitor;
    impl<'de> Visitor<'de> for ListVisitor {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of texts")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
            Ok(text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(str::to_owned)
                .collect())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut list = Vec::new();
            while let Some(item) = items.next_element()? {
                list.push(item);
            }
            Ok(list)
        }
    }
    input.deserialize_any(ListVisitor)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_read_with_their_units_only() {
        for (text, bytes) in [
            ("512B", 512),
            ("64KiB", 65_536),
            ("1 MiB", 1 << 20),
            ("2GiB", 2 << 30),
        ] {
            assert_eq!(text.parse::<ByteSize>().unwrap().0, bytes, "{text}");
        }
        for text in ["", "5", "MiB", "-1B", "1.5MiB", "1MB", "99999999999GiB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
        for (text, ms) in [
            ("250ms", 250),
            ("30s", 30_000),
            ("5m", 300_000),
            ("12h", 43_200_000),
            ("7d", 604_800_000),
            ("36500d", 3_153_600_000_000),
        ] {
            assert_eq!(text.parse::<Span>().unwrap().0.as_millis(), ms, "{text}");
        }
        for text in ["", "5", "s", "-1s", "1 week", "99999999999999999999s"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_time_that_no_clock_could_add_up_is_refused() {
        let most = u64::MAX.to_string();
        let past = [
            "36501d".to_owned(),
            format!("{most}s"),
            format!("{most}ms"),
            "3153600001s".to_owned(),
        ];
        for text in past {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
        let now = std::time::Instant::now();
        assert!(now.checked_add(LONGEST * 2).is_some());
        assert!(
            std::time::SystemTime::now()
                .checked_add(LONGEST * 2)
                .is_some()
        );
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "\"(secret)\"");
    }
}
