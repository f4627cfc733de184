//! Tickets of the hotline: a year of calls, some still open, and the one of the story.

use chrono::TimeDelta;
use minzheng_kit::demo::{pick, point_of};
use minzheng_kit::id::derived;
use sea_orm::ActiveValue::Set;

use super::{Rows, Stage, TODAY, at, day};
use crate::model::hotline_ticket;
use crate::rules::settings;
use crate::rules::terms::{TicketCategory, TicketState};
use crate::rules::ticket::dispatch_due;
use crate::service::month_of;
use crate::service::tickets::LINE;

/// How many calls of the past.
const CALLS: usize = 400;

/// Builds the tickets; the story's caller (person 7) calls about the case of person 8002.
pub(super) fn build(stage: &Stage<'_>, rows: &mut Rows) {
    let Some(case) = rows.cases.get(2).cloned() else {
        return;
    };
    let Some(county) = stage.counties.iter().find(|c| c.id == case.division_id) else {
        return;
    };
    let mut story = call(stage, CALLS, county, at(TODAY, 11, 52));
    story.category = Set(TicketCategory::Collect);
    story.caller = Set(Some(case.applicant.clone()));
    story.caller_masked = Set(case.phone_masked.clone());
    story.case_id = Set(Some(case.id));
    rows.tickets.push(story);
    for n in 0..CALLS {
        let county = stage.counties[(n * 11) % stage.counties.len()];
        let on = day(2025, 12, 1) + TimeDelta::days((n * 355 / CALLS) as i64);
        rows.tickets.push(past(stage, n, county, on));
    }
}

/// A call that has just come in.
fn call(
    stage: &Stage<'_>,
    n: usize,
    county: &minzheng_kit::divisions::Division,
    opened: chrono::DateTime<chrono::Utc>,
) -> hotline_ticket::ActiveModel {
    let key = format!("{}/{n}", stage.province);
    let (lon, lat) = point_of(&county.code);
    let aside = |what: &str| (pick(&["ticket", &key, what], 1_001) as f64 / 1_000.0 - 0.5) * 0.1;
    let on = opened.date_naive();
    hotline_ticket::ActiveModel {
        id: Set(derived("ticket", &key)),
        number: Set(format!(
            "{LINE}-{}-{}-{n:04}",
            county.code,
            on.format("%Y%m%d")
        )),
        line: Set(LINE.to_owned()),
        category: Set(TicketCategory::Collect),
        state: Set(TicketState::Open),
        caller_masked: Set(format!(
            "1{}****{:04}",
            30 + n % 60,
            pick(&["caller", &key], 10_000)
        )),
        caller: Set(None),
        case_id: Set(None),
        facility_id: Set(None),
        division_id: Set(county.id),
        lon: Set(lon + aside("lon")),
        lat: Set(lat + aside("lat")),
        opened_at: Set(opened),
        opened_month: Set(month_of(on)),
        due_at: Set(dispatch_due(opened, &settings::on(stage.province, TODAY))),
        dispatched_at: Set(None),
        arrived_at: Set(None),
        closed_at: Set(None),
        satisfaction: Set(None),
        hearse_id: Set(None),
        accepted_at: Set(None),
        arrival_due_at: Set(None),
        resolved_at: Set(None),
        waiting_since: Set(None),
        reopened: Set(0),
        reopened_at: Set(None),
        version: Set(1),
    }
}

/// A call of the past, closed with feedback; one in six was not about a body to be fetched.
fn past(
    stage: &Stage<'_>,
    n: usize,
    county: &minzheng_kit::divisions::Division,
    on: chrono::NaiveDate,
) -> hotline_ticket::ActiveModel {
    let draw = |what: &str, below: u64| {
        pick(
            &["past ticket", stage.province, &n.to_string(), what],
            below,
        )
    };
    let opened = at(on, 8 + draw("hour", 12) as u32, draw("minute", 60) as u32);
    let mut ticket = call(stage, n, county, opened);
    let closed = opened + TimeDelta::hours(30);
    ticket.state = Set(TicketState::Closed);
    ticket.resolved_at = Set(Some(closed - TimeDelta::hours(24)));
    ticket.closed_at = Set(Some(closed));
    ticket.satisfaction = Set(Some(3 + draw("mark", 3) as i32));
    if n % 6 == 5 {
        let others = [
            TicketCategory::Price,
            TicketCategory::Waiver,
            TicketCategory::Burial,
            TicketCategory::Worship,
        ];
        ticket.category = Set(others[n / 6 % 4]);
        return ticket;
    }
    // Mostly within the promise of fifteen minutes; some are late.
    let dispatched = opened + TimeDelta::minutes(3 + draw("dispatch", 14) as i64);
    ticket.dispatched_at = Set(Some(dispatched));
    ticket.accepted_at = Set(Some(
        dispatched + TimeDelta::minutes(1 + draw("accept", 5) as i64),
    ));
    ticket.arrival_due_at = Set(Some(dispatched + TimeDelta::minutes(90)));
    ticket.arrived_at = Set(Some(
        dispatched + TimeDelta::minutes(25 + draw("arrival", 70) as i64),
    ));
    ticket
}
