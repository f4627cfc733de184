//! What stands around the records: registrars, guides, rooms, counsellors and levels at every
//! registry, an archive file for every marriage, and at the story's hall one case of each kind, so
//! that every list shows something.
//!
//! Registrars are persons from 8,100 on, counsellors from 9,000 on; the applications are of persons
//! 6,500 and up, who are all unmarried. Of the married ones couple 16 has a court's notice waiting,
//! couple 24 a case of impersonation that was dismissed, couple 32 a correction that was rejected.

use super::Rows;
use super::land::Land;
use super::registries::registry_id;
use crate::kit::Services;
use crate::kit::demo::{self, pick};
use crate::kit::divisions::Divisions;
use crate::model::{
    application_check, application_party, archive_file, case_evidence, correction,
    counselling_room, counselling_session, counsellor, court_notice, guide, impersonation_case,
    kin_edge, queue_run, queue_ticket, registrar, registration_application, registry,
    registry_standard,
};
use crate::rules::archive::{Retention, retain_until};
use crate::rules::ledger::LedgerEvent;
use crate::service::archives::place_then;
use crate::service::ledger::{Fact, next_row};
use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use uuid::Uuid;

/// The first person who is a registrar.
const REGISTRARS: usize = 8_100;
/// The first person who is a counsellor.
const COUNSELLORS: usize = 9_000;
/// The first person of the applications.
const APPLICANTS: usize = 6_500;

fn id(what: &str, of: &str) -> Uuid {
    crate::kit::id::derived(what, of)
}

/// What the rows are made from.
struct Story<'a> {
    token: &'a dyn Fn(usize) -> String,
    digits: &'a str,
    hall: Uuid,
    county: Uuid,
    today: NaiveDate,
    now: DateTime<Utc>,
}

pub(super) fn fill(rows: &mut Rows, land: &Land, services: &Services) {
    let digits = services.province.as_str();
    let token = |index| {
        services
            .tokenizer
            .demo(&demo::person(digits, index))
            .to_string()
    };
    let today = services.clock.today();
    for (at, registry) in rows.registries.clone().iter().enumerate() {
        staff(rows, registry, at, &token, today);
    }
    archives(rows, today);
    let Some(county) = land.counties.get(land.story) else {
        return;
    };
    let story = Story {
        token: &token,
        digits,
        hall: registry_id(&format!("{}-1", county.code)),
        county: county.id,
        today,
        now: services.clock.now(),
    };
    applications(rows, &story);
    cases(rows, &story);
    hall(rows, &story);
}

fn staff(
    rows: &mut Rows,
    registry: &registry::Model,
    at: usize,
    token: &dyn Fn(usize) -> String,
    today: NaiveDate,
) {
    for n in 0..2 {
        let person = REGISTRARS + 2 * at + n;
        rows.registrars.push(registrar::Model {
            id: id("marriage registrar", &format!("{} {n}", registry.code)),
            registry_id: registry.id,
            person: token(person),
            account: None,
            licence_no: format!("{}{:02}", registry.code.replace('-', ""), n + 1),
            valid_from: today.with_day(1).unwrap_or(today) - Days::new(900),
            valid_to: None,
            status: "ACTIVE".to_owned(),
            version: 1,
        });
    }
    rows.guides.push(guide::Model {
        id: id("hall guide", &registry.code),
        registry_id: registry.id,
        label: "引导01".to_owned(),
        on_duty: true,
    });
    for n in 1..=registry.counselling_rooms {
        rows.rooms.push(counselling_room::Model {
            id: id("counselling room", &format!("{} {n}", registry.code)),
            registry_id: registry.id,
            name: format!("婚姻家庭辅导室{n}"),
            provider: registry.counselling_by.clone(),
        });
    }
    if registry.counselling_rooms > 0 {
        let kinds = ["PSYCHOLOGY", "SOCIAL_WORK", "LAW", "FAMILY_GUIDANCE"];
        let kind = pick(&["counsellor", &registry.code], 4) as usize;
        rows.counsellors.push(counsellor::Model {
            id: id("counsellor", &registry.code),
            registry_id: registry.id,
            person: token(COUNSELLORS + at),
            qualification: kinds.get(kind).copied().unwrap_or("LAW").to_owned(),
            provider: registry.counselling_by.clone(),
            active: true,
        });
    }
    // Parks were built to the higher levels; two halls in three have been assessed.
    let assessed = registry.site_kind == "PARK" || pick(&["assessed", &registry.code], 3) > 0;
    if assessed {
        let level = if registry.site_kind == "PARK" {
            4
        } else {
            2 + pick(&["level", &registry.code], 3)
        };
        let from = NaiveDate::from_ymd_opt(2023, 1, 1).unwrap_or(today);
        rows.standards.push(registry_standard::Model {
            id: id("registry standard", &registry.code),
            registry_id: registry.id,
            level: format!("A{level}"),
            basis: "婚姻登记机关标准化建设提升行动".to_owned(),
            assessed_on: from,
            valid_from: from,
            valid_to: None,
        });
    }
}

