//! Holding a niche or grave for a case. One winner, whoever comes at the same time: the unique
//! index over holds in force decides.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use minzheng_kit::error::{Error, Result, UserError};
use minzheng_kit::id;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    ExprTrait, QueryFilter,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version, unique};
use super::authority;
use super::course::{self, Step};
use crate::model::{facility, funeral_case, plot, plot_hold};
use crate::rules::burial::{PlotBuyer, plot_sale, serves};
use crate::rules::plot::{self as rules_plot, PlotEvent, advance, taken};
use crate::rules::{
    case as rules_case,
    settings::Parameter,
    terms::{CaseAct, PlotState},
};

/// Holds a plot for an open case until the hold ends by itself. `villager` says that the deceased
/// was of the village, for a rural public facility (F-5).
pub async fn reserve(act: &Act<'_>, plot_id: Uuid, case_id: Uuid, villager: bool) -> Result<Uuid> {
    let (tx, now) = (act.tx, act.now);
    let case = funeral_case::Entity::find_by_id(case_id)
        .one(tx)
        .await?
        .ok_or(Error::Forbidden)?;
    authority::case(act.principal, &act.services.province, &case)?;
    if !rules_case::is_open(case.state) {
        return Err(Error::Invalid(
            UserError::new(
                "CASE_NOT_OPEN",
                "The case is no longer open.",
                "治丧案件已结束。",
            )
            .field(&["case"]),
        ));
    }
    rules_case::bill_runs(case.state)?;
    let place = place(tx, plot_id).await?;
    let home = facility::Entity::find_by_id(place.facility_id)
        .one(tx)
        .await?
        .ok_or(Error::NotFound)?;
    serves(home.sub_kind, villager)?;
    // F-10: a case stands on a death paper, so what it asks for is for a deceased.
    plot_sale(PlotBuyer::Deceased, place.occupant_limit)?;
    let until = now + TimeDelta::hours(act.rules().value(Parameter::HoldHours));
    let state = advance(
        place.state,
        PlotEvent::Hold { until },
        place.held_until,
        now,
    )?;
    // Holds that ran out make room first: of this plot, and of this case elsewhere.
    plot_hold::Entity::update_many()
        .col_expr(plot_hold::Column::EndedAt, Expr::value(now))
        .filter(plot_hold::Column::EndedAt.is_null())
        .filter(plot_hold::Column::ExpiresAt.lte(now))
        .filter(
            plot_hold::Column::PlotId
                .eq(plot_id)
                .or(plot_hold::Column::CaseId.eq(case.id)),
        )
        .exec(tx)
        .await?;
    if hold_of(tx, case.id).await?.is_some() {
        return Err(Error::Invalid(
            UserError::new(
                "CASE_HOLDS_A_PLOT",
                "This case holds a niche or grave already.",
                "该案件已预留格位/墓位。",
            )
            .field(&["case"]),
        ));
    }
    let hold = plot_hold::ActiveModel {
        id: Set(id::new()),
        plot_id: Set(plot_id),
        case_id: Set(case.id),
        held_at: Set(now),
        expires_at: Set(until),
        ended_at: Set(None),
    };
    plot_hold::Entity::insert(hold)
        .exec_without_returning(tx)
        .await
        .map_err(|e| unique(e, taken))?;
    let version = place.version + 1;
    let mut place: plot::ActiveModel = place.into();
    place.state = Set(state);
    place.held_until = Set(Some(until));
    place.version = Set(version);
    place.update(tx).await?;
    course::step(act, &case, Step::note(CaseAct::PlotHeld, plot_id), |_| ()).await?;
    act.done(
        ("Plot", plot_id),
        "PlotChanged",
        None,
        json!({ "state": state, "case": case.id }),
    )
    .await?;
    Ok(plot_id)
}

/// A plot, or the refusal that there is none.
pub async fn place<C: ConnectionTrait>(tx: &C, plot_id: Uuid) -> Result<plot::Model> {
    plot::Entity::find_by_id(plot_id)
        .one(tx)
        .await?
        .ok_or_else(|| {
            Error::Invalid(
                UserError::new(
                    "PLOT_UNKNOWN",
                    "There is no such niche or grave.",
                    "没有该格位/墓位。",
                )
                .field(&["plot"]),
            )
        })
}

