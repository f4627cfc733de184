//! Numbers of persons in texts that a client chose: they must get into no record, of the gateway or of a subgraph.

/// So many digits in a row might be somebody's number: an identity number has 18, or 15 in its old form, and
/// may end in X.
const MOST_DIGITS: usize = 15;
/// The digits of a mobile telephone's number, of which the first is 1 and the second none of 0, 1 and 2.
const TELEPHONE: usize = 11;
/// What may be written before it, for those who call from abroad.
const BEFORE: [&[u8]; 3] = [b"", b"86", b"0086"];
/// The length of a UUID with hyphens.
const UUID: usize = 36;

/// Whether a text could hold somebody's number, also one with signs between its digits: an identity's, or a mobile
/// telephone's. A passport's cannot be told from a name of anything. A UUID, alone or at
/// the end, is none: of its digits some may stand together by chance.
pub fn tells_a_number(text: &str) -> bool {
    let before = text
        .len()
        .checked_sub(UUID)
        .and_then(|at| text.split_at_checked(at))
        .filter(|(_, end)| uuid::Uuid::try_parse(end).is_ok());
    let text = before.map_or(text, |(before, _)| before);
    // The digits since the last letter, and those of them since the last sign of any kind.
    let (mut joined, mut together) = (Vec::new(), Vec::new());
    // A sign behind the text ends what is at its end.
    for sign in text.chars().chain(['.', 'a']) {
        match sign {
            '0'..='9' | '\u{ff10}'..='\u{ff19}' => {
                // The last byte of either form ends in the digit itself.
                let digit = b'0' + u8::try_from(u32::from(sign) & 0xf).unwrap_or_default();
                joined.push(digit);
                together.push(digit);
                if joined.len() >= MOST_DIGITS {
                    return true;
                }
            }
            // Signs between digits do not part an identity number, which has no other of its length beside it.
            sign => {
                let is_end = sign.is_alphanumeric();
                if is_telephone(&together) || (is_end && is_telephone(&joined)) {
                    return true;
                }
                together.clear();
                if is_end {
                    joined.clear();
                }
            }
        }
    }
    false
}

/// Whether these digits, and no others beside them, are a mobile telephone's.
fn is_telephone(digits: &[u8]) -> bool {
    let Some((before, own)) = digits
        .len()
        .checked_sub(TELEPHONE)
        .and_then(|at| digits.split_at_checked(at))
    else {
        return false;
    };
    BEFORE.contains(&before) && matches!(own, [b'1', b'3'..=b'9', ..])
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
            "13987650912",
            "p13987650912",
            "call 139-8765-0912",
            "+86 139 8765 0912",
            "0086-13987650912",
            "case 7 of 13987650912",
            "\u{7535}\u{8bdd}\u{ff11}3987650912\u{3002}",
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
            // No telephone begins so, nor has so many digits.
            "12345678901",
            "2026-1390001",
            "139876509",
            "139876509123",
        ] {
            assert!(!tells_a_number(text), "{text}");
        }
    }
}
