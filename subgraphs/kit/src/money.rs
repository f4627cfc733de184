//! Money: integer fen inside, yuan with two decimals outside (domain.md B.0.5). There is no
//! floating point anywhere near an amount.

use crate::scalars::Yuan;

/// The largest amount that is accepted, in fen: a hundred billion yuan, above any civil-affairs
/// budget and far below overflow when sums are taken.
pub const MAX_FEN: i64 = 100_000_000_000 * 100;

impl Yuan {
    /// An amount of whole yuan.
    pub fn from_yuan(yuan: i64) -> Self {
        Self(yuan.saturating_mul(100))
    }

    /// Reads `12`, `12.3` or `12.30`, with an optional minus sign; `None` for anything else, for
    /// more than two decimals, and beyond [`MAX_FEN`].
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let well_formed = !whole.is_empty()
            && whole.len() <= 15
            && matches!(fraction.len(), 1 | 2)
            && whole
                .bytes()
                .chain(fraction.bytes())
                .all(|b| b.is_ascii_digit());
        if !well_formed {
            return None;
        }
        let whole: i64 = whole.parse().ok()?;
        let mut fen: i64 = fraction.parse().ok()?;
        if fraction.len() == 1 {
            fen *= 10;
        }
        let total = whole.checked_mul(100)?.checked_add(fen)?;
        (total <= MAX_FEN).then_some(Self(if negative { -total } else { total }))
    }
}

impl std::fmt::Display for Yuan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

impl std::ops::Add for Yuan {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl std::iter::Sum for Yuan {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self(0), |total, amount| total + amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written_to_the_fen() {
        for (text, fen) in [
            ("12", 1200),
            ("12.3", 1230),
            ("12.30", 1230),
            ("-0.05", -5),
            ("0", 0),
        ] {
            assert_eq!(Yuan::parse(text), Some(Yuan(fen)), "{text}");
        }
        assert_eq!(Yuan(1230).to_string(), "12.30");
        assert_eq!(Yuan(-5).to_string(), "-0.05");
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "",
            ".",
            "1.",
            ".5",
            "1.234",
            "1e3",
            "+1",
            " 1",
            "--1",
            "1,000",
            "99999999999999999",
        ] {
            assert_eq!(Yuan::parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_amount_survives_printing(fen in -MAX_FEN..=MAX_FEN) {
            proptest::prop_assert_eq!(Yuan::parse(&Yuan(fen).to_string()), Some(Yuan(fen)));
        }
    }
}
