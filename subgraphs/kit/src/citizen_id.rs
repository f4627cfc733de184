//! Citizen identity numbers 公民身份号码 (GB 11643-1999; domain.md B.0.1).
//!
//! A [`CitizenId`] exists only by its parser, never prints, and leaves only as a token, masked, or
//! sealed for the vault.

use std::fmt;

use async_graphql::Enum;
use chrono::{Datelike, NaiveDate};
use zeroize::Zeroize;

use crate::error::{Error, UserError};

/// The sex in an identity number: an odd order number is a man's, an even one a woman's (性别).
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// A man (男).
    Male,
    /// A woman (女).
    Female,
}

impl Sex {
    /// GB/T 2261.1: 1 男, 2 女.
    pub fn code(self) -> i16 {
        match self {
            Self::Male => 1,
            Self::Female => 2,
        }
    }

    /// From GB/T 2261.1; `None` for 0 未知 and 9 未说明.
    pub fn from_code(code: i16) -> Option<Self> {
        match code {
            1 => Some(Self::Male),
            2 => Some(Self::Female),
            _ => None,
        }
    }
}

/// Why a text is no citizen identity number, in the order in which it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CitizenIdError {
    /// It does not have 18 characters.
    Length,
    /// One of the first 17 is no decimal digit.
    Digits,
    /// The check character is wrong.
    Check,
    /// The birth date is no real day, lies in the future or before 1850.
    BirthDate,
    /// The address code was never in use.
    Address,
}

impl CitizenIdError {
    /// The refusal for the user, without the number.
    pub fn user_error(self) -> UserError {
        let (code, en, zh) = match self {
            Self::Length => (
                "CITIZEN_ID_LENGTH",
                "A citizen identity number has 18 characters.",
                "公民身份号码应为18位。",
            ),
            Self::Digits => (
                "CITIZEN_ID_DIGITS",
                "The first 17 characters of a citizen identity number are digits.",
                "公民身份号码前17位应为数字。",
            ),
            Self::Check => (
                "CITIZEN_ID_CHECK",
                "The check character does not fit: one character is wrong.",
                "公民身份号码校验码不符，请核对。",
            ),
            Self::BirthDate => (
                "CITIZEN_ID_BIRTH_DATE",
                "The birth date in the number is not possible.",
                "公民身份号码中的出生日期无效。",
            ),
            Self::Address => (
                "CITIZEN_ID_ADDRESS",
                "The first six digits were never in use as an address code.",
                "公民身份号码前6位地址码不存在。",
            ),
        };
        UserError::new(code, en, zh).basis("GB 11643-1999")
    }
}

impl From<CitizenIdError> for UserError {
    fn from(error: CitizenIdError) -> Self {
        error.user_error()
    }
}

impl From<CitizenIdError> for Error {
    fn from(error: CitizenIdError) -> Self {
        Self::Invalid(error.user_error())
    }
}

/// A citizen identity number that has passed all checks.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenId(String);

impl fmt::Debug for CitizenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenId(***)")
    }
}

impl Drop for CitizenId {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl CitizenId {
    /// The normalised number. Only the tokenizer and the vault look inside.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The sex that the order number tells.
    pub fn sex(&self) -> Sex {
        match self.0.as_bytes().get(16) {
            Some(digit) if digit % 2 == 1 => Sex::Male,
            _ => Sex::Female,
        }
    }

    /// The birth date.
    pub fn birth_date(&self) -> NaiveDate {
        // Parsed before, so the fallback is never taken.
        birth_date(&self.0).unwrap_or_default()
    }

    /// The six-digit address code at first issue.
    pub fn division_code(&self) -> &str {
        self.0.get(..6).unwrap_or_default()
    }

    /// Whether the address code was in use in the year of birth: `Some(false)` is a warning for the
    /// officer and never a refusal (numbers are given long after birth, and codes change); `None` for
    /// what the history cannot tell: permits, demonstration codes and years before 1981.
    pub fn address_in_use_at_birth(&self) -> Option<bool> {
        const HISTORY_BEGINS: i32 = 1981;
        let (code, year) = (self.division_code(), self.birth_date().year());
        let permit = matches!(code.get(..1), Some("8"));
        let demonstration = code.get(2..) == Some("9901");
        let outside = permit || demonstration || !crate::divisions::dataset().known_code_ever(code);
        if outside || year < HISTORY_BEGINS {
            return None;
        }
        let year = u32::try_from(year).ok()?;
        Some(
            crate::divisions::dataset()
                .historic_at(code, year)
                .is_some(),
        )
    }

