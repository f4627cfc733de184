//! The opaque id of a slot. A slot that nobody booked has no row, so its id *is* what it is:
//! registry, service, day and first minute.

use crate::rules::opening::Service;
use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

/// What identifies a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SlotKey {
    /// The registry.
    pub registry: Uuid,
    /// What for.
    pub service: Service,
    /// The legal day.
    pub day: NaiveDate,
    /// First minute after midnight.
    pub opens: i32,
}

impl SlotKey {
    /// The id that clients see.
    #[must_use]
    pub fn encode(&self) -> String {
        let service = Service::ALL
            .iter()
            .position(|s| *s == self.service)
            .unwrap_or(0);
        format!(
            "{}{service:x}{:06x}{:03x}",
            self.registry.simple(),
            self.day.num_days_from_ce(),
            self.opens
        )
    }

    /// Reads an id back; anything else than our own form is none.
    #[must_use]
    pub fn decode(id: &str) -> Option<Self> {
        if id.len() != 42 || !id.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let number = |range: std::ops::Range<usize>| u32::from_str_radix(id.get(range)?, 16).ok();
        Some(Self {
            registry: Uuid::try_parse(id.get(..32)?).ok()?,
            service: *Service::ALL.get(number(32..33)? as usize)?,
            day: NaiveDate::from_num_days_from_ce_opt(i32::try_from(number(33..39)?).ok()?)?,
            opens: i32::try_from(number(39..42)?).ok().filter(|m| *m < 1440)?,
        })
    }

    /// The id of the row, the same however often the slot is booked first.
    #[must_use]
    pub fn row_id(&self) -> Uuid {
        crate::kit::id::derived("marriage slot", &self.encode())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_and_a_foreign_one_is_not() {
        let key = SlotKey {
            registry: Uuid::from_u128(7),
            service: Service::Counselling,
            day: "2026-11-28".parse().unwrap(),
            opens: 1019,
        };
        assert_eq!(SlotKey::decode(&key.encode()), Some(key));
        for foreign in [
            "",
            "x",
            &Uuid::from_u128(7).to_string(),
            &"f".repeat(42),
            &"界".repeat(14),
        ] {
            assert_eq!(SlotKey::decode(foreign), None);
        }
    }
}
