//! Prices outside the list: reported by anyone signed in, or shown by a bill (价格秩序专项整治).

use chrono::NaiveDate;
use minzheng_kit::contract::scope;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version, short, unknown};
use super::bills::{Line, Lists};
use crate::model::{facility, funeral_case, price_breach};
use crate::rules::price::{decide as move_to, judge};
use crate::rules::terms::{BreachKind, BreachState};

/// What is reported.
#[derive(Clone, Debug)]
pub struct Report {
    /// The facility.
    pub facility: Uuid,
    /// The item, as named.
    pub item: String,
    /// What was charged for a unit, in fen.
    pub charged: i64,
    /// Day of the service.
    pub on: NaiveDate,
    /// Whether the item was made a condition of another.
    pub bundled: bool,
}

/// F-6, F-7: takes a report and judges it by the list of the day.
pub async fn report(act: &Act<'_>, report: &Report) -> Result<Uuid> {
    let home = facility::Entity::find_by_id(report.facility)
        .one(act.tx)
        .await?
        .ok_or_else(|| unknown("facility", "There is no such facility.", "没有该殡葬设施。"))?;
    let item = short(&report.item, "item", 40)?;
    if report.charged < 0 || report.on > act.today {
        return Err(Error::Invalid(
            UserError::new(
                "REPORT_INCOMPLETE",
                "The price or the day cannot be right.",
                "金额或日期不正确。",
            )
            .field(&["charged"]),
        ));
    }
    let lists = Lists::of(act, home.id, &[item]).await?;
    let line = lists.line(item, report.on);
    let kind = if report.bundled {
        BreachKind::Bundled
    } else {
        judge(
            line.as_ref().map(|(_, l)| l),
            line.as_ref().map(|(row, _)| row.price),
            report.charged,
            report.on,
        )
    };
    let key = id::new();
    let row = price_breach::ActiveModel {
        id: Set(key),
        facility_id: Set(home.id),
        division_id: Set(home.division_id),
        item_code: Set(item.to_owned()),
        charged: Set(report.charged),
        service_on: Set(report.on),
        kind: Set(kind),
        state: Set(BreachState::Reported),
        case_id: Set(None),
        reporter: Set(act.principal.person.clone()),
        refunded: Set(0),
        reported_at: Set(act.now),
        decided_on: Set(None),
        version: Set(1),
    };
    price_breach::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("PriceBreach", key),
        "PriceBreachReported",
        None,
        json!({ "kind": kind, "facility": home.id }),
    )
    .await?;
    Ok(key)
}

/// A flagged line of a bill is shown to the supervisor by itself.
pub async fn of_bill(
    act: &Act<'_>,
    case: &funeral_case::Model,
    facility: Uuid,
    line: &Line,
    unit: i64,
) -> Result<()> {
    let row = price_breach::ActiveModel {
        id: Set(id::new()),
        facility_id: Set(facility),
        division_id: Set(case.division_id),
        item_code: Set(line.item.clone()),
        charged: Set(unit),
        service_on: Set(line.on),
        kind: Set(BreachKind::OutOfRange),
        state: Set(BreachState::Reported),
        case_id: Set(Some(case.id)),
        reporter: Set(None),
        refunded: Set(0),
        reported_at: Set(act.now),
        decided_on: Set(None),
        version: Set(1),
    };
    price_breach::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    Ok(())
}

/// Decides a report: confirms or dismisses it, or records what was paid back.
pub async fn decide(
    act: &Act<'_>,
    breach: Uuid,
    version: i64,
    to: BreachState,
    refunded: Option<i64>,
) -> Result<Uuid> {
    let row = price_breach::Entity::find_by_id(breach)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    act.officer(scope::FUNERAL_CASE, row.division_id)?;
    same_version(row.version, version)?;
    let state = move_to(row.state, to)?;
    let paid = refunded.unwrap_or(0);
    if (state == BreachState::Refunded) != (paid > 0) {
        return Err(Error::Invalid(
            UserError::new(
                "REFUND",
                "A refund names what was paid back, and nothing else does.",
                "退费须注明退费金额。",
            )
            .field(&["refunded"]),
        ));
    }
    let (before, now_at) = (row.state, row.version + 1);
    let mut row: price_breach::ActiveModel = row.into();
    row.state = Set(state);
    row.refunded = Set(paid);
    row.decided_on = Set(Some(act.today));
    row.version = Set(now_at);
    row.update(act.tx).await?;
    act.done(
        ("PriceBreach", breach),
        "PriceBreachDecided",
        Some(json!({ "state": before })),
        json!({ "state": state, "refunded": paid }),
    )
    .await?;
    Ok(breach)
}
