//! The numbers that name a person, of every kind (domain.md B.0.1): citizen identity numbers of 18 and
//! of 15 digits, residence permits of 港澳台 residents, permanent residence cards of foreigners, passports,
//! and the placeholders of old records.
//!
//! A [`PersonNumber`] exists only by [`read`], never prints and is wiped when dropped. Its kind decides
//! what may follow from it: a placeholder (zeros and a birth date, before 1985) names nobody, so it has
//! no token of its own and is never matched by itself.

use std::fmt;

use chrono::NaiveDate;
use zeroize::Zeroize;

use crate::{
    citizen_id::{self, CitizenId, CitizenIdError, Sex},
    error::{Error, UserError},
};

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberKind {
    /// A citizen identity number of 18 characters (公民身份号码).
    CitizenId,
    /// An old citizen identity number of 15 digits (15位旧身份证号码).
    OldCitizenId,
    /// A residence permit of a resident of Hong Kong, Macao or Taiwan (港澳台居民居住证): 81, 82, 83.
    ResidencePermit,
    /// A permanent residence card of a foreigner (外国人永久居留身份证): 9 and 17 more.
    PermanentResidence,
    /// A passport: the issuing state and the number (护照).
    Passport,
    /// Zeros and a birth date in a record from before the numbers (占位号码).
    Placeholder,
}

impl NumberKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::CitizenId,
        Self::OldCitizenId,
        Self::ResidencePermit,
        Self::PermanentResidence,
        Self::Passport,
        Self::Placeholder,
    ];

    /// The text by which a database keeps it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CitizenId => "CITIZEN_ID",
            Self::OldCitizenId => "OLD_CITIZEN_ID",
            Self::ResidencePermit => "RESIDENCE_PERMIT",
            Self::PermanentResidence => "PERMANENT_RESIDENCE",
            Self::Passport => "PASSPORT",
            Self::Placeholder => "PLACEHOLDER",
        }
    }

    /// The kind of a kept text.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// Why a text is no number that names a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberError {
    /// It looks like an identity number and fails one of its checks.
    Number(CitizenIdError),
    /// The issuing state of a passport is not three letters.
    PassportState,
    /// The number of a passport does not have the form that its state uses.
    PassportNumber,
}

impl NumberError {
    /// The refusal for the user, without the number.
    pub fn user_error(self) -> UserError {
        match self {
            Self::Number(error) => error.user_error(),
            Self::PassportState => UserError::new(
                "PASSPORT_STATE",
                "The issuing state of a passport is written with three letters in front of a colon.",
                "护照签发国应以三位字母代码加冒号开头。",
            )
            .basis("ICAO Doc 9303"),
            Self::PassportNumber => UserError::new(
                "PASSPORT_NUMBER",
                "The passport number does not have the form that its state uses.",
                "护照号码格式不符。",
            )
            .basis("ICAO Doc 9303"),
        }
    }
}

impl From<NumberError> for Error {
    fn from(error: NumberError) -> Self {
        Self::Invalid(error.user_error())
    }
}

impl From<CitizenIdError> for NumberError {
    fn from(error: CitizenIdError) -> Self {
        Self::Number(error)
    }
}

/// A number that names a person, normalised.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonNumber {
    kind: NumberKind,
    text: String,
}

impl fmt::Debug for PersonNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonNumber({:?}, ***)", self.kind)
    }
}

impl Drop for PersonNumber {
    fn drop(&mut self) {
        self.text.zeroize();
    }
}

impl From<&CitizenId> for PersonNumber {
    fn from(id: &CitizenId) -> Self {
        let text = id.expose().to_owned();
        Self {
            kind: kind_of_eighteen(&text),
            text,
        }
    }
}

impl PersonNumber {
    /// What kind of number it is.
    pub fn kind(&self) -> NumberKind {
        self.kind
    }

    /// The normalised number, for the tokenizer and the vault.
    pub(crate) fn expose(&self) -> &str {
        &self.text
    }

    /// The three letters of the state that issued a passport; `None` for every other number.
    pub fn issuing_state(&self) -> Option<&str> {
        match self.kind {
            NumberKind::Passport => self.text.split(':').next(),
            _ => None,
        }
    }

    /// The six digits of the address at first issue; `None` where the number has none.
    pub fn address_code(&self) -> Option<&str> {
        match self.kind {
            NumberKind::CitizenId | NumberKind::ResidencePermit | NumberKind::OldCitizenId => {
                self.text.get(..6)
            }
            _ => None,
        }
    }

    /// The number of 18 characters behind it, if it has one: itself, or the modern form of an old one.
    pub fn modern(&self, today: NaiveDate) -> Option<CitizenId> {
        match self.kind {
            NumberKind::CitizenId | NumberKind::ResidencePermit => {
                citizen_id::parse(&self.text, today).ok()
            }
            NumberKind::OldCitizenId => {
                citizen_id::parse(&citizen_id::from_fifteen(&self.text)?, today).ok()
            }
            _ => None,
        }
    }

