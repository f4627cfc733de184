//! The certificate number 证件字号: its form, its parts, and how the next one follows.
//!
//! `J510118-2026-000123`: kind, division code *valid on the day of issue*, year of issue, running
//! number. A number is never rewritten when a division is renumbered (domain rule D-7). The run
//! is per kind, code and year, strictly increasing, without gaps or reuse.

use std::fmt;

/// What the certificate certifies, and whether it replaces a lost one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Prefix {
    /// J 结婚证.
    Marriage,
    /// L 离婚证.
    Divorce,
    /// BJ 补领结婚证.
    MarriageReplacement,
    /// BL 补领离婚证.
    DivorceReplacement,
}

impl Prefix {
    /// The letters printed before the division code.
    #[must_use]
    pub const fn letters(self) -> &'static str {
        match self {
            Self::Marriage => "J",
            Self::Divorce => "L",
            Self::MarriageReplacement => "BJ",
            Self::DivorceReplacement => "BL",
        }
    }
}

/// A certificate number of today's form.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CertificateNumber {
    /// Kind of certificate.
    pub prefix: Prefix,
    /// Six-digit division code of the day of issue.
    pub code: String,
    /// Year of issue.
    pub year: u16,
    /// Running number, 1 to 999,999.
    pub serial: u32,
}

/// Why a text is no certificate number of today's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateNumberError {
    /// Not `^(J|L|BJ|BL)(\d{6})-(\d{4})-(\d{6})$`; may be a legacy number.
    #[error("not a certificate number of the present form")]
    Form,
    /// Running number 000000.
    #[error("the running number 000000 is never issued")]
    ZeroSerial,
    /// The run of this code and year has reached 999999.
    #[error("the running numbers of this division and year are exhausted")]
    Exhausted,
}

/// The greatest running number that six digits hold.
pub const LAST_SERIAL: u32 = 999_999;

impl CertificateNumber {
    /// Reads a number of today's form; anything else may be a legacy number and is kept as text.
    pub fn parse(text: &str) -> Result<Self, CertificateNumberError> {
        let (prefix, rest) = [
            (Prefix::MarriageReplacement, "BJ"),
            (Prefix::DivorceReplacement, "BL"),
            (Prefix::Marriage, "J"),
            (Prefix::Divorce, "L"),
        ]
        .into_iter()
        .find_map(|(prefix, letters)| Some((prefix, text.strip_prefix(letters)?)))
        .ok_or(CertificateNumberError::Form)?;
        let mut parts = rest.split('-');
        let (Some(code), Some(year), Some(serial), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(CertificateNumberError::Form);
        };
        let digits =
            |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
        if !(digits(code, 6) && digits(year, 4) && digits(serial, 6)) {
            return Err(CertificateNumberError::Form);
        }
        let year = year.parse().map_err(|_| CertificateNumberError::Form)?;
        match serial.parse().map_err(|_| CertificateNumberError::Form)? {
            0 => Err(CertificateNumberError::ZeroSerial),
            serial => Ok(Self {
                prefix,
                code: code.to_owned(),
                year,
                serial,
            }),
        }
    }

    /// The form shown to third parties: the running number hidden but for its last two digits.
    #[must_use]
    pub fn masked(&self) -> String {
        format!(
            "{}{}-{:04}-****{:02}",
            self.prefix.letters(),
            self.code,
            self.year,
            self.serial % 100
        )
    }
}

impl fmt::Display for CertificateNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}{}-{:04}-{:06}",
            self.prefix.letters(),
            self.code,
            self.year,
            self.serial
        )
    }
}

/// B.1.3, 婚姻登记工作规范: the number after `last` in a run; 0 stands before the first.
pub fn next_serial(last: u32) -> Result<u32, CertificateNumberError> {
    if last >= LAST_SERIAL {
        Err(CertificateNumberError::Exhausted)
    } else {
        Ok(last + 1)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use CertificateNumberError::{Exhausted, Form, ZeroSerial};

    /// D-7 over the real history: a number that any county gave in any year is read as it was printed, and its code is
    /// that county's of that year, whatever it bears today.
    #[test]
    fn a_number_of_any_county_and_year_is_never_renumbered() {
        let set = crate::kit::divisions::dataset();
        let counties = set
            .historic()
            .iter()
            .filter(|row| row.level == crate::kit::divisions::Level::County);
        let mut judged = 0;
        for row in counties {
            for year in row.from_year..row.to_year.unwrap_or(2027) {
                let printed = format!("J{}-{year:04}-000001", row.code);
                let number = CertificateNumber::parse(&printed).unwrap();
                assert_eq!(number.to_string(), printed);
                let then = set.historic_at(&number.code, u32::from(number.year));
                assert_eq!(then.map(|then| then.id), Some(row.id), "{printed}");
                assert!(!set.today(&row.id).is_empty(), "{printed} leads nowhere");
                judged += 1;
            }
        }
        assert!(judged > 100_000, "{judged}");
    }

    #[test]
    fn published_and_invented_numbers_are_read_and_written_alike() {
        for (text, prefix, code, year, serial, masked) in [
            (
                "J110101-2010-000001",
                Prefix::Marriage,
                "110101",
                2010,
                1,
                "J110101-2010-****01",
            ),
            (
                "L510132-2019-000342",
                Prefix::Divorce,
                "510132",
                2019,
                342,
                "L510132-2019-****42",
            ),
            (
                "BJ510118-2026-999999",
                Prefix::MarriageReplacement,
                "510118",
                2026,
                999_999,
                "BJ510118-2026-****99",
            ),
            (
                "BL350103-2023-000010",
                Prefix::DivorceReplacement,
                "350103",
                2023,
                10,
                "BL350103-2023-****10",
            ),
        ] {
            let number = CertificateNumber::parse(text).unwrap();
            assert_eq!(
                number,
                CertificateNumber {
                    prefix,
                    code: code.to_owned(),
                    year,
                    serial
                }
            );
            assert_eq!(number.to_string(), text);
            assert_eq!(number.masked(), masked);
        }
    }

    #[test]
    fn other_forms_are_refused_and_may_be_legacy() {
        for (text, error) in [
            ("", Form),
            ("J110101-2010-1", Form),
            ("J110101-2010-000000", ZeroSerial),
            ("X110101-2010-000001", Form),
            ("j110101-2010-000001", Form),
            ("J11010A-2010-000001", Form),
            ("J110101-2010-000001-1", Form),
            ("J110101-2010-００0001", Form),
            ("川新结字011000001", Form),
        ] {
            assert_eq!(CertificateNumber::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_run_counts_from_one_and_ends_with_an_error() {
        for (last, next) in [
            (0, Ok(1)),
            (41, Ok(42)),
            (999_998, Ok(999_999)),
            (999_999, Err(Exhausted)),
        ] {
            assert_eq!(next_serial(last), next);
        }
    }
}
