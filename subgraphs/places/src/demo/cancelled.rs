//! Names that ended: of some buildings that were named, stood for a while and are gone (地名注销).

use chrono::{Days, NaiveDate};
use minzheng_kit::id;
use sea_orm::ActiveValue::Set;

use super::{
    decisions::{Decided, application, areas, authority_of, noon},
    land::Land,
    places::Made,
};
use crate::{
    model::{
        filing, naming_application, public_notice,
        vocabulary::{NamingAuthority, NamingKind},
    },
    rules::{authority, clocks, scope::PlaceKind, state::NamingState},
    service::naming::month,
};

/// How many names ended.
const CANCELLED: usize = 6;

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

/// Ends the names of a few buildings that were decided on before 2025, none of them of 福州, whose figures are its
/// report's.
pub(super) fn make(land: &Land, places: &[Made], decided: &mut Decided) {
    let last = NaiveDate::from_ymd_opt(2024, 12, 31).unwrap_or_default();
    let first = NaiveDate::from_ymd_opt(2025, 3, 3).unwrap_or_default();
    let buildings: Vec<&Made> = places
        .iter()
        .filter(|place| place.kind == PlaceKind::Residence && place.former.is_none())
        .filter(|place| {
            let county = land.counties.get(place.county_index);
            county.is_some_and(|county| !county.is_in("3501"))
        })
        .filter(|place| decided.of.get(&place.id).is_some_and(|day| *day <= last))
        .filter(|place| place.id.as_bytes()[15].is_multiple_of(8))
        .take(CANCELLED)
        .collect();
    for (place, n) in buildings.into_iter().zip(0..) {
        end(land, place, after(first, n * 41), decided);
    }
}

fn end(land: &Land, place: &Made, approved: NaiveDate, decided: &mut Decided) {
    let Some(county) = land.counties.get(place.county_index) else {
        return;
    };
    let id = id::derived("naming-cancelled", &place.id.to_string());
    let body = authority_of(place.kind);
    let (filed, published) = (after(approved, 6), after(approved, 9));
    let department = body.is_some_and(authority::notice_waits_for_filing);
    let by = match body {
        Some(NamingAuthority::OtherDepartment) => "住房和城乡建设局",
        _ => "人民政府",
    };
    decided.applications.push(naming_application::ActiveModel {
        reasons: Set("演示数据：建筑物已拆除，地名注销".to_owned()),
        approved_on: Set(Some(approved)),
        approved_month: Set(Some(month(approved))),
        approved_by: Set(Some(format!("{}{by}", county.itself.name))),
        authority: Set(body),
        effective_on: Set(Some(published)),
        ..application(
            id,
            NamingKind::Cancel,
            NamingState::InForce,
            place,
            noon(approved.checked_sub_days(Days::new(30)).unwrap_or(approved)),
        )
    });
    areas(&mut decided.areas, land, place, id);
    let due = clocks::filing_due(approved);
    let city = county.prefecture.or(land.province);
    let reviewer = city.filter(|_| !department).map(|city| city.id);
    decided.filings.push(filing::ActiveModel {
        application: Set(id),
        due_on: Set(due.day),
        due_month: Set(month(due.day)),
        due_provisional: Set(due.is_provisional),
        filed_on: Set(Some(filed)),
        reviewer: Set(reviewer.unwrap_or(place.county.id)),
        reviewed_on: Set(Some(after(filed, 2))),
        reviewed_month: Set(Some(month(after(filed, 2)))),
        result: Set(Some("予以备案".to_owned())),
        receiver: Set(body.and_then(authority::receiver)),
        chased_on: Set(None),
        reported_on: Set(None),
        due_told: Set(None),
    });
    let due = clocks::notice_due(approved, department.then_some(filed));
    decided.notices.push(public_notice::ActiveModel {
        application: Set(id),
        due_on: Set(due.day),
        due_provisional: Set(due.is_provisional),
        published_on: Set(Some(published)),
        channel: Set(Some("政府门户网站".to_owned())),
        body: Set(Some(format!(
            "注销{}，罗马字母拼写{}。",
            place.name.text(),
            place.name.roman.plain
        ))),
        registry_sent_on: Set(Some(published)),
    });
    // The decision by which it was named is over.
    let named = id::derived("naming", &place.id.to_string());
    for row in &mut decided.applications {
        if row.id == Set(named) {
            row.state = Set(NamingState::Cancelled);
        }
    }
    decided.ended.insert(place.id, published);
}
