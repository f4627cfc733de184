//! The courses of the cases: entries of all, and the whole record of those that are open or recent.

use chrono::{NaiveDate, TimeDelta};
use minzheng_kit::Result;
use minzheng_kit::database::insert_many;
use minzheng_kit::id::derived;
use sea_orm::ActiveValue::Set;
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::{Rows, TODAY, at};
use crate::model::{
    ashes_custody, body_storage, case_entry, cremation, custody_link, facility, funeral_case, hall,
    hall_booking, hall_hour, kin_request, transport,
};
use crate::rules::terms::{
    BookingState, CaseAct, CaseState, DeathPaperKind, ExtensionKind, Holder, KinRequestState,
    KinRight, TransportState,
};

/// Cases from this one on have their whole record; older ones only their entries.
const RECENT: usize = 1_400;

/// The rows of courses.
#[derive(Default)]
pub(super) struct Course {
    entries: Vec<case_entry::ActiveModel>,
    links: Vec<custody_link::ActiveModel>,
    transports: Vec<transport::ActiveModel>,
    storage: Vec<body_storage::ActiveModel>,
    cremations: Vec<cremation::ActiveModel>,
    custody: Vec<ashes_custody::ActiveModel>,
    halls: Vec<hall::ActiveModel>,
    bookings: Vec<hall_booking::ActiveModel>,
    hours: Vec<hall_hour::ActiveModel>,
    requests: Vec<kin_request::ActiveModel>,
}

impl Course {
    /// Adds what another has.
    pub(super) fn join(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.links.extend(other.links);
        self.transports.extend(other.transports);
        self.storage.extend(other.storage);
        self.cremations.extend(other.cremations);
        self.custody.extend(other.custody);
        self.halls.extend(other.halls);
        self.bookings.extend(other.bookings);
        self.hours.extend(other.hours);
        self.requests.extend(other.requests);
    }

    /// Writes all.
    pub(super) async fn write(&self, tx: &DatabaseTransaction) -> Result<()> {
        insert_many(tx, self.entries.clone()).await?;
        insert_many(tx, self.links.clone()).await?;
        insert_many(tx, self.transports.clone()).await?;
        insert_many(tx, self.storage.clone()).await?;
        insert_many(tx, self.cremations.clone()).await?;
        insert_many(tx, self.custody.clone()).await?;
        insert_many(tx, self.halls.clone()).await?;
        insert_many(tx, self.bookings.clone()).await?;
        insert_many(tx, self.hours.clone()).await?;
        insert_many(tx, self.requests.clone()).await
    }

    fn entry(
        &mut self,
        case: &funeral_case::Model,
        act: CaseAct,
        state: CaseState,
        on: NaiveDate,
        hour: u32,
    ) {
        let mine = self
            .entries
            .iter()
            .rev()
            .take_while(|e| e.case_id == Set(case.id))
            .count();
        let seq = mine as i32 + 1;
        self.entries.push(case_entry::ActiveModel {
            id: Set(derived("entry", &format!("{}/{seq}", case.id))),
            case_id: Set(case.id),
            seq: Set(seq),
            act: Set(act),
            state: Set(state),
            at: Set(if seq == 1 {
                case.opened_at
            } else {
                at(on, hour, 0)
            }),
            officer: Set(None),
            record_id: Set(None),
            corrects: Set(None),
            reason: Set(None),
        });
    }

    fn link(
        &mut self,
        case: &funeral_case::Model,
        seq: i32,
        giver: Holder,
        taker: Holder,
        when: chrono::DateTime<chrono::Utc>,
    ) {
        self.links.push(custody_link::ActiveModel {
            id: Set(derived("custody", &format!("{}/{seq}", case.id))),
            case_id: Set(case.id),
            seq: Set(seq),
            giver: Set(giver),
            taker: Set(taker),
            at: Set(when),
            box_no: Set((taker == Holder::AshStore).then(|| box_of(case))),
            officer: Set(None),
            checker: Set(None),
        });
    }
}

/// The code of the county whose home has the case.
fn county_of(case: &funeral_case::Model) -> &'static str {
    minzheng_kit::divisions::dataset()
        .by_id(&case.division_id)
        .map_or("000000", |d| d.code.as_str())
}

fn box_of(case: &funeral_case::Model) -> String {
    case.id.simple().to_string().split_off(24).to_uppercase()
}

fn hall_id(home: Uuid, name: &str) -> Uuid {
    derived("hall", &format!("{home}/{name}"))
}

/// Two halls of a funeral home.
pub(super) fn halls(rows: &mut Rows, home: &facility::Model) {
    for (name, seats) in [("松鹤厅", 60), ("百合厅", 200)] {
        rows.course.halls.push(hall::ActiveModel {
            id: Set(hall_id(home.id, name)),
            facility_id: Set(home.id),
            name: Set(name.to_owned()),
            seats: Set(seats),
        });
    }
}