/// The hold in force of a case, run out or not.
pub async fn hold_of<C: ConnectionTrait>(tx: &C, case: Uuid) -> Result<Option<plot_hold::Model>> {
    Ok(plot_hold::Entity::find()
        .filter(plot_hold::Column::CaseId.eq(case))
        .filter(plot_hold::Column::EndedAt.is_null())
        .one(tx)
        .await?)
}

/// Gives a hold up; the place is free again.
pub async fn release(act: &Act<'_>, plot_id: Uuid, version: i64) -> Result<Uuid> {
    let place = place(act.tx, plot_id).await?;
    let hold = plot_hold::Entity::find()
        .filter(plot_hold::Column::PlotId.eq(plot_id))
        .filter(plot_hold::Column::EndedAt.is_null())
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    let case = funeral_case::Entity::find_by_id(hold.case_id)
        .one(act.tx)
        .await?
        .ok_or(Error::Forbidden)?;
    authority::case(act.principal, &act.services.province, &case)?;
    same_version(place.version, version)?;
    advance(place.state, PlotEvent::Release, place.held_until, act.now)?;
    release_of_case(act, case.id).await?;
    course::step(
        act,
        &case,
        Step::note(CaseAct::PlotReleased, plot_id),
        |_| (),
    )
    .await?;
    Ok(plot_id)
}

/// Ends the hold of a case, if it has one that was not taken up; the place is free again, and others are told.
pub async fn release_of_case(act: &Act<'_>, case: Uuid) -> Result<()> {
    let Some(hold) = hold_of(act.tx, case).await? else {
        return Ok(());
    };
    let Some(place) = plot::Entity::find_by_id(hold.plot_id)
        .filter(plot::Column::State.eq(PlotState::Held))
        .one(act.tx)
        .await?
    else {
        return Ok(());
    };
    let mut hold: plot_hold::ActiveModel = hold.into();
    hold.ended_at = Set(Some(act.now));
    hold.update(act.tx).await?;
    let (key, version) = (place.id, place.version + 1);
    let mut place: plot::ActiveModel = place.into();
    place.state = Set(PlotState::Free);
    place.held_until = Set(None);
    place.version = Set(version);
    place.update(act.tx).await?;
    act.done(
        ("Plot", key),
        "PlotChanged",
        Some(json!({ "state": PlotState::Held })),
        json!({ "state": PlotState::Free }),
    )
    .await
}

/// How a plot looks to whoever asks now: a hold that ran out is free again, a contract that ran out is
/// expired.
pub fn seen(place: &plot::Model, now: DateTime<Utc>) -> PlotState {
    let today = minzheng_kit::clock::legal_day(now);
    rules_plot::seen(place.state, place.held_until, place.contract_to, now, today)
}

/// What makes a plot free to whoever asks now, as a condition on the table `plot`.
pub fn free(now: DateTime<Utc>) -> Condition {
    Condition::any()
        .add(plot::Column::State.eq(PlotState::Free))
        .add(
            Condition::all()
                .add(plot::Column::State.eq(PlotState::Held))
                .add(plot::Column::HeldUntil.lte(now)),
        )
}

/// What makes the contract of a plot run on a day.
pub fn term_runs(today: NaiveDate) -> Condition {
    Condition::any()
        .add(plot::Column::ContractTo.is_null())
        .add(plot::Column::ContractTo.gt(today))
}

/// What makes a plot expired to whoever asks on a day, whether that was written down yet or not.
pub fn expired(today: NaiveDate) -> Condition {
    Condition::any()
        .add(plot::Column::State.eq(PlotState::Expired))
        .add(
            Condition::all()
                .add(plot::Column::State.eq(PlotState::Occupied))
                .add(plot::Column::ContractTo.lte(today)),
        )
}

/// The plots that cases hold or use, with one statement and the plots.
pub async fn held_by<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, plot::Model>> {
    let rows = plot_hold::Entity::find()
        .filter(plot_hold::Column::CaseId.is_in(cases.iter().copied()))
        .filter(plot_hold::Column::EndedAt.is_null())
        .filter(plot_hold::Column::ExpiresAt.gt(now))
        .all(c)
        .await?;
    let places = plot::Entity::find()
        .filter(plot::Column::Id.is_in(rows.iter().map(|h| h.plot_id)))
        .all(c)
        .await?;
    let mut places: HashMap<Uuid, plot::Model> = places.into_iter().map(|p| (p.id, p)).collect();
    Ok(rows
        .into_iter()
        .filter_map(|h| places.remove(&h.plot_id).map(|p| (h.case_id, p)))
        .collect())
}