    /// First three and last four characters: `519***********0032`.
    pub fn masked(&self) -> String {
        mask(&self.0)
    }
}

/// Masks a number of any kind: first three and last four kept, nothing of a shorter one.
pub fn mask(number: &str) -> String {
    let letters: Vec<char> = number.chars().collect();
    if letters.len() < 10 {
        return "*".repeat(letters.len());
    }
    let hidden = letters.len() - 7;
    letters[..3]
        .iter()
        .copied()
        .chain(std::iter::repeat_n('*', hidden))
        .chain(letters[letters.len() - 4..].iter().copied())
        .collect()
}

/// Masks a name: `张*`, `欧阳*`; of three and more characters the first and the last stay (`张*三`).
pub fn mask_name(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    match letters.as_slice() {
        [] => String::new(),
        [_] => "*".to_owned(),
        [first, _] => format!("{first}*"),
        [first, second, _] if is_double_surname(*first, *second) => format!("{first}{second}*"),
        [first, middle @ .., last] => format!("{first}{}{last}", "*".repeat(middle.len())),
    }
}

/// The double surnames that are common enough to be kept whole when a name is masked.
pub(crate) const DOUBLE_SURNAMES: [&str; 10] = [
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐",
];

fn is_double_surname(first: char, second: char) -> bool {
    DOUBLE_SURNAMES
        .iter()
        .any(|surname| surname.chars().eq([first, second]))
}

/// Reads a citizen identity number; the address code is looked up in the history of divisions.
///
/// # Errors
/// The first check that fails, in the order of [`CitizenIdError`].
pub fn parse(input: &str, today: NaiveDate) -> Result<CitizenId, CitizenIdError> {
    parse_with(input, today, known_address)
}

/// Reads a citizen identity number with another list of address codes. `known` says whether a
/// six-digit code was in use at any time; demonstration codes (`PP9901`) are always accepted.
///
/// # Errors
/// The first check that fails, in the order of [`CitizenIdError`].
pub fn parse_with(
    input: &str,
    today: NaiveDate,
    known: impl Fn(&str) -> bool,
) -> Result<CitizenId, CitizenIdError> {
    let trimmed = input.trim();
    if trimmed.chars().count() != 18 {
        return Err(CitizenIdError::Length);
    }
    let bytes = trimmed.as_bytes();
    if bytes.len() != 18 || !bytes[..17].iter().all(u8::is_ascii_digit) {
        return Err(CitizenIdError::Digits);
    }
    let id = CitizenId(trimmed.to_ascii_uppercase());
    if check_character(&id.0) != id.0.chars().last() {
        return Err(CitizenIdError::Check);
    }
    match birth_date(&id.0) {
        Some(born) if born <= today && born.year() >= 1850 => {}
        _ => return Err(CitizenIdError::BirthDate),
    }
    let address = id.division_code();
    if address.get(2..) != Some("9901") && !known(address) {
        return Err(CitizenIdError::Address);
    }
    Ok(id)
}

/// The check character of the first 17 digits (ISO 7064 MOD 11-2); `None` unless they are digits.
pub fn check_character(number: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHARACTERS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
    let digits = number.get(..17)?;
    let mut sum = 0;
    for (digit, weight) in digits.chars().zip(WEIGHTS) {
        sum += digit.to_digit(10)? * weight;
    }
    CHARACTERS.get(sum as usize % 11).copied()
}

/// The 18-character form of an old 15-digit number; `None` unless it has 15 digits. They occur only
/// in back-entered records.
pub fn from_fifteen(number: &str) -> Option<String> {
    if number.len() != 15 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let (address, rest) = number.split_at(6);
    let mut long = format!("{address}19{rest}");
    let check = check_character(&long)?;
    long.push(check);
    Some(long)
}

/// Whether a number is a placeholder of old records: zeros and a birth date. Such a number is never
/// tokenised as a citizen's and never matched by itself.
pub fn is_placeholder(number: &str) -> bool {
    matches!(number.len(), 15 | 18)
        && number.starts_with("000000")
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'X')
}

pub(crate) fn birth_date(number: &str) -> Option<NaiveDate> {
    let part = |range: std::ops::Range<usize>| number.get(range)?.parse::<u32>().ok();
    let year = i32::try_from(part(6..10)?).ok()?;
    NaiveDate::from_ymd_opt(year, part(10..12)?, part(12..14)?)
}

