//! 3,000 marriages with their certificates, divorces and ledgers.
//!
//! Couple `k` are persons 2k and 2k + 1. Couples 1, 4 and 5 stay unmarried (the story's free pair,
//! and the persons whose age is a vector of the study). Of those married first, some were divorced,
//! and of these some married again: each other, or someone else who was divorced. Certificates
//! before 2010 have numbers of an older form; a later one bears its county's code of the year.

use super::land::{County, Land};
use super::registries::registry_id;
use super::{MARRIAGES, Rows};
use crate::kit::Services;
use crate::kit::calendar::WorkCalendar;
use crate::kit::demo::{self, RngExt, pick};
use crate::model::{
    certificate, certificate_run, divorce_application, divorce_record, marriage_record,
};
use crate::rules::certificate::{CertificateNumber, Prefix};
use crate::rules::cooling_off::divorce_dates;
use crate::rules::days::{plus, rest_or_weekend};
use crate::rules::ledger::LedgerEvent;
use crate::rules::record::RecordState;
use crate::service::instant;
use crate::service::ledger::{Fact, next_row};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use std::collections::HashMap;
use uuid::Uuid;

/// Marriages of persons who had none before.
const FIRST_MARRIAGES: usize = 2_850;
/// First marriages that a registered divorce dissolved, every so many couples.
const DIVORCED_EVERY: usize = 7;
/// First marriages that a court dissolved.
const JUDGED_EVERY: usize = 61;
/// Couples who stay unmarried.
const UNMARRIED: [usize; 3] = [1, 4, 5];
/// The couple with an open application for divorce.
const DIVORCING: usize = 2;
/// From this year on certificates have numbers of today's form.
const NUMBERED_SINCE: i32 = 2010;

/// A marriage before it gets its number.
#[derive(Clone, Copy)]
struct Plan {
    man: usize,
    woman: usize,
    county: usize,
    on: NaiveDate,
    again: bool,
    end: Option<(NaiveDate, RecordState)>,
}

pub(super) fn fill(rows: &mut Rows, land: &Land, services: &Services) {
    let digits = services.province.as_str();
    let today = services.clock.today();
    let mut plans = first_marriages(land, digits, today);
    plans.extend(second_marriages(&plans, today));
    plans.truncate(MARRIAGES);
    plans.sort_by_key(|plan| (plan.on, plan.man, plan.woman));
    let mut writer = Writer {
        rows,
        land,
        token: &|index| {
            services
                .tokenizer
                .demo(&demo::person(digits, index))
                .to_string()
        },
        facts: Vec::new(),
        numbers: HashMap::new(),
        today,
    };
    for plan in &plans {
        writer.marriage(plan);
    }
    writer.ledgers();
    writer.runs();
}

/// A day from `from` up to and including `to`, decided by texts, and moved off rest days.
fn working_day(seed: &[&str], from: NaiveDate, to: NaiveDate) -> NaiveDate {
    let span = u64::try_from((to - from).num_days()).unwrap_or(0) + 1;
    let mut day = plus(from, pick(seed, span));
    while rest_or_weekend(&WorkCalendar::default(), day).0 && day > from {
        day = day.checked_sub_days(Days::new(1)).unwrap_or(from);
    }
    day
}

fn years_later(day: NaiveDate, years: i32) -> NaiveDate {
    day.with_year(day.year() + years)
        .unwrap_or_else(|| plus(day, 365 * years.unsigned_abs() as u64))
}

fn first_marriages(land: &Land, digits: &str, today: NaiveDate) -> Vec<Plan> {
    let mut rng = demo::rng(&format!("marriages {digits}"));
    let yesterday = today.pred_opt().unwrap_or(today);
    let couples = (0..3_500)
        .filter(|k| !UNMARRIED.contains(k))
        .take(FIRST_MARRIAGES);
    couples
        .map(|k| {
            let (man, woman) = (2 * k, 2 * k + 1);
            // Every eighth couple is of the story's county, so that it has a history to look at.
            let county = match k {
                0 | DIVORCING => land.story,
                _ if k.is_multiple_of(8) => land.story,
                _ => rng.random_range(0..land.counties.len()),
            };
            let of_age = years_later(demo::person(digits, man).birth_date, 22)
                .max(years_later(demo::person(digits, woman).birth_date, 20));
            let from = plus(of_age, 1).min(yesterday);
            let to = years_later(from, 12).min(yesterday);
            let on = match k {
                0 => NaiveDate::from_ymd_opt(2019, 5, 20).unwrap_or(yesterday),
                DIVORCING => NaiveDate::from_ymd_opt(2012, 10, 10).unwrap_or(yesterday),
                _ => working_day(&["married", digits, &k.to_string()], from, to),
            };
            let latest = years_later(today, -1);
            let can_end = k > 5 && years_later(on, 2) < latest;
            let ended =
                |what| working_day(&[what, digits, &k.to_string()], years_later(on, 2), latest);
            let end = match k {
                _ if !can_end => None,
                _ if k.is_multiple_of(DIVORCED_EVERY) => {
                    Some((ended("divorced"), RecordState::DissolvedDivorce))
                }
                _ if k.is_multiple_of(JUDGED_EVERY) => {
                    Some((ended("judged"), RecordState::DissolvedJudgment))
                }
                _ => None,
            };
            // A county founded later registered nobody yet: the story's did.
            let existed = land
                .counties
                .get(county)
                .is_some_and(|c| c.existed_in(on.year()));
            let county = if existed { county } else { land.story };
            Plan {
                man,
                woman,
                county,
                on,
                again: false,
                end,
            }
        })
        .collect()
}