fn archives(rows: &mut Rows, today: NaiveDate) {
    for (at, marriage) in rows.marriages.iter().enumerate() {
        let number = marriage
            .certificate_no
            .clone()
            .or_else(|| marriage.legacy_no.clone());
        let number = number.unwrap_or_default();
        rows.archives.push(archive_file::Model {
            id: id("marriage archive", &marriage.id.to_string()),
            record_kind: "MARRIAGE".to_owned(),
            record_id: marriage.id,
            registry_id: marriage.registry_id.unwrap_or_default(),
            man: marriage.man.clone(),
            woman: marriage.woman.clone(),
            place_then: place_then(&Divisions::default(), marriage.county_id, &number),
            number,
            year: marriage.registered_on.year(),
            volume_no: format!("{}-{:03}", marriage.registered_on.year(), at / 50 + 1),
            pages: 8,
            digital_ref: Some(format!("scan/{}", marriage.id.simple())),
            digest: None,
            retention: Retention::LongTerm.as_str().to_owned(),
            retain_until: retain_until(Retention::LongTerm, marriage.registered_on, today),
            archived_on: marriage.registered_on,
        });
    }
}

fn applications(rows: &mut Rows, story: &Story<'_>) {
    let states = [
        ("DRAFT", None),
        ("SUSPENDED_UNVERIFIED", None),
        ("REFUSED", Some("WOMAN_UNDER_AGE")),
    ];
    for (n, (state, refusal)) in states.into_iter().enumerate() {
        let application = id("marriage application", &format!("{} {n}", story.hall));
        let (man, woman) = (
            (story.token)(APPLICANTS + 2 * n),
            (story.token)(APPLICANTS + 2 * n + 1),
        );
        let received = state != "DRAFT";
        rows.requests.push(registration_application::Model {
            id: application,
            kind: "MARRIAGE".to_owned(),
            registry_id: story.hall,
            county_id: story.county,
            man: man.clone(),
            woman: woman.clone(),
            state: state.to_owned(),
            appointment_id: None,
            registrar_id: received
                .then(|| {
                    rows.registrars
                        .iter()
                        .find(|r| r.registry_id == story.hall)
                        .map(|r| r.id)
                })
                .flatten(),
            conditions_first_met: None,
            received_on: received.then_some(story.today),
            received_at: received.then_some(story.now),
            refusal_code: refusal.map(str::to_owned),
            record_id: None,
            decided_at: refusal.map(|_| story.now),
            version: 1,
        });
        if !received {
            continue;
        }
        for (role, person) in [("MAN", man), ("WOMAN", woman)] {
            rows.request_parties
                .push(party(application, role, person, story));
        }
        let (code, outcome, reason) = match refusal {
            Some(reason) => ("AGE", "FAIL", reason),
            None => ("MARITAL_STATUS", "UNVERIFIED", "AUTHORITY_NOT_ANSWERED"),
        };
        rows.checks.push(application_check::Model {
            application_id: application,
            code: code.to_owned(),
            role: "WOMAN".to_owned(),
            outcome: outcome.to_owned(),
            reason: Some(reason.to_owned()),
            checked_on: story.today,
            at: story.now,
        });
    }
    rows.kin.push(kin_edge::Model {
        person_a: (story.token)(APPLICANTS + 50),
        person_b: (story.token)(APPLICANTS + 51),
        kind: "COLLATERAL".to_owned(),
        source: "收养登记".to_owned(),
    });
}

fn party(
    application: Uuid,
    role: &str,
    person: String,
    story: &Story<'_>,
) -> application_party::Model {
    application_party::Model {
        application_id: application,
        role: role.to_owned(),
        person,
        authority: story.digits.to_owned(),
        needs: "MAINLAND".to_owned(),
        number_faults: String::new(),
        doc_kind: Some("ID_CARD".to_owned()),
        doc_sealed: None,
        declared_status: Some("NEVER_MARRIED".to_owned()),
        no_spouse_declared: true,
        no_kinship_declared: true,
        declaration_signed_at: Some(story.now),
        present: true,
        willing: Some(true),
        questioned_apart_at: Some(story.now),
        illness_explained_at: Some(story.now),
        single_status_papers: false,
        photo_ref: None,
        face_match: "PASS".to_owned(),
        number_kind: Some("CITIZEN_ID".to_owned()),
        seen_on: Some(story.today),
    }
}

