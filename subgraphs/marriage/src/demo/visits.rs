//! Appointments in the coming days, so that some places are taken: couples of persons 6,000 and up,
//! who are all unmarried, and counselling for the couple with the open application for divorce.

use super::Rows;
use super::land::Land;
use super::registries::registry_id;
use crate::kit::Services;
use crate::kit::calendar::WorkCalendar;
use crate::kit::demo::{self, RngExt};
use crate::model::{appointment, appointment_party, registry, slot};
use crate::rules::days::plus;
use crate::rules::opening::{DayHours, Period, Service, Timetable, WeekdayPeriod, hours_on, slots};
use crate::service::registries::capacity;
use crate::service::slot_id::SlotKey;
use crate::service::slots::horizon;
use chrono::NaiveDate;
use std::collections::HashMap;
use uuid::Uuid;

/// Couples with an appointment to marry.
const COUPLES: usize = 240;

pub(super) fn fill(rows: &mut Rows, land: &Land, services: &Services) {
    let digits = services.province.as_str();
    let today = services.clock.today();
    let mut rng = demo::rng(&format!("visits {digits}"));
    let mut book = Book {
        services,
        week: week(rows),
        taken: HashMap::new(),
    };
    let registries = rows.registries.clone();
    let token = |index| {
        services
            .tokenizer
            .demo(&demo::person(digits, index))
            .to_string()
    };
    let Some(story) = land.counties.get(land.story) else {
        return;
    };
    for couple in 0..COUPLES {
        let at = rng.random_range(0..registries.len());
        let Some(registry) = registries.get(at) else {
            continue;
        };
        let day = plus(today, rng.random_range(1..=horizon(today)));
        let turn = rng.random_range(0..20);
        let persons = [token(6_000 + 2 * couple), token(6_001 + 2 * couple)];
        book.visit(rows, registry, Service::Marriage, day, turn, &persons);
    }
    let hall = registry_id(&format!("{}-1", story.code));
    if let Some(registry) = registries.iter().find(|r| r.id == hall) {
        // The first working day from five days ahead on.
        let persons = [token(4), token(5)];
        let mut days = (5..=horizon(today)).map(|ahead| plus(today, ahead));
        let _ = days.any(|day| book.visit(rows, registry, Service::Counselling, day, 2, &persons));
    }
    rows.slots = book.taken.into_values().collect();
    rows.slots.sort_by_key(|slot| slot.id);
}

/// Regular hours of each registry.
fn week(rows: &Rows) -> HashMap<Uuid, Vec<WeekdayPeriod>> {
    let mut week: HashMap<Uuid, Vec<WeekdayPeriod>> = HashMap::new();
    for row in &rows.hours {
        week.entry(row.registry_id)
            .or_default()
            .push(WeekdayPeriod {
                weekday: row.weekday.unsigned_abs(),
                period: Period {
                    opens: row.opens,
                    closes: row.closes,
                },
            });
    }
    week
}

struct Book<'a> {
    services: &'a Services,
    week: HashMap<Uuid, Vec<WeekdayPeriod>>,
    taken: HashMap<SlotKey, slot::Model>,
}

impl Book<'_> {
    fn hours(&self, registry: &registry::Model, day: NaiveDate) -> DayHours {
        let timetable = Timetable {
            week: self.week.get(&registry.id).map_or(&[], Vec::as_slice),
            exceptions: &[],
            extended_service: registry.weekend_service,
        };
        hours_on(&timetable, &WorkCalendar::default(), day)
    }

    /// Books the slot of that turn, if there is one with a free place.
    fn visit(
        &mut self,
        rows: &mut Rows,
        registry: &registry::Model,
        service: Service,
        day: NaiveDate,
        turn: usize,
        persons: &[String; 2],
    ) -> bool {
        let closed = rows
            .exceptions
            .iter()
            .any(|e| e.registry_id == registry.id && e.day == day);
        let offered = slots(&self.hours(registry, day), service, capacity(registry));
        let Some(period) = offered.get(turn % offered.len().max(1)).filter(|_| !closed) else {
            return false;
        };
        let key = SlotKey {
            registry: registry.id,
            service,
            day,
            opens: period.opens,
        };
        let row = self.taken.entry(key).or_insert_with(|| slot::Model {
            id: key.row_id(),
            registry_id: registry.id,
            service: service.as_str().to_owned(),
            day,
            opens: period.opens,
            closes: period.closes,
            capacity: capacity(registry).places(service),
            booked: 0,
        });
        if row.booked >= row.capacity {
            return false;
        }
        row.booked += 1;
        let number = rows.appointments.len();
        let id = crate::kit::id::derived(
            "marriage appointment",
            &format!("{} {number}", key.encode()),
        );
        rows.appointments.push(appointment::Model {
            id,
            slot_id: row.id,
            registry_id: registry.id,
            service: row.service.clone(),
            day,
            opens: period.opens,
            closes: period.closes,
            state: "BOOKED".to_owned(),
            booked_at: self.services.clock.now(),
            by_officer: false,
            version: 1,
        });
        for person in persons {
            rows.parties.push(appointment_party::Model {
                appointment_id: id,
                person: person.clone(),
                service: row.service.clone(),
                day,
                is_open: true,
            });
        }
        true
    }
}