/// Half of those who marry again marry each other, half the next divorced one.
fn second_marriages(first: &[Plan], today: NaiveDate) -> Vec<Plan> {
    let yesterday = today.pred_opt().unwrap_or(today);
    let divorced: Vec<(&Plan, NaiveDate)> = first
        .iter()
        .filter_map(|plan| Some((plan, plan.end?.0)))
        .collect();
    let mut second = Vec::new();
    for pair in divorced.chunks_exact(2) {
        let [(a, a_end), (b, b_end)] = pair else {
            continue;
        };
        if second.len() + 2 > MARRIAGES - FIRST_MARRIAGES {
            break;
        }
        let exchanged = (second.len() / 2).is_multiple_of(2);
        let couples = if exchanged {
            let free = *a_end.max(b_end);
            [
                (a.man, b.woman, a.county, free),
                (b.man, a.woman, b.county, free),
            ]
        } else {
            [
                (a.man, a.woman, a.county, *a_end),
                (b.man, b.woman, b.county, *b_end),
            ]
        };
        for (man, woman, county, free) in couples {
            let from = plus(free, 30).min(yesterday);
            let seed = ["again", &man.to_string(), &woman.to_string()];
            let on = working_day(&seed, from, yesterday);
            second.push(Plan {
                man,
                woman,
                county,
                on,
                again: !exchanged,
                end: None,
            });
        }
    }
    second
}

/// Ten in the morning of a day in Shanghai: when acts of that day were entered.
fn entered(day: NaiveDate) -> DateTime<Utc> {
    instant(day.and_time(NaiveTime::from_hms_opt(10, 0, 0).unwrap_or_default()))
}

struct Writer<'a> {
    rows: &'a mut Rows,
    land: &'a Land,
    token: &'a dyn Fn(usize) -> String,
    facts: Vec<(String, Fact)>,
    numbers: HashMap<(&'static str, String, i32), i32>,
    today: NaiveDate,
}