fn cases(rows: &mut Rows, story: &Story<'_>) {
    let couple = |k: usize| ((story.token)(2 * k), (story.token)(2 * k + 1));
    let ago = |days| {
        story
            .today
            .checked_sub_days(Days::new(days))
            .unwrap_or(story.today)
    };
    let (man, woman) = couple(16);
    rows.notices.push(court_notice::Model {
        id: id("court notice", &story.hall.to_string()),
        registry_id: story.hall,
        court: "示例县人民法院".to_owned(),
        doc_no: format!("（{}）示例民初1号", story.today.year()),
        doc_index: None,
        kind: "DIVORCE_MEDIATION".to_owned(),
        effective_on: ago(20),
        received_on: ago(6),
        man,
        woman,
        certificates_collected: true,
        state: "WAITING".to_owned(),
        record_id: None,
        outcome: None,
        annotated_on: None,
        version: 1,
    });
    let record_of = |rows: &Rows, k: usize| {
        let (man, _) = couple(k);
        rows.marriages
            .iter()
            .find(|m| m.man == man)
            .map(|m| (m.id, m.woman.clone()))
    };
    if let Some((record, woman)) = record_of(rows, 24) {
        let (man, _) = couple(24);
        let case = id("impersonation case", &record.to_string());
        rows.cases.push(impersonation_case::Model {
            id: case,
            record_id: record,
            registry_id: story.hall,
            complainant: man.clone(),
            ground: "COMPLAINT".to_owned(),
            opened_on: ago(60),
            state: "DISMISSED".to_owned(),
            proposed: Some("DISMISS".to_owned()),
            proposed_by: Some("registrar-1".to_owned()),
            proposed_person: None,
            proposed_at: Some(story.now - chrono::Duration::days(31)),
            decided_by: Some("supervisor-1".to_owned()),
            decided_on: Some(ago(30)),
            version: 4,
        });
        rows.evidence.push(case_evidence::Model {
            id: id("case evidence", &case.to_string()),
            case_id: case,
            kind: "PARTY_PAPERS".to_owned(),
            issued_by: "当事人".to_owned(),
            reference: "材料1".to_owned(),
            issued_on: ago(59),
            added_at: story.now - chrono::Duration::days(59),
        });
        for person in [man, woman] {
            for (event, days) in [(LedgerEvent::Disputed, 60), (LedgerEvent::Cleared, 30)] {
                let last = rows.ledger.iter().rfind(|row| row.person == person);
                let fact = Fact {
                    event,
                    effective_on: ago(days),
                    record: Some(record),
                };
                let at = story.now - chrono::Duration::days(days as i64);
                let row = next_row(&person, last, fact, at);
                rows.ledger.push(row);
            }
        }
    }
    if let Some((record, _)) = record_of(rows, 32) {
        rows.corrections.push(correction::Model {
            id: id("marriage correction", &record.to_string()),
            record_id: record,
            registry_id: story.hall,
            from_state: "VALID".to_owned(),
            to_state: "VOID".to_owned(),
            ended_on: Some(ago(90)),
            deceased: None,
            evidence: "核查函1号".to_owned(),
            proposed_by: "registrar-1".to_owned(),
            proposed_person: None,
            proposed_at: story.now - chrono::Duration::days(40),
            decided_by: Some("supervisor-1".to_owned()),
            decided_at: Some(story.now - chrono::Duration::days(35)),
            state: "REJECTED".to_owned(),
            version: 2,
        });
    }
}

fn hall(rows: &mut Rows, story: &Story<'_>) {
    let states = [
        ("DONE", Some(1)),
        ("CALLED", Some(1)),
        ("WAITING", None),
        ("WAITING", None),
    ];
    for (n, (state, desk)) in states.into_iter().enumerate() {
        let number = i32::try_from(n + 1).unwrap_or(1);
        rows.tickets.push(queue_ticket::Model {
            id: id(
                "queue ticket",
                &format!("{} {} {number}", story.hall, story.today),
            ),
            registry_id: story.hall,
            day: story.today,
            number,
            service: "MARRIAGE".to_owned(),
            state: state.to_owned(),
            appointment_id: None,
            holder: None,
            guide_id: rows
                .guides
                .iter()
                .find(|g| g.registry_id == story.hall)
                .map(|g| g.id),
            desk,
            taken_at: story.now,
            called_at: desk.map(|_| story.now),
            version: 1,
        });
    }
    rows.queue_runs.push(queue_run::Model {
        registry_id: story.hall,
        day: story.today,
        last: 4,
    });
    let room = rows
        .rooms
        .iter()
        .find(|room| room.registry_id == story.hall)
        .map(|room| room.id);
    let booked = rows
        .appointments
        .iter()
        .find(|a| a.service == "COUNSELLING");
    if let (Some(room), Some(booked)) = (room, booked) {
        rows.sessions.push(counselling_session::Model {
            id: id("counselling session", &booked.id.to_string()),
            room_id: room,
            registry_id: booked.registry_id,
            counsellor_id: None,
            kind: "CRISIS".to_owned(),
            first_party: (story.token)(4),
            second_party: Some((story.token)(5)),
            day: booked.day,
            opens: booked.opens,
            closes: booked.closes,
            state: "BOOKED".to_owned(),
            outcome: None,
            appointment_id: Some(booked.id),
            divorce_id: rows.applications.first().map(|a| a.id),
            booked_at: story.now,
            version: 1,
        });
    }
}
