//! Unified social credit codes 统一社会信用代码 (GB 32100-2015; domain.md B.0.4).
//!
//! Position 1 registering department (`5` = 民政), 2 kind, 3–8 division of the registering authority,
//! 9–17 body (GB 11714: eight characters and their own check), 18 check. The code keeps the division
//! of registration for ever and is never "corrected" after a division change.

use crate::{
    error::{Error, UserError},
    scalars::CreditCode,
};

/// The characters of a code: no I O S V Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Why a text is no credit code, in the order in which it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditCodeError {
    /// It does not have 18 characters.
    Length,
    /// A character is not of the alphabet, or the division part is not digits.
    Characters,
    /// The check of the body (GB 11714) is wrong.
    BodyCheck,
    /// The last check character is wrong.
    Check,
}

impl CreditCodeError {
    /// The refusal for the user, without the code.
    pub fn user_error(self) -> UserError {
        let (code, en, zh) = match self {
            Self::Length => (
                "CREDIT_CODE_LENGTH",
                "A unified social credit code has 18 characters.",
                "统一社会信用代码应为18位。",
            ),
            Self::Characters => (
                "CREDIT_CODE_CHARACTERS",
                "A unified social credit code has digits and capital letters without I, O, S, V, Z.",
                "统一社会信用代码含有不允许的字符。",
            ),
            Self::BodyCheck | Self::Check => (
                "CREDIT_CODE_CHECK",
                "A check character does not fit: one character is wrong.",
                "统一社会信用代码校验码不符，请核对。",
            ),
        };
        UserError::new(code, en, zh).basis("GB 32100-2015")
    }
}

impl From<CreditCodeError> for Error {
    fn from(error: CreditCodeError) -> Self {
        Self::Invalid(error.user_error())
    }
}

/// Reads a credit code; small letters are taken as capital ones.
///
/// # Errors
/// The first check that fails, in the order of [`CreditCodeError`].
pub fn parse(input: &str) -> Result<CreditCode, CreditCodeError> {
    let text = input.trim().to_ascii_uppercase();
    if text.chars().count() != 18 {
        return Err(CreditCodeError::Length);
    }
    let characters = text.bytes().all(|b| ALPHABET.contains(&b));
    let division = text.bytes().skip(2).take(6).all(|b| b.is_ascii_digit());
    if !characters || !division {
        return Err(CreditCodeError::Characters);
    }
    let (body, rest) = (text.get(8..16).unwrap_or_default(), text.as_bytes());
    if body_check(body).map(|c| c as u8) != rest.get(16).copied() {
        return Err(CreditCodeError::BodyCheck);
    }
    if check(&text).map(|c| c as u8) != rest.get(17).copied() {
        return Err(CreditCodeError::Check);
    }
    Ok(CreditCode(text))
}

/// The check of an organization body of eight characters (GB 11714); `None` for another length or
/// alphabet. Weights 3 7 9 10 5 8 4 2; 11 − Σ mod 11, 10 → X, 11 → 0.
pub fn body_check(body: &str) -> Option<char> {
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    if body.len() != 8 {
        return None;
    }
    let mut sum = 0;
    for (letter, weight) in body.chars().zip(WEIGHTS) {
        // Here letters count from A = 10 without gaps.
        sum += letter.to_digit(36)? * weight;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(digit, 10),
    }
}

/// The last check character for the first 17 characters; `None` for a shorter text or another
/// alphabet. Weights are 3^i mod 31; (31 − Σ mod 31) mod 31.
pub fn check(code: &str) -> Option<char> {
    let first = code.as_bytes().get(..17)?;
    let mut weight = 1;
    let mut sum = 0;
    for byte in first {
        let value = ALPHABET.iter().position(|letter| letter == byte)?;
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET
        .get((31 - sum % 31) % 31)
        .map(|letter| char::from(*letter))
}

/// Both check characters for department, kind, division and the eight characters of a body, as the
/// whole code.
pub fn check_digits(sixteen: &str) -> Option<String> {
    let mut code = sixteen.to_owned();
    code.push(body_check(sixteen.get(8..)?)?);
    code.push(check(&code)?);
    Some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VECTORS: [&str; 5] = [
        "51329901YYYY00012H",
        "52359901YYYY00020M",
        "51519901YYYY00047D",
        "52369901YYYY00055C",
        "53350000YYYY000393",
    ];

    #[test]
    fn the_vectors_pass() {
        for code in VECTORS {
            assert_eq!(parse(code).unwrap().0, code);
            assert_eq!(check_digits(&code[..16]).as_deref(), Some(code));
        }
        assert!(parse("51329901yyyy00012h").is_ok());
    }

    /// Codes in use by well-known bodies, as these publish them about themselves. They were entered from
    /// memory: a code remembered wrongly passes both checks once in 341 times.
    const PUBLISHED: [&str; 6] = [
        "91110000802100433B",
        "91440300708461136T",
        "914403001922038216",
        "91330100799655058B",
        "91110108551385082Q",
        "12100000400000624D",
    ];

    #[test]
    fn published_codes_of_well_known_bodies_pass_both_checks() {
        for code in PUBLISHED {
            assert_eq!(check_digits(&code[..16]).as_deref(), Some(code));
            assert!(parse(code).is_ok());
        }
    }

    #[test]
    fn each_fault_has_its_own_error() {
        let table = [
            ("", CreditCodeError::Length),
            ("51329901YYYY00012", CreditCodeError::Length),
            ("51329901YYYYO0012H", CreditCodeError::Characters),
            ("51A29901YYYY00012H", CreditCodeError::Characters),
            ("51329901YYYY00013H", CreditCodeError::BodyCheck),
            ("51329901YYYY00012J", CreditCodeError::Check),
        ];
        for (code, expected) in table {
            assert_eq!(parse(code).unwrap_err(), expected, "{code}");
        }
    }

    proptest::proptest! {
        #[test]
        fn one_changed_character_is_always_noticed(
            vector in 0usize..5, place in 0usize..18, other in 1usize..31,
        ) {
            let right = VECTORS[vector];
            let mut wrong = right.as_bytes().to_vec();
            let at = ALPHABET.iter().position(|l| *l == wrong[place]).unwrap();
            wrong[place] = ALPHABET[(at + other) % 31];
            let wrong = String::from_utf8(wrong).unwrap();
            proptest::prop_assert!(parse(&wrong).is_err());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "\\PC{0,24}") {
            let _ = parse(&text);
        }
    }
}
