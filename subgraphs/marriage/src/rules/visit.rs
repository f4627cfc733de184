//! What becomes of an appointment by time alone.

/// B.1.5, 预约: the state of an appointment once its day is over: nobody came to one that is only booked, and one whose
/// couple had arrived is used up.
#[must_use]
pub fn after_its_day(state: &str) -> &str {
    match state {
        "BOOKED" => "NO_SHOW",
        "CHECKED_IN" => "SERVED",
        ended => ended,
    }
}

/// B.1.5, 预约: the state as it reads now, whether or not a job has written it down. Nobody comes any more when the
/// slot is over; who has arrived by then is served until the day is.
#[must_use]
pub fn state_now(state: &str, slot_over: bool, day_over: bool) -> &str {
    if day_over || (slot_over && state == "BOOKED") {
        after_its_day(state)
    } else {
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_appointment_that_nobody_came_to_is_missed_and_one_that_was_kept_ends_with_its_day() {
        // state; as it reads in the slot, behind it, and on the next day
        let table = [
            ("BOOKED", ["BOOKED", "NO_SHOW", "NO_SHOW"]),
            ("CHECKED_IN", ["CHECKED_IN", "CHECKED_IN", "SERVED"]),
            ("SERVED", ["SERVED"; 3]),
            ("NO_SHOW", ["NO_SHOW"; 3]),
            ("CANCELLED", ["CANCELLED"; 3]),
        ];
        for (state, expected) in table {
            let found = [(false, false), (true, false), (true, true)]
                .map(|(slot_over, day_over)| state_now(state, slot_over, day_over));
            assert_eq!(found, expected, "{state}");
        }
    }
}
