//! Demonstration data that all subgraphs share: invented persons, plausible points, codes that
//! cannot be real. Everything is a pure function of its arguments, so that subgraphs that know
//! nothing of each other agree on who is who.
//!
//! Identity numbers use the never-issued county code `9901` (domain.md B.0.1): routing by province
//! works, and no living person can own one. Names are put together at random from common
//! characters; any likeness is chance.
//!
//! Who is who by index: 0 to 19 are story persons ([`STORY`]), 0 to 6,999 are couples of age
//! (2k a man, 2k + 1 a woman), 7,000 to 7,999 young and single, 8,000 to 9,499 old or dead, 9,500
//! to 9,999 minors. Even indexes are men, odd ones women.

mod names;
mod places;

use chrono::NaiveDate;
use rand::{SeedableRng, rngs::StdRng};
use sha2::{Digest, Sha256};

use crate::{citizen_id, credit_code};

pub use citizen_id::Sex;
pub use places::point_of;
pub use rand::{Rng, RngExt, seq::IndexedRandom};

/// How many demonstration persons a province has.
pub const PERSONS: usize = 10_000;

/// An invented person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoPerson {
    /// An identity number that was never issued, with the right check character.
    pub id_number: String,
    /// An invented name.
    pub name: String,
    /// The sex that the number tells.
    pub sex: Sex,
    /// The birth date that the number tells.
    pub birth_date: NaiveDate,
}

/// A person with a fixed part in the tests: index, birth date (YYYYMMDD) and order number.
struct Story {
    index: usize,
    born: &'static str,
    order: u16,
}

const fn story(index: usize, born: &'static str, order: u16) -> Story {
    Story { index, born, order }
}

/// The story persons. With the right province's digits their numbers are the vectors of domain.md
/// B.0.1: 0 and 2 and 9 for 51; 1, 8 and 10 for 32; 1 and 8001 for 35; 11 for 36.
const STORY: [Story; 23] = [
    // A man, married; the citizen of the tutorial. His wife.
    story(0, "19900303", 3),
    story(1, "19960202", 2),
    // A man and a woman who are free to marry.
    story(2, "19900303", 69),
    story(3, "19940815", 6),
    // A couple with an open divorce application.
    story(4, "19850611", 3),
    story(5, "19870923", 4),
    // The applicant of an open funeral case; a caller of the hotline.
    story(6, "19680412", 1),
    story(7, "19710130", 2),
    // Exactly 22 on 2026-11-22; born on 29 February; under 22; under 20.
    story(8, "20041122", 1),
    story(9, "20040229", 4),
    story(10, "20051122", 1),
    story(11, "20061123", 2),
    // Heads of organizations, witnesses, neighbours: people of middle age.
    story(12, "19790508", 5),
    story(13, "19810719", 8),
    story(14, "19760921", 7),
    story(15, "19831102", 10),
    story(16, "19720214", 9),
    story(17, "19880606", 12),
    story(18, "19650317", 11),
    story(19, "19691225", 14),
    // The dead of the story's funeral cases.
    story(8000, "19400117", 5),
    story(8001, "19380510", 6),
    story(8002, "19440826", 9),
];

/// The order numbers below this one belong to [`STORY`].
const FIRST_FREE_ORDER: usize = 20;

/// The person with an index of 0 to 9,999 in a province.
pub fn person(province: &str, i: usize) -> DemoPerson {
    let hash = digest(&["person", province, &i.to_string()]);
    let sex = if i.is_multiple_of(2) {
        Sex::Male
    } else {
        Sex::Female
    };
    let (birth_date, order) = match STORY.iter().find(|story| story.index == i) {
        Some(story) => (
            NaiveDate::parse_from_str(story.born, "%Y%m%d").unwrap_or_default(),
            usize::from(story.order),
        ),
        None => invented(province, i, &hash),
    };
    let digits = format!("{province}9901{}{order:03}", birth_date.format("%Y%m%d"));
    let check = citizen_id::check_character(&digits).unwrap_or('0');
    DemoPerson {
        id_number: format!("{digits}{check}"),
        name: names::name(sex, &hash),
        sex,
        birth_date,
    }
}

/// All persons of a province, in order.
pub fn persons(province: &str) -> impl Iterator<Item = DemoPerson> {
    (0..PERSONS).map(move |i| person(province, i))
}

/// Birth date and order number of a person without a story. No two get the same number: persons who
/// share an order number are born on different days of the month.
fn invented(province: &str, i: usize, hash: &[u8; 32]) -> (NaiveDate, usize) {
    /// How many order numbers of one sex are in use (the odd or the even ones from 20 to 999).
    const ORDERS: usize = 490;
    let (pair, parity) = (i / 2, i % 2);
    let (order, round) = (pair % ORDERS, pair / ORDERS);
    let year = birth_year(province, i, hash);
    let month = u32::from(hash[2] % 12) + 1;
    let shift = order * 7 + usize::from(hash[3] % 2);
    let day = (round * 2 + shift) % 28 + 1;
    let date = NaiveDate::from_ymd_opt(year, month, day as u32).unwrap_or_default();
    // Even indexes are men, whose order numbers are odd.
    (date, FIRST_FREE_ORDER + order * 2 + (1 - parity))
}