    /// The sex that the number tells; `None` for a passport or a placeholder.
    pub fn sex(&self) -> Option<Sex> {
        let order = match self.kind {
            NumberKind::OldCitizenId => 14,
            NumberKind::Passport | NumberKind::Placeholder => return None,
            _ => 16,
        };
        let digit = self.text.as_bytes().get(order)?;
        Some(if digit % 2 == 1 {
            Sex::Male
        } else {
            Sex::Female
        })
    }

    /// The birth date that the number tells; `None` for a passport, and for a placeholder whose date is
    /// none.
    pub fn birth_date(&self) -> Option<NaiveDate> {
        match self.kind {
            NumberKind::Passport => None,
            NumberKind::OldCitizenId => {
                citizen_id::birth_date(&citizen_id::from_fifteen(&self.text)?)
            }
            NumberKind::Placeholder if self.text.len() == 15 => {
                citizen_id::birth_date(&citizen_id::from_fifteen(&self.text)?)
            }
            _ => citizen_id::birth_date(&self.text),
        }
    }

    /// The number with only its ends; the state of a passport stays.
    pub fn masked(&self) -> String {
        citizen_id::mask(&self.text)
    }
}

/// Reads a number of any kind. A passport is written `CHN:E12345678`: the issuing state in three letters,
/// a colon, the number.
///
/// # Errors
/// Why it is none; for an identity number the first check that fails, in the fixed order.
pub fn read(input: &str, today: NaiveDate) -> Result<PersonNumber, NumberError> {
    let text = input.trim().to_ascii_uppercase();
    if let Some((state, number)) = text.split_once(':') {
        return passport(state.trim(), number.trim());
    }
    let kind = if citizen_id::is_placeholder(&text) {
        NumberKind::Placeholder
    } else if text.len() == 15 && text.bytes().all(|b| b.is_ascii_digit()) {
        let long = citizen_id::from_fifteen(&text).ok_or(CitizenIdError::Digits)?;
        citizen_id::parse(&long, today)?;
        NumberKind::OldCitizenId
    } else if text.starts_with('9') {
        // The digits behind the 9 name where and for which nationality it was issued; no list of
        // address codes applies.
        citizen_id::parse_with(&text, today, |_| true)?;
        NumberKind::PermanentResidence
    } else {
        citizen_id::parse(&text, today)?;
        kind_of_eighteen(&text)
    };
    Ok(PersonNumber { kind, text })
}

fn kind_of_eighteen(text: &str) -> NumberKind {
    const PERMITS: [&str; 3] = ["810000", "820000", "830000"];
    if PERMITS.iter().any(|permit| text.starts_with(permit)) {
        NumberKind::ResidencePermit
    } else {
        NumberKind::CitizenId
    }
}

fn passport(state: &str, number: &str) -> Result<PersonNumber, NumberError> {
    if state.len() != 3 || !state.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(NumberError::PassportState);
    }
    let form = (5..=9).contains(&number.len())
        && number
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && number.bytes().any(|b| b.is_ascii_digit());
    if !form || (state == "CHN" && !chinese_passport(number)) {
        return Err(NumberError::PassportNumber);
    }
    Ok(PersonNumber {
        kind: NumberKind::Passport,
        text: format!("{state}:{number}"),
    })
}

/// The numbers of Chinese passports in use: a letter for the kind of passport and eight digits, or, for
/// ordinary ones since 2017, E, a letter other than I and O, and seven digits.
fn chinese_passport(number: &str) -> bool {
    let Some((kind, rest)) = number.split_at_checked(1) else {
        return false;
    };
    let digits =
        |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_digit());
    let second = rest.chars().next().unwrap_or_default();
    let ordinary = kind == "E"
        && second.is_ascii_uppercase()
        && !matches!(second, 'I' | 'O')
        && rest.get(1..).is_some_and(|rest| digits(rest, 7));
    ordinary || (matches!(kind, "E" | "G" | "D" | "S" | "P") && digits(rest, 8))
}