/// Whether an address code was in use at any time, by the history since 1981. Codes of 港澳台 residents'
/// permits (810000, 820000, 830000, and no other) are no division codes of that history but are numbers of residents.
fn known_address(code: &str) -> bool {
    const PERMITS: [&str; 3] = ["810000", "820000", "830000"];
    PERMITS.contains(&code)
        || crate::divisions::dataset().known_code_ever(code)
        || crate::divisions::given_since(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    #[test]
    fn the_published_examples_pass() {
        for number in [
            "11010519491231002X",
            "440524188001010014",
            "34052419800101001X",
        ] {
            // The standard's own examples: one of them names no division that ever was.
            assert!(parse_with(number, today(), |_| true).is_ok(), "{number}");
        }
    }

    #[test]
    fn an_address_code_counts_if_it_was_ever_in_use() {
        // 新津县 until 2020; 110105 朝阳区; 519999 was never issued.
        let born = |address: &str| with_check(&format!("{address}19900303003"));
        assert!(parse(&born("510132"), today()).is_ok());
        assert!(parse(&born("110105"), today()).is_ok());
        assert_eq!(
            parse(&born("519999"), today()),
            Err(CitizenIdError::Address)
        );
    }

    #[test]
    fn a_code_not_in_use_at_birth_is_a_warning_and_no_refusal() {
        let table = [
            // 新津县 lasted until 2020, 新津区 began then.
            ("51013219900303003", Some(true)),
            ("51011819900303003", Some(false)),
            // Before the history, a permit, a demonstration code.
            ("51013219600303003", None),
            ("81000019900303003", None),
            ("51990119900303003", None),
        ];
        for (digits, expected) in table {
            let id = parse(&with_check(digits), today()).unwrap();
            assert_eq!(id.address_in_use_at_birth(), expected, "{digits}");
        }
    }

    #[test]
    fn the_demonstration_vectors_pass_with_their_sex() {
        let table = [
            ("519901199003030032", Sex::Male),
            ("51990119900303069X", Sex::Male),
            ("51990119900303069x", Sex::Male),
            ("329901199602020025", Sex::Female),
            ("359901199602020020", Sex::Female),
            ("359901193805100066", Sex::Female),
            ("329901200511220019", Sex::Male),
            ("329901200411220011", Sex::Male),
            ("369901200611230027", Sex::Female),
            ("519901200402290048", Sex::Female),
        ];
        for (number, sex) in table {
            let id = parse(number, today()).unwrap();
            assert_eq!(id.sex(), sex, "{number}");
        }
    }

    #[test]
    fn each_fault_has_its_own_error_in_the_fixed_order() {
        let table = [
            ("", CitizenIdError::Length),
            ("51990119900303003", CitizenIdError::Length),
            ("5199011990030300322", CitizenIdError::Length),
            ("51990119900303O032", CitizenIdError::Digits),
            ("五19901199003030032", CitizenIdError::Digits),
            ("519901199003030033", CitizenIdError::Check),
            ("51990119900303003X", CitizenIdError::Check),
            // Right check characters, wrong days: 30 February, tomorrow, 1849.
            (&with_check("51990119900230003"), CitizenIdError::BirthDate),
            (&with_check("51990120261123003"), CitizenIdError::BirthDate),
            (&with_check("51990118491231003"), CitizenIdError::BirthDate),
            (&with_check("99123419900303003"), CitizenIdError::Address),
            // Only the three codes of residence permits, and nothing that begins like them.
            (&with_check("81123419900303003"), CitizenIdError::Address),
            (&with_check("83000119900303003"), CitizenIdError::Address),
        ];
        for (number, expected) in table {
            assert_eq!(parse(number, today()).unwrap_err(), expected, "{number}");
        }
    }

    fn with_check(digits: &str) -> String {
        format!("{digits}{}", check_character(digits).unwrap())
    }

    #[test]
    fn a_fifteen_digit_number_gets_its_century_and_check() {
        assert_eq!(
            from_fifteen("110105491231002").as_deref(),
            Some("11010519491231002X")
        );
        assert_eq!(from_fifteen("11010549123100"), None);
    }

    #[test]
    fn a_number_never_prints_and_is_masked_to_its_ends() {
        let id = parse("519901199003030032", today()).unwrap();
        assert!(!format!("{id:?}").contains("1990"));
        assert_eq!(id.masked(), "519***********0032");
        assert_eq!(id.birth_date().to_string(), "1990-03-03");
        assert_eq!(id.division_code(), "519901");
    }

    #[test]
    fn names_are_masked_by_their_length() {
        let table = [
            ("张三", "张*"),
            ("张三丰", "张*丰"),
            ("欧阳修", "欧阳*"),
            ("欧阳修文", "欧**文"),
            ("阿", "*"),
            ("", ""),
        ];
        for (name, masked) in table {
            assert_eq!(mask_name(name), masked);
        }
    }

    #[test]
    fn placeholders_are_known_as_such() {
        assert!(is_placeholder("000000194912310000"));
        assert!(!is_placeholder("519901199003030032"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic_or_echo(text in "\\PC{0,24}") {
            if let Err(error) = parse(&text, today()) {
                let told = error.user_error();
                proptest::prop_assert!(text.len() < 4 || !told.message_en.contains(&text));
            }
        }

        #[test]
        fn one_changed_digit_is_always_noticed(
            order in 0u32..1000, place in 0usize..17, other in 1u32..10,
        ) {
            let right = with_check(&format!("51990119900303{order:03}"));
            let mut wrong: Vec<char> = right.chars().collect();
            let digit = wrong[place].to_digit(10).unwrap();
            wrong[place] = char::from_digit((digit + other) % 10, 10).unwrap();
            let wrong: String = wrong.into_iter().collect();
            proptest::prop_assert_eq!(parse(&wrong, today()).unwrap_err(), CitizenIdError::Check);
        }
    }
}