fn birth_year(province: &str, i: usize, hash: &[u8; 32]) -> i32 {
    /// The year in which the demonstration plays; ages below are those of its end.
    const NOW: i32 = 2026;
    let wheel = i32::from(u16::from_be_bytes([hash[0], hash[1]]));
    let age = match i {
        // Partners are of about the same age: the pair decides, the person varies by two years.
        0..7000 => {
            let pair = digest(&["pair", province, &(i / 2).to_string()]);
            24 + i32::from(u16::from_be_bytes([pair[0], pair[1]])) % 46 + wheel % 3
        }
        7000..8000 => 18 + wheel % 14,
        // Deaths come at all ages, mostly late.
        8000..9500 if wheel % 10 == 0 => 35 + wheel / 10 % 25,
        8000..9500 => 60 + wheel % 39,
        _ => 1 + wheel % 17,
    };
    NOW - age
}

/// A generator of random numbers that is the same for the same text. Its sequence is stable for one
/// version of the program, which is what demonstration data needs.
pub fn rng(seed_text: &str) -> StdRng {
    StdRng::from_seed(digest(&["rng", seed_text]))
}

/// A number from 0 up to but not including `below` that depends on the texts only.
pub fn pick(texts: &[&str], below: u64) -> u64 {
    let hash = digest(texts);
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(bytes) % below.max(1)
}

/// A demonstration credit code with both check characters right. `kind` is position 2 (`1` 社会团体,
/// `2` 民办非企业单位, `3` 基金会, `9` other); `n` counts within province and kind.
///
/// The division part is the demonstration county `PP9901`, whatever county registers the body, so
/// that the code cannot be real; only a body registered by the province itself (`county_code` ends
/// in `0000`, as foundations are) gets `PP0000`, as in domain.md B.0.4.
pub fn credit_code(province: &str, county_code: &str, kind: char, n: u32) -> String {
    let division = if county_code.ends_with("0000") {
        "0000"
    } else {
        "9901"
    };
    let body = format!("YYYY{n:04}");
    // Above 9,999 the number takes the place of a Y.
    let body = body.get(body.len() - 8..).unwrap_or("YYYY0000").to_owned();
    let sixteen = format!("5{kind}{province}{division}{body}");
    credit_code::check_digits(&sixteen).unwrap_or(sixteen)
}

fn digest(texts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"minzheng demo");
    for text in texts {
        hash.update([0]);
        hash.update(text.as_bytes());
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
    }

    #[test]
    fn every_demonstration_number_is_valid_unique_and_tells_the_truth() {
        for province in ["51", "32", "35", "36"] {
            let mut seen = HashSet::new();
            for (i, person) in persons(province).enumerate() {
                let id = citizen_id::parse(&person.id_number, today()).unwrap();
                assert_eq!(id.sex(), person.sex, "{province} {i}");
                assert_eq!(id.birth_date(), person.birth_date, "{province} {i}");
                assert_eq!(id.division_code(), format!("{province}9901"));
                assert!(seen.insert(person.id_number), "{province} {i} is double");
            }
        }
    }

    #[test]
    fn the_vectors_are_story_persons() {
        let table = [
            ("51", 0, "519901199003030032"),
            ("51", 2, "51990119900303069X"),
            ("51", 9, "519901200402290048"),
            ("32", 1, "329901199602020025"),
            ("32", 8, "329901200411220011"),
            ("32", 10, "329901200511220019"),
            ("35", 1, "359901199602020020"),
            ("35", 8001, "359901193805100066"),
            ("36", 11, "369901200611230027"),
        ];
        for (province, i, number) in table {
            assert_eq!(person(province, i).id_number, number);
        }
    }

    #[test]
    fn couples_are_of_age_and_minors_are_not() {
        use chrono::Datelike;
        for i in (20..7000).chain(12..20) {
            assert!(person("51", i).birth_date.year() <= 2002, "{i}");
        }
        for i in 9500..10_000 {
            assert!(person("51", i).birth_date.year() >= 2009, "{i}");
        }
    }

    #[test]
    fn credit_codes_are_valid_and_follow_the_vectors() {
        assert_eq!(credit_code("32", "320302", '1', 1), "51329901YYYY00012H");
        assert_eq!(credit_code("35", "350102", '2', 2), "52359901YYYY00020M");
        assert_eq!(credit_code("35", "350000", '3', 3), "53350000YYYY000393");
        let mut seen = HashSet::new();
        for n in (0..20_000).step_by(37) {
            let code = credit_code("51", "510118", '1', n);
            assert!(credit_code::parse(&code).is_ok());
            assert!(seen.insert(code));
        }
    }

    #[test]
    fn random_numbers_depend_on_the_seed_text_only() {
        let draw = |seed| rng(seed).random::<u64>();
        assert_eq!(draw("a"), draw("a"));
        assert_ne!(draw("a"), draw("b"));
    }
}