/// The check digit of a field of a passport's machine-readable zone (ICAO Doc 9303: weights 7, 3, 1; digits
/// count themselves, letters from A = 10, the filler nothing); `None` for another alphabet.
pub fn passport_check_digit(field: &str) -> Option<u32> {
    let mut sum = 0;
    for (place, letter) in field.chars().enumerate() {
        let value = match letter {
            '<' => 0,
            '0'..='9' | 'A'..='Z' => letter.to_digit(36)?,
            _ => return None,
        };
        sum += value * [7, 3, 1][place % 3];
    }
    Some(sum % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        "2026-11-22".parse().unwrap()
    }

    fn with_check(digits: &str) -> String {
        format!("{digits}{}", citizen_id::check_character(digits).unwrap())
    }

    #[test]
    fn every_kind_is_told_by_its_form() {
        use NumberKind::*;
        let permit = with_check("81000019900303003");
        let permanent = with_check("93101719900303003");
        let table = [
            (
                "519901199003030032",
                CitizenId,
                Some(Sex::Male),
                Some("1990-03-03"),
            ),
            (
                " 51990119900303069x ",
                CitizenId,
                Some(Sex::Male),
                Some("1990-03-03"),
            ),
            (
                "510132900303004",
                OldCitizenId,
                Some(Sex::Female),
                Some("1990-03-03"),
            ),
            (
                &permit,
                ResidencePermit,
                Some(Sex::Male),
                Some("1990-03-03"),
            ),
            (
                &permanent,
                PermanentResidence,
                Some(Sex::Male),
                Some("1990-03-03"),
            ),
            ("CHN:E12345678", Passport, None, None),
            ("chn: EA1234567", Passport, None, None),
            ("DEU:C01X00T47", Passport, None, None),
            ("000000194912310000", Placeholder, None, Some("1949-12-31")),
            ("000000491231000", Placeholder, None, Some("1949-12-31")),
            ("000000000000000000", Placeholder, None, None),
        ];
        for (text, kind, sex, born) in table {
            let number = read(text, today()).unwrap();
            assert_eq!(number.kind(), kind, "{text}");
            assert_eq!(number.sex(), sex, "{text}");
            assert_eq!(
                number.birth_date(),
                born.map(|day| day.parse().unwrap()),
                "{text}"
            );
            assert!(!format!("{number:?}").contains("1990"), "{text}");
        }
    }

    #[test]
    fn a_passport_tells_its_state_and_an_identity_number_its_address() {
        let table = [
            ("CHN:E12345678", Some("CHN"), None),
            ("DEU:C01X00T47", Some("DEU"), None),
            ("519901199003030032", None, Some("519901")),
        ];
        for (text, state, address) in table {
            let number = read(text, today()).unwrap();
            assert_eq!(
                (number.issuing_state(), number.address_code()),
                (state, address)
            );
        }
        for kind in NumberKind::ALL {
            assert_eq!(NumberKind::from_text(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn each_fault_has_its_own_error() {
        use CitizenIdError as E;
        let bad_day = with_check("93101719900230003");
        let table = [
            ("", NumberError::Number(E::Length)),
            ("51990119900303003", NumberError::Number(E::Length)),
            ("519901199003030033", NumberError::Number(E::Check)),
            ("931017199003030031", NumberError::Number(E::Check)),
            (&bad_day, NumberError::Number(E::BirthDate)),
            // 30 February of 1990 and an address that never was, in old numbers.
            ("510132900230004", NumberError::Number(E::BirthDate)),
            ("599999900303004", NumberError::Number(E::Address)),
            ("CN:E12345678", NumberError::PassportState),
            ("12N:E12345678", NumberError::PassportState),
            ("CHN:X12345678", NumberError::PassportNumber),
            ("CHN:EI1234567", NumberError::PassportNumber),
            ("CHN:E1234567", NumberError::PassportNumber),
            ("DEU:ABCDEFGH", NumberError::PassportNumber),
            ("DEU:C01X-00T4", NumberError::PassportNumber),
            ("DEU:1234", NumberError::PassportNumber),
        ];
        for (text, expected) in table {
            assert_eq!(read(text, today()).unwrap_err(), expected, "{text}");
        }
    }

    #[test]
    fn an_old_number_leads_to_the_modern_one_and_a_placeholder_to_nobody() {
        let modern = |text: &str| read(text, today()).unwrap().modern(today());
        let old = modern("110105491231002").unwrap();
        assert_eq!(old.expose(), "11010519491231002X");
        assert!(modern("519901199003030032").is_some());
        for text in ["000000491231000", "CHN:E12345678"] {
            assert!(modern(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_mask_shows_only_the_ends_whatever_the_kind() {
        let table = [
            ("510132900303004", "510********3004"),
            ("CHN:E12345678", "CHN******5678"),
        ];
        for (text, masked) in table {
            assert_eq!(read(text, today()).unwrap().masked(), masked);
        }
    }

    #[test]
    fn the_published_example_of_a_machine_readable_zone_passes() {
        // The specimen of ICAO Doc 9303, part 4: document number, birth date, expiry.
        for (field, digit) in [
            ("L898902C3", 6),
            ("740812", 2),
            ("120415", 9),
            ("ZE184226B<<<<<", 1),
        ] {
            assert_eq!(passport_check_digit(field), Some(digit), "{field}");
        }
        assert_eq!(passport_check_digit("ab"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_panic_or_echo(text in "\\PC{0,24}") {
            if let Err(error) = read(&text, today()) {
                let told = error.user_error();
                proptest::prop_assert!(text.len() < 6 || !told.message_en.contains(&text));
            }
        }

        #[test]
        fn what_is_read_reads_again_to_the_same(order in 0u32..1000, year in 1950u32..2000, kind in 0usize..4) {
            let text = match kind {
                0 => with_check(&format!("519901{year}0303{order:03}")),
                1 => format!("519901{:02}0303{order:03}", year % 100),
                2 => with_check(&format!("830000{year}0303{order:03}")),
                _ => format!("CHN:G{:08}", order * year),
            };
            let once = read(&text.to_ascii_lowercase(), today()).unwrap();
            let again = read(once.expose(), today()).unwrap();
            proptest::prop_assert!(once == again);
            proptest::prop_assert_eq!(again.kind(), once.kind());
        }
    }
}
