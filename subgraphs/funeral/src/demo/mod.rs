//! Demonstration data of the province shown, deterministic: the same province gives the same rows
//! on every machine and every day.
//!
//! Where the reports (domain.md A.2) have aggregates of the province, the rows add up to exactly
//! those, each in [`report`]:
//!
//! * 35 福州 (report 002): 396 rural public cemeteries, 634 rural columbaria and 381 life parks as
//!   rows; 84,400 households and 138,000,000 yuan waived as settled batches of source REPORT for the
//!   months 2021-01 to 2023-06; 19 voyages that gave 1,226 sets of ashes to the sea. Row 19 of A.2
//!   names reports 002 and 004 together: the special rectification and its area restored, "over
//!   1,260,000 m²", are taken for 福州's (a county would not reach it), with 1,260,000 m² exactly as the
//!   lower bound; the door-to-door search and register of clan, house-style and living-person graves
//!   is 广丰's.
//! * 36 广丰 (report 004): 201 rural public cemeteries, one urban public cemetery for 6,000,000 yuan,
//!   洋口青桥骨灰堂 under construction, and the register of graves.
//! * 51 and 32: no figures of their own; plausible facilities and cases.
//!
//! Persons 8000 to 9499 are the deceased; person 0 closed the case of 8001 with a waiver, person 6
//! has an open case (8000), person 7 an open case (8002) and an open ticket of the hotline.

mod cases;
mod catalogue;
mod course;
mod facilities;
mod hotline;
mod land;
mod policies;
mod report;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use minzheng_kit::database::insert_many;
use minzheng_kit::divisions::{Division, Divisions, dataset};
use minzheng_kit::{Result, Services};
use std::sync::Arc;

use crate::model;
use crate::service::scope;

/// The day on which the demonstration plays.
const TODAY: NaiveDate = day(2026, 11, 22);

/// A day that is known to exist.
const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

/// An instant of a legal day: hours and minutes in Shanghai.
fn at(day: NaiveDate, hour: u32, minute: u32) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(hour % 24, minute % 60, 0).unwrap_or_default();
    day.and_time(time).and_utc() - TimeDelta::hours(8)
}

/// All rows of a province, before they are written.
#[derive(Default)]
struct Rows {
    items: Vec<model::service_item::ActiveModel>,
    ceilings: Vec<model::price_ceiling::ActiveModel>,
    facilities: Vec<model::facility::Model>,
    hearses: Vec<model::hearse::ActiveModel>,
    prices: Vec<model::price_line::Model>,
    plots: Vec<model::plot::Model>,
    slots: Vec<model::worship_slot::ActiveModel>,
    policies: Vec<model::waiver_policy::Model>,
    deaths: Vec<model::death_record::ActiveModel>,
    cases: Vec<model::funeral_case::Model>,
    bill: Vec<model::case_item::ActiveModel>,
    waivers: Vec<model::waiver::Model>,
    settlements: Vec<model::waiver_settlement::ActiveModel>,
    voyages: Vec<model::sea_voyage::ActiveModel>,
    eco: Vec<model::eco_burial::ActiveModel>,
    graves: Vec<model::illegal_grave::ActiveModel>,
    figures: Vec<model::report_figure::ActiveModel>,
    tickets: Vec<model::hotline_ticket::ActiveModel>,
    course: course::Course,
    land: land::Land,
}

/// What the parts of the demonstration know.
struct Stage<'s> {
    services: &'s Services,
    province: &'s str,
    counties: Vec<&'static Division>,
}

impl Stage<'_> {
    /// The counties whose code begins so.
    fn counties_with(&self, prefix: &str) -> Vec<&'static Division> {
        self.counties
            .iter()
            .copied()
            .filter(|c| c.code.starts_with(prefix))
            .collect()
    }

    /// The token of a demonstration person.
    fn token(&self, index: usize) -> String {
        self.services
            .tokenizer
            .demo(&minzheng_kit::demo::person(self.province, index))
            .0
    }
}

/// Writes the demonstration data in one transaction.
pub async fn seed<'p>(
    services: &Services,
    progress: &(dyn Fn(&'p str, usize, usize) + Sync),
) -> Result<()> {
    progress("funeral", 0, 1);
    let rows = Arc::new(build(services));
    services
        .db
        .write(move |tx| {
            let rows = Arc::clone(&rows);
            Box::pin(async move { write(tx, &rows).await })
        })
        .await?;
    progress("funeral", 1, 1);
    Ok(())
}

/// Makes all rows in memory; each part leans on those before it.
fn build(services: &Services) -> Rows {
    let province = services.province.as_str();
    let stage = Stage {
        services,
        province,
        counties: dataset().counties_of(province).collect(),
    };
    let mut rows = Rows::default();
    facilities::build(&stage, &mut rows);
    report::build(&stage, &mut rows);
    policies::build(&stage, &mut rows);
    cases::build(&stage, &mut rows);
    hotline::build(&stage, &mut rows);
    land::build(&stage, &mut rows);
    rows
}

async fn write(tx: &sea_orm::DatabaseTransaction, rows: &Rows) -> Result<()> {
    use sea_orm::IntoActiveModel;
    let mut scopes: Vec<_> = rows.facilities.iter().map(|f| f.division_id).collect();
    scopes.extend(rows.policies.iter().map(|p| p.division_id));
    scopes.extend(rows.land.divisions());
    let embedded = Divisions::default();
    // Every county can be counted, whether anything happened in it or not.
    if let Some(policy) = rows.policies.first() {
        let province = embedded
            .upwards(&policy.division_id)
            .last()
            .copied()
            .unwrap_or(policy.division_id);
        let counties = dataset()
            .by_id(&province)
            .into_iter()
            .flat_map(|p| dataset().counties_of(&p.code));
        scopes.extend(counties.map(|c| c.id));
    }
    scopes.sort_unstable();
    scopes.dedup();
    insert_many(
        tx,
        scopes
            .into_iter()
            .flat_map(|one| scope::rows(&embedded, one)),
    )
    .await?;
    insert_many(tx, rows.items.clone()).await?;
    insert_many(tx, rows.ceilings.clone()).await?;
    insert_many(
        tx,
        rows.facilities
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model),
    )
    .await?;
    insert_many(tx, rows.hearses.clone()).await?;
    insert_many(
        tx,
        rows.prices
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model),
    )
    .await?;
    insert_many(
        tx,
        rows.plots
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model),
    )
    .await?;
    insert_many(tx, rows.slots.clone()).await?;
    insert_many(
        tx,
        rows.policies
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model),
    )
    .await?;
    insert_many(tx, rows.deaths.clone()).await?;
    insert_many(
        tx,
        rows.cases
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model),
    )
    .await?;
    insert_many(tx, rows.bill.clone()).await?;
    insert_many(
        tx,
        rows.waivers
            .iter()
            .cloned()
            .map(IntoActiveModel::into_active_model),
    )
    .await?;
    insert_many(tx, rows.settlements.clone()).await?;
    insert_many(tx, rows.voyages.clone()).await?;
    insert_many(tx, rows.eco.clone()).await?;
    insert_many(tx, rows.graves.clone()).await?;
    insert_many(tx, rows.figures.clone()).await?;
    insert_many(tx, rows.tickets.clone()).await?;
    rows.course.write(tx).await?;
    rows.land.write(tx).await
}