/// The course of the n-th case, whose deceased died on a day.
pub(super) fn of_case(course: &mut Course, case: &funeral_case::Model, died: NaiveDate, n: usize) {
    use CaseState::{
        AshesInCustody, Closed, Collecting, Cremated, Interred, Opened, Settled, Stored,
    };
    let on = |days: i64| died + TimeDelta::days(days);
    let reached = |state: CaseState| case.state >= state && case.state != CaseState::Cancelled;
    course.entry(case, CaseAct::Opened, Opened, died, 9);
    let whole = !(3..RECENT).contains(&n);
    if reached(Stored) && whole {
        course.entry(case, CaseAct::HearseSent, Collecting, died, 18);
        course.entry(case, CaseAct::BodyStored, Stored, died, 20);
        fetched(course, case, died);
    }
    if reached(Cremated) {
        course.entry(case, CaseAct::Cremated, Cremated, on(3), 10);
        if whole {
            cremated(course, case, on(3));
        }
    }
    if reached(AshesInCustody) && whole && case.state != Interred {
        course.entry(case, CaseAct::AshesTaken, AshesInCustody, on(3), 14);
        kept(course, case, on(3));
    }
    if reached(Settled) {
        course.entry(case, CaseAct::Settled, Settled, on(25), 10);
    }
    if reached(Closed) {
        course.entry(case, CaseAct::Closed, Closed, on(38), 10);
    }
    if n == 1 {
        course.requests.push(kin_request::ActiveModel {
            id: Set(derived("kin request", &case.id.to_string())),
            case_id: Set(case.id),
            asker: Set(case.applicant.clone()),
            kin_right: Set(KinRight::Access),
            state: Set(KinRequestState::Open),
            asked_on: Set(TODAY - TimeDelta::days(2)),
            due_on: Set(TODAY + TimeDelta::days(13)),
            decided_on: Set(None),
            version: Set(1),
        });
    }
}

fn fetched(course: &mut Course, case: &funeral_case::Model, died: NaiveDate) {
    let left = case.cremated_on.map(|on| at(on, 8, 30));
    course.link(case, 1, Holder::Family, Holder::Hearse, at(died, 19, 0));
    course.link(case, 2, Holder::Hearse, Holder::Store, at(died, 20, 0));
    course.transports.push(transport::ActiveModel {
        id: Set(derived("transport", &case.id.to_string())),
        case_id: Set(case.id),
        hearse_id: Set(derived("hearse", &format!("{}/home/1", county_of(case)))),
        ticket_id: Set(None),
        facility_id: Set(case.facility_id),
        lon: Set(0.0),
        lat: Set(0.0),
        state: Set(TransportState::Delivered),
        seal_no: Set(Some(format!("封{}", box_of(case)))),
        sent_at: Set(at(died, 18, 0)),
        due_at: Set(at(died, 19, 0)),
        arrived_at: Set(Some(at(died, 19, 0))),
        delivered_at: Set(Some(at(died, 20, 0))),
    });
    course.storage.push(body_storage::ActiveModel {
        id: Set(derived("storage", &case.id.to_string())),
        case_id: Set(case.id),
        facility_id: Set(case.facility_id),
        cabinet_no: Set(format!("L{}", box_of(case))),
        from_at: Set(at(died, 20, 0)),
        until: Set(died + TimeDelta::days(7)),
        extension: Set(ExtensionKind::None),
        approval: Set(None),
        left_at: Set(left),
    });
    if case.state == CaseState::Stored {
        booked(course, case);
    }
}

/// A farewell the day after tomorrow for a body that is still there.
fn booked(course: &mut Course, case: &funeral_case::Model) {
    let (hall, day) = (
        hall_id(case.facility_id, "松鹤厅"),
        TODAY + TimeDelta::days(2),
    );
    let hour = 8 + (course.bookings.len() % 10) as i32;
    let key = derived("hall booking", &case.id.to_string());
    course.bookings.push(hall_booking::ActiveModel {
        id: Set(key),
        hall_id: Set(hall),
        case_id: Set(case.id),
        day: Set(day),
        starts_hour: Set(hour),
        ends_hour: Set(hour + 1),
        state: Set(BookingState::Booked),
        booked_at: Set(case.opened_at),
        version: Set(1),
    });
    course.hours.push(hall_hour::ActiveModel {
        hall_id: Set(hall),
        day: Set(day),
        hour: Set(hour),
        booking_id: Set(key),
    });
}

fn cremated(course: &mut Course, case: &funeral_case::Model, on: NaiveDate) {
    course.link(case, 3, Holder::Store, Holder::Cremator, at(on, 8, 30));
    course.cremations.push(cremation::ActiveModel {
        id: Set(derived("cremation", &case.id.to_string())),
        case_id: Set(case.id),
        certificate_no: Set(format!("HH{}-{}", case.number, box_of(case))),
        cremator: Set(1),
        started_at: Set(at(on, 8, 40)),
        ended_at: Set(at(on, 9, 50)),
        officer: Set(None),
        paper_kind: Set(DeathPaperKind::Medical),
        corrects: Set(None),
        superseded: Set(false),
    });
}

fn kept(course: &mut Course, case: &funeral_case::Model, on: NaiveDate) {
    let running = case.state == CaseState::AshesInCustody;
    course.link(case, 4, Holder::Cremator, Holder::AshStore, at(on, 11, 0));
    course.custody.push(ashes_custody::ActiveModel {
        id: Set(derived("ashes", &case.id.to_string())),
        case_id: Set(case.id),
        facility_id: Set(case.facility_id),
        box_no: Set(box_of(case)),
        from_at: Set(at(on, 11, 0)),
        paid_until: Set(on + TimeDelta::days(365)),
        ended_at: Set((!running).then(|| at(on + TimeDelta::days(20), 9, 0))),
    });
}