impl Writer<'_> {
    fn county(&self, plan: &Plan) -> Option<&County> {
        self.land.counties.get(plan.county)
    }

    /// The next number of a run; the runs themselves are written at the end.
    fn number(&mut self, prefix: Prefix, plan: &Plan, on: NaiveDate) -> String {
        let code = self
            .county(plan)
            .map(|county| county.code_in(on.year()).to_owned())
            .unwrap_or_default();
        let last = self
            .numbers
            .entry((prefix.letters(), code.clone(), on.year()))
            .or_default();
        *last += 1;
        let serial = u32::try_from(*last).unwrap_or(1);
        let year = u16::try_from(on.year()).unwrap_or(0);
        CertificateNumber {
            prefix,
            code,
            year,
            serial,
        }
        .to_string()
    }

    /// An older form with Chinese characters, such as 川新津结字0300012.
    fn legacy_number(&mut self, plan: &Plan) -> String {
        let (code, name) = self
            .county(plan)
            .map(|county| (county.code.clone(), county.name.clone()))
            .unwrap_or_default();
        let last = self
            .numbers
            .entry(("旧", code, plan.on.year()))
            .or_default();
        *last += 1;
        let short: String = name.chars().take(2).collect();
        format!("{short}结字{:02}{last:05}", plan.on.year() % 100)
    }

    fn paper(
        &mut self,
        number: &str,
        kind: &str,
        holder: &str,
        (record, registry): (Uuid, Uuid),
        on: NaiveDate,
        state: &str,
    ) {
        self.rows.certificates.push(certificate::Model {
            id: crate::kit::id::derived("marriage certificate", &format!("{number} {holder}")),
            number: number.to_owned(),
            kind: kind.to_owned(),
            holder: holder.to_owned(),
            record_id: record,
            issued_on: on,
            state: state.to_owned(),
            print_no: None,
            replaces: None,
            registry_id: Some(registry),
        });
    }

    fn marriage(&mut self, plan: &Plan) {
        let Some(county) = self.county(plan).cloned() else {
            return;
        };
        let (man, woman) = ((self.token)(plan.man), (self.token)(plan.woman));
        let id = crate::kit::id::derived(
            "marriage record",
            &format!("{} {} {} {}", county.code, plan.man, plan.woman, plan.on),
        );
        let numbered = plan.on.year() >= NUMBERED_SINCE;
        let number = if numbered {
            self.number(Prefix::Marriage, plan, plan.on)
        } else {
            self.legacy_number(plan)
        };
        let state = plan.end.map_or(RecordState::Valid, |(_, state)| state);
        let registry = registry_id(&format!("{}-1", county.code));
        self.rows.marriages.push(marriage_record::Model {
            id,
            registry_id: Some(registry),
            county_id: county.id,
            certificate_no: numbered.then(|| number.clone()),
            legacy_no: (!numbered).then(|| number.clone()),
            kind: if plan.again { "REMARRIAGE" } else { "MARRIAGE" }.to_owned(),
            registered_on: plan.on,
            effective_from: plan.on,
            man: man.clone(),
            woman: woman.clone(),
            state: state.as_str().to_owned(),
            ended_on: plan.end.map(|(day, _)| day),
            source: if numbered { "ONLINE" } else { "BACKFILL" }.to_owned(),
            quality: "A".to_owned(),
            cross_province: false,
            version: 1,
        });
        let paper = if plan.end.is_some() {
            "CANCELLED"
        } else {
            "ISSUED"
        };
        for person in [&man, &woman] {
            let of = (id, registry);
            self.paper(&number, "MARRIAGE", person, of, plan.on, paper);
            let fact = Fact {
                event: LedgerEvent::Married,
                effective_on: plan.on,
                record: Some(id),
            };
            self.facts.push((person.clone(), fact));
        }
        match plan.end {
            Some((on, RecordState::DissolvedDivorce)) => {
                self.divorce(plan, registry, &county, id, (&man, &woman), on);
            }
            Some((on, _)) => self.ended([&man, &woman], LedgerEvent::DivorcedByCourt, on, id),
            None if plan.man == 2 * DIVORCING => self.apply(registry, id, &man, &woman),
            None => {}
        }
    }

    fn ended(&mut self, persons: [&String; 2], event: LedgerEvent, on: NaiveDate, record: Uuid) {
        for person in persons {
            let fact = Fact {
                event,
                effective_on: on,
                record: Some(record),
            };
            self.facts.push((person.clone(), fact));
        }
    }

    fn divorce(
        &mut self,
        plan: &Plan,
        registry: Uuid,
        county: &County,
        marriage: Uuid,
        (man, woman): (&String, &String),
        on: NaiveDate,
    ) {
        // The cooling-off began with 2021; before, a divorce was registered on the spot.
        let received = (on.year() > 2020)
            .then(|| on.checked_sub_days(Days::new(36)))
            .flatten();
        let number = self.number(Prefix::Divorce, plan, on);
        let id = crate::kit::id::derived("divorce record", &marriage.to_string());
        self.rows.divorces.push(divorce_record::Model {
            id,
            marriage_id: marriage,
            registry_id: registry,
            county_id: county.id,
            certificate_no: number.clone(),
            application_received_on: received.filter(|day| day.year() > 2020),
            registered_on: on,
            children: None,
            agreement_sealed: None,
        });
        for person in [man, woman] {
            self.paper(&number, "DIVORCE", person, (id, registry), on, "ISSUED");
        }
        self.ended([man, woman], LedgerEvent::Divorced, on, marriage);
    }

    /// The story's open application, seventeen days old: 2026-11-05 for tests.
    fn apply(&mut self, registry: Uuid, marriage: Uuid, man: &str, woman: &str) {
        let calendar = WorkCalendar::default();
        let mut on = self
            .today
            .checked_sub_days(Days::new(17))
            .unwrap_or(self.today);
        while rest_or_weekend(&calendar, on).0 {
            on = on.pred_opt().unwrap_or(on);
        }
        let Some(dates) = divorce_dates(&calendar, on) else {
            return;
        };
        self.rows.applications.push(divorce_application::Model {
            id: crate::kit::id::derived("divorce application", &marriage.to_string()),
            marriage_id: marriage,
            registry_id: registry,
            man: man.to_owned(),
            woman: woman.to_owned(),
            received_on: on,
            received_at: entered(on),
            cooling_off_ends: dates.cooling_off_ends,
            window_opens: dates.window_opens,
            window_ends: dates.window_ends,
            provisional: dates.provisional,
            state: "RECEIVED".to_owned(),
            closed_on: None,
            children: None,
            agreement_sealed: None,
            crisis_help_accepted: Some(true),
            certificate_asked_at: None,
            refusal_code: None,
            divorce_record_id: None,
            registrar_id: None,
            version: 1,
        });
    }

    /// Chains each person's facts in the order of their days.
    fn ledgers(&mut self) {
        let mut facts = std::mem::take(&mut self.facts);
        facts.sort_by(|a, b| (&a.0, a.1.effective_on).cmp(&(&b.0, b.1.effective_on)));
        for (person, fact) in facts {
            let last = self.rows.ledger.last().filter(|row| row.person == person);
            let row = next_row(&person, last, fact, entered(fact.effective_on));
            self.rows.ledger.push(row);
        }
    }

    fn runs(&mut self) {
        let mut runs: Vec<_> = self
            .numbers
            .drain()
            .filter(|((prefix, ..), _)| *prefix != "旧")
            .map(|((prefix, code, year), last)| certificate_run::Model {
                prefix: prefix.to_owned(),
                code,
                year,
                last,
            })
            .collect();
        runs.sort_by(|a, b| (&a.prefix, &a.code, a.year).cmp(&(&b.prefix, &b.code, b.year)));
        self.rows.runs = runs;
    }
}
