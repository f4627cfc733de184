//! Numbers of persons in texts that a client chose: they must get into no record.

/// So many digits in a row might be somebody's number: an identity number has 18, or 15 in its old form, and
/// may end in X.
const MOST_DIGITS: usize = 15;
/// The length of a UUID with hyphens.
const UUID: usize = 36;

/// Whether a text could hold somebody's number, also one with signs between its digits. A UUID, alone or at
/// the end, is none: of its digits some may stand together by chance.
pub(crate) fn tells_a_number(text: &str) -> bool {
    let before = text
        .len()
        .checked_sub(UUID)
        .and_then(|at| text.split_at_checked(at))
        .filter(|(_, end)| uuid::Uuid::try_parse(end).is_ok());
    let text = before.map_or(text, |(before, _)| before);
    let mut digits = 0;
    text.chars().any(|sign| {
        match sign {
            '0'..='9' | '\u{ff10}'..='\u{ff19}' => digits += 1,
            // Signs between digits do not part them; letters do.
            sign if sign.is_alphanumeric() => digits = 0,
            _ => {}
        }
        digits >= MOST_DIGITS
    })
}

#[cfg(test)]
mod tests {
    use super::tells_a_number;

    #[test]
    fn a_number_is_found_however_it_is_written() {
        for text in [
            "519901199003030032",
            "51990119900303003X",
            "519901900303003",
            "519901-19900303-0032",
            "519901 19900303 003X",
            "5.1.9.9.0.1.1.9.9.0.0.3.0.3.0.0.3.2",
            "case/519901199003030032/2",
            "q519901199003030032",
            "q_519901_19900303_0032",
            "\u{ff15}\u{ff11}9901\u{ff11}99003030032",
            "519901199003030032-ab69bd8f-1441-541f-9f13-2e65e66630a9",
        ] {
            assert!(tells_a_number(text), "{text}");
        }
    }

    #[test]
    fn cases_and_names_are_no_numbers() {
        for text in [
            "",
            "none",
            "C-2026-000123",
            "C-510104-2026-0001",
            "MARRIAGE_CASE_2026",
            "ab69bd8f-1441-541f-9f13-2e65e66630a9",
            // By chance all digits.
            "12345678-1234-4234-8234-123456789012",
            "ticket:12345678-1234-4234-8234-123456789012",
            "\u{4e8b}\u{9879}12345678901234",
        ] {
            assert!(!tells_a_number(text), "{text}");
        }
    }
}
