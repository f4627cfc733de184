//! Holding a niche or grave for a case. One winner, whoever comes at the same time: the unique
//! index over holds in force decides.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use minzheng_kit::error::{Error, Result, UserError};
use minzheng_kit::id;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    ExprTrait, QueryFilter, QueryOrder, SqlErr,
};
use uuid::Uuid;

use super::people::group;
use crate::model::{facility, funeral_case, plot, plot_hold, worship_slot};
use crate::rules::burial::{PlotBuyer, plot_sale, serves};
use crate::rules::plot::{PlotEvent, advance, taken};
use crate::rules::settings::Settings;
use crate::rules::{case, terms::PlotState};

/// Holds a plot for an open case until the hold ends by itself. `villager` says that the deceased
/// was of the village, for a rural public facility.
pub async fn reserve<C: ConnectionTrait>(
    tx: &C,
    plot_id: Uuid,
    case: &funeral_case::Model,
    villager: bool,
    now: DateTime<Utc>,
    settings: &Settings,
) -> Result<plot::Model> {
    if !case::is_open(case.state) {
        return Err(Error::Invalid(
            UserError::new(
                "CASE_NOT_OPEN",
                "The case is no longer open.",
                "治丧案件已结束。",
            )
            .field(&["case"]),
        ));
    }
    let place = plot::Entity::find_by_id(plot_id)
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
        })?;
    let home = facility::Entity::find_by_id(place.facility_id)
        .one(tx)
        .await?
        .ok_or(Error::NotFound)?;
    serves(home.sub_kind, villager)?;
    // F-10: a case stands on a death paper, so what it asks for is for a deceased.
    plot_sale(PlotBuyer::Deceased, place.occupant_limit)?;
    let until = now + TimeDelta::hours(settings.hold_hours.value);
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
    let holding = plot_hold::Entity::find()
        .filter(plot_hold::Column::CaseId.eq(case.id))
        .filter(plot_hold::Column::EndedAt.is_null())
        .one(tx)
        .await?;
    if holding.is_some() {
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
    if let Err(error) = plot_hold::Entity::insert(hold)
        .exec_without_returning(tx)
        .await
    {
        return Err(match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(_)) => Error::Invalid(taken()),
            _ => error.into(),
        });
    }
    let version = place.version + 1;
    let mut place: plot::ActiveModel = place.into();
    place.state = Set(state);
    place.held_until = Set(Some(until));
    place.version = Set(version);
    Ok(place.update(tx).await?)
}

/// How a plot looks to whoever asks now: a hold that ran out is free again.
pub fn seen(place: &plot::Model, now: DateTime<Utc>) -> PlotState {
    match place.held_until {
        Some(end) if place.state == PlotState::Held && end <= now => PlotState::Free,
        _ => place.state,
    }
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

/// The worship slots of facilities from a day on, at most `limit` each, with one statement.
pub async fn slots<C: ConnectionTrait>(
    c: &C,
    facilities: &[Uuid],
    from: NaiveDate,
    limit: usize,
) -> Result<HashMap<Uuid, Vec<worship_slot::Model>>> {
    let rows = worship_slot::Entity::find()
        .filter(worship_slot::Column::FacilityId.is_in(facilities.iter().copied()))
        .filter(worship_slot::Column::Day.gte(from))
        .order_by_asc(worship_slot::Column::Day)
        .order_by_asc(worship_slot::Column::StartsHour)
        .all(c)
        .await?;
    Ok(group(rows, limit, |s| s.facility_id))
}
