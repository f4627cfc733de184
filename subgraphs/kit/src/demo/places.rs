//! Plausible points for divisions, until real geometry is there: the seat of the prefecture, and
//! for what lies below it an offset that depends on the code. Longitude and latitude in degrees,
//! CGCS2000, as read from any map to about a kilometre.

use super::digest;

/// Seats of prefectures by their first four digits, and of the counties that the reports are about.
const SEATS: [(&str, f64, f64); 58] = [
    ("5101", 104.07, 30.67),
    ("510118", 103.81, 30.41),
    ("5103", 104.77, 29.35),
    ("5104", 101.72, 26.58),
    ("5105", 105.44, 28.87),
    ("5106", 104.40, 31.13),
    ("5107", 104.74, 31.46),
    ("5108", 105.84, 32.44),
    ("5109", 105.57, 30.52),
    ("5110", 105.06, 29.58),
    ("5111", 103.77, 29.56),
    ("5113", 106.11, 30.84),
    ("5114", 103.85, 30.08),
    ("5115", 104.64, 28.75),
    ("5116", 106.63, 30.46),
    ("5117", 107.47, 31.21),
    ("5118", 103.00, 29.98),
    ("5119", 106.75, 31.87),
    ("5120", 104.63, 30.13),
    ("5132", 102.22, 31.90),
    ("5133", 101.96, 30.05),
    ("5134", 102.27, 27.89),
    ("3201", 118.80, 32.06),
    ("3202", 120.31, 31.49),
    ("3203", 117.28, 34.20),
    ("3204", 119.97, 31.81),
    ("3205", 120.58, 31.30),
    ("3206", 120.89, 31.98),
    ("3207", 119.22, 34.60),
    ("3208", 119.02, 33.61),
    ("3209", 120.16, 33.35),
    ("3210", 119.41, 32.39),
    ("3211", 119.42, 32.19),
    ("3212", 119.92, 32.46),
    ("3213", 118.28, 33.96),
    ("3501", 119.30, 26.07),
    ("3502", 118.09, 24.48),
    ("3503", 119.01, 25.45),
    ("3504", 117.64, 26.26),
    ("3505", 118.68, 24.87),
    ("3506", 117.65, 24.51),
    ("3507", 118.18, 26.64),
    ("3508", 117.02, 25.08),
    ("3509", 119.55, 26.67),
    ("3601", 115.86, 28.68),
    ("3602", 117.18, 29.27),
    ("3603", 113.85, 27.62),
    ("3604", 116.00, 29.71),
    ("3605", 114.92, 27.82),
    ("3606", 117.07, 28.26),
    ("3607", 114.93, 25.83),
    ("3608", 114.99, 27.11),
    ("3609", 114.42, 27.82),
    ("3610", 116.36, 27.95),
    ("3611", 117.94, 28.45),
    ("361103", 118.19, 28.44),
    // The old codes of the same two counties.
    ("510132", 103.81, 30.41),
    ("361122", 118.19, 28.44),
];

/// How far a county's point may lie from its prefecture's seat, in degrees.
const COUNTY_SPREAD: f64 = 0.30;

/// How far a township's point may lie from its county's, in degrees.
const TOWNSHIP_SPREAD: f64 = 0.06;

/// How far a village's point may lie from its township's, in degrees.
const VILLAGE_SPREAD: f64 = 0.015;

/// The middle of the mainland, for codes of no known province.
const MIDDLE: (f64, f64) = (103.40, 35.60);

/// A plausible point (longitude, latitude) of a division of 2 to 12 digits, always the same.
pub fn point_of(division_code: &str) -> (f64, f64) {
    let code = division_code.trim_end_matches(|c: char| !c.is_ascii_digit());
    if let Some(seat) = seat(code) {
        return seat;
    }
    match code.len() {
        10.. => offset(point_of(&code[..9]), code, VILLAGE_SPREAD),
        7..=9 => offset(point_of(&code[..6]), code, TOWNSHIP_SPREAD),
        6 if code.ends_with("0000") => point_of(&code[..2]),
        6 if code.ends_with("00") => point_of(&code[..4]),
        6 => offset(point_of(&code[..4]), code, COUNTY_SPREAD),
        3..=5 => point_of(&code[..2]),
        // A province lies where its first prefecture's seat is.
        2 => SEATS
            .iter()
            .find(|(seat, ..)| seat.starts_with(code))
            .map_or(MIDDLE, |(_, longitude, latitude)| (*longitude, *latitude)),
        _ => MIDDLE,
    }
}

fn seat(code: &str) -> Option<(f64, f64)> {
    SEATS
        .iter()
        .find(|(seat, ..)| *seat == code)
        .map(|(_, longitude, latitude)| (*longitude, *latitude))
}

fn offset((longitude, latitude): (f64, f64), code: &str, spread: f64) -> (f64, f64) {
    let hash = digest(&["point", code]);
    let share = |high: u8, low: u8| {
        f64::from(u16::from_be_bytes([high, low])) / f64::from(u16::MAX) * 2.0 - 1.0
    };
    let round = |degrees: f64| (degrees * 1e6).round() / 1e6;
    (
        round(longitude + spread * share(hash[0], hash[1])),
        round(latitude + spread * share(hash[2], hash[3])),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reports_places_lie_where_they_do() {
        assert_eq!(point_of("510118"), (103.81, 30.41));
        assert_eq!(point_of("320300"), (117.28, 34.20));
        assert_eq!(point_of("350100"), (119.30, 26.07));
        assert_eq!(point_of("361103"), (118.19, 28.44));
        assert_eq!(point_of("510000"), point_of("510100"));
    }

    #[test]
    fn what_lies_below_is_near_and_apart() {
        let near = |a: (f64, f64), b: (f64, f64), by: f64| {
            (a.0 - b.0).abs() <= by && (a.1 - b.1).abs() <= by
        };
        let (county, town) = (point_of("510118"), point_of("510118101"));
        assert!(near(county, town, TOWNSHIP_SPREAD) && county != town);
        assert_ne!(town, point_of("510118102"));
        assert!(near(point_of("510104"), point_of("510100"), COUNTY_SPREAD));
        assert!(near(point_of("510118101001"), town, VILLAGE_SPREAD));
    }

    #[test]
    fn any_text_has_a_point() {
        for code in ["", "9", "999999", "新津", "51", "51011"] {
            let (longitude, latitude) = point_of(code);
            assert!((73.0..136.0).contains(&longitude) && (3.0..54.0).contains(&latitude));
        }
    }
}
