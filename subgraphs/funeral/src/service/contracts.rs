//! The use of a niche or grave: allocation against a paper, renewal, and taking it back. F-5, F-8, F-9
//! and F-10.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use minzheng_kit::contract::scope;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter,
    QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version, unique};
use super::bills::{self, Line, Lists};
use super::collection::Seen;
use super::course::{self, By, Step};
use super::people::group;
use super::{authority, facilities, plots};
use crate::model::{funeral_case, plot, plot_contract, plot_hold, plot_occupant};
use crate::rules::burial::{PlotBuyer, grace_ends, plot_area, plot_sale, renewal_due, serves};
use crate::rules::period::has_run;
use crate::rules::plot::{PlotEvent, advance, may_close, taken};
use crate::rules::price::fees_of;
use crate::rules::settings::Parameter;
use crate::rules::terms::{CaseAct, KinRelation, PlotState};
use crate::rules::{no_such_move, price};

/// What an officer confirms of an allocation.
#[derive(Clone, Copy, Debug)]
pub struct Allocation {
    /// Whether the second seat is kept for the living husband or wife.
    pub spouse_seat: bool,
    /// Whether the deceased was of the village.
    pub villager: bool,
}

/// F-10: allocates the niche or grave that the case holds, for the term of the province, and charges
/// use and upkeep apart (F-8). `spouse_seat` keeps the second seat of a double one for the living husband
/// or wife, who must be the applicant and proved to be that. A deceased for whom a seat was kept lies beside the first without
/// a new contract.
/// F-5: at a rural public facility the officer confirms that the deceased was of the village.
pub async fn allocate(act: &Act<'_>, seen: Seen, plot_id: Uuid, ask: Allocation) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::Officer).await?;
    course::still_open(&row)?;
    bills::running(&row)?;
    let place = plots::place(act.tx, plot_id).await?;
    if beside(act, &row, &place).await? {
        course::step(
            act,
            &row,
            Step::note(CaseAct::PlotAllocated, plot_id),
            |_| (),
        )
        .await?;
        return Ok(plot_id);
    }
    let hold = plots::hold_of(act.tx, row.id)
        .await?
        .filter(|h| h.plot_id == plot_id)
        .ok_or_else(|| {
            Error::Invalid(
                UserError::new(
                    "PLOT_NOT_HELD",
                    "The case does not hold this place.",
                    "本案未预留该格位/墓位。",
                )
                .field(&["plot"]),
            )
        })?;
    let state = advance(place.state, PlotEvent::Occupy, place.held_until, act.now)?;
    plot_area(place.kind, place.area_milli_m2, &act.rules())?;
    let home = facilities::by_ids(act.tx, &[place.facility_id]).await?;
    if let Some(home) = home.get(&place.facility_id) {
        serves(home.sub_kind, ask.villager)?;
    }
    let spouse_seat = ask.spouse_seat;
    if spouse_seat {
        let proved = super::confirmation::proved(act.tx, &row, &row.applicant).await?;
        if proved != Some(KinRelation::Spouse) {
            return Err(Error::Invalid(
                plot_sale(PlotBuyer::Living, place.occupant_limit)
                    .err()
                    .unwrap_or_else(taken),
            ));
        }
        plot_sale(PlotBuyer::LivingSpouseOfOccupant, place.occupant_limit)?;
    }
    let until = renewal_due(act.today, &act.rules());
    let fees = charge_fees(act, &row, &place).await?;
    let contract = contract_row(&place, Some(row.id), (act.today, until), fees, None);
    plot_contract::Entity::insert(contract)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| unique(e, taken))?;
    seat(act, plot_id, 1, row.id, &row.deceased).await?;
    if spouse_seat {
        seat(act, plot_id, 2, row.id, &row.applicant).await?;
    }
    let mut hold: plot_hold::ActiveModel = hold.into();
    hold.expires_at = Set(midnight(until));
    hold.update(act.tx).await?;
    set(act, place, state, Some((act.today, until))).await?;
    course::step(
        act,
        &row,
        Step::note(CaseAct::PlotAllocated, plot_id),
        |_| (),
    )
    .await?;
    act.done(
        ("Plot", plot_id),
        "PlotChanged",
        None,
        json!({ "state": state, "case": row.id }),
    )
    .await?;
    Ok(plot_id)
}

/// Whether a seat was kept for this deceased; then it is theirs.
async fn beside(act: &Act<'_>, row: &funeral_case::Model, place: &plot::Model) -> Result<bool> {
    let done = plot_occupant::Entity::update_many()
        .col_expr(plot_occupant::Column::CaseId, Expr::value(row.id))
        .filter(plot_occupant::Column::PlotId.eq(place.id))
        .filter(plot_occupant::Column::Person.eq(&row.deceased))
        .filter(plot_occupant::Column::LaidOn.is_null())
        .filter(plot_occupant::Column::LeftOn.is_null())
        .exec(act.tx)
        .await?;
    Ok(done.rows_affected > 0)
}

async fn seat(act: &Act<'_>, plot_id: Uuid, number: i32, case: Uuid, person: &str) -> Result<()> {
    let row = plot_occupant::ActiveModel {
        id: Set(id::new()),
        plot_id: Set(plot_id),
        seat: Set(number),
        case_id: Set(case),
        person: Set(person.to_owned()),
        laid_on: Set(None),
        left_on: Set(None),
    };
    plot_occupant::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| unique(e, taken))?;
    Ok(())
}

fn contract_row(
    place: &plot::Model,
    case: Option<Uuid>,
    (from, to): (NaiveDate, NaiveDate),
    (usage, upkeep): (i64, i64),
    renews: Option<Uuid>,
) -> plot_contract::ActiveModel {
    plot_contract::ActiveModel {
        id: Set(id::new()),
        plot_id: Set(place.id),
        case_id: Set(case),
        valid_from: Set(from),
        valid_to: Set(to),
        usage_fee: Set(usage),
        upkeep_fee: Set(upkeep),
        renews: Set(renews),
        ended_on: Set(None),
    }
}

async fn set(
    act: &Act<'_>,
    place: plot::Model,
    state: PlotState,
    term: Option<(NaiveDate, NaiveDate)>,
) -> Result<()> {
    let version = place.version + 1;
    let mut place: plot::ActiveModel = place.into();
    place.state = Set(state);
    place.held_until = Set(None);
    if let Some((from, to)) = term {
        place.contract_from = Set(Some(from));
        place.contract_to = Set(Some(to));
    }
    place.version = Set(version);
    place.update(act.tx).await?;
    Ok(())
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// F-8: both fees stand on the facility's list of today; each for the years of the term.
async fn fees(act: &Act<'_>, place: &plot::Model) -> Result<[Line; 2]> {
    let (usage, upkeep) = fees_of(place.kind);
    let years = i32::try_from(act.rules().value(Parameter::RenewalYears)).unwrap_or(1);
    Ok([usage, upkeep].map(|code| Line {
        item: code.to_owned(),
        quantity: years,
        on: act.today,
        price: None,
        requires: Vec::new(),
    }))
}

async fn charge_fees(
    act: &Act<'_>,
    row: &funeral_case::Model,
    place: &plot::Model,
) -> Result<(i64, i64)> {
    let lines = fees(act, place).await?;
    bills::add_lines(act, row, place.facility_id, &lines).await?;
    amounts(act, place, &lines).await
}

async fn amounts(act: &Act<'_>, place: &plot::Model, lines: &[Line; 2]) -> Result<(i64, i64)> {
    let codes: Vec<&str> = lines.iter().map(|l| l.item.as_str()).collect();
    let lists = Lists::of(act, place.facility_id, &codes).await?;
    let mut sums = [0; 2];
    for (sum, line) in sums.iter_mut().zip(lines) {
        let found = lists.line(&line.item, line.on);
        price::on_list(found.as_ref().map(|(_, l)| l), line.on)?;
        if let Some((published, listed)) = found {
            let unit = price::chargeable(published.price, listed.ceiling);
            *sum = price::line_amount(unit, line.quantity)?;
        }
    }
    Ok((sums[0], sums[1]))
}

/// The contract in force of a place.
async fn in_force<C: ConnectionTrait>(
    c: &C,
    plot_id: Uuid,
) -> Result<Option<plot_contract::Model>> {
    Ok(plot_contract::Entity::find()
        .filter(plot_contract::Column::PlotId.eq(plot_id))
        .filter(plot_contract::Column::EndedOn.is_null())
        .one(c)
        .await?)
}

/// F-9: the family renews within the grace after the term: a new contract from where the old one ended.
pub async fn renew(act: &Act<'_>, plot_id: Uuid, version: i64) -> Result<Uuid> {
    let place = plots::place(act.tx, plot_id).await?;
    let old = in_force(act.tx, plot_id).await?;
    let case = match &old {
        Some(plot_contract::Model {
            case_id: Some(case),
            ..
        }) => funeral_case::Entity::find_by_id(*case).one(act.tx).await?,
        _ => None,
    };
    let home = facilities::by_ids(act.tx, &[place.facility_id]).await?;
    let division = home
        .get(&place.facility_id)
        .map(|f| f.division_id)
        .ok_or(Error::NotFound)?;
    if !case
        .as_ref()
        .is_some_and(|c| authority::is_applicant(act.principal, c))
    {
        act.officer(scope::FUNERAL_CASE, division)?;
    }
    same_version(place.version, version)?;
    let state = advance(
        plots::seen(&place, act.now),
        PlotEvent::Renew,
        None,
        act.now,
    )?;
    let ended = place.contract_to.unwrap_or(act.today);
    // While its end is uncertain, the family may still renew.
    if matches!(
        has_run(grace_ends(ended, &act.rules()), act.today),
        Ok(true)
    ) {
        return Err(Error::Invalid(
            no_such_move("The time to renew has run out.", "续期宽限期已过。").field(&["plot"]),
        ));
    }
    let lines = fees(act, &place).await?;
    let fees = amounts(act, &place, &lines).await?;
    let until = renewal_due(ended, &act.rules());
    let (renews, case_id) = (
        old.as_ref().map(|o| o.id),
        old.as_ref().and_then(|o| o.case_id),
    );
    if let Some(old) = old {
        let mut old: plot_contract::ActiveModel = old.into();
        old.ended_on = Set(Some(ended));
        old.update(act.tx).await?;
    }
    let contract = contract_row(&place, case_id, (ended, until), fees, renews);
    plot_contract::Entity::insert(contract)
        .exec_without_returning(act.tx)
        .await?;
    // The place stays with the family for the new term.
    plot_hold::Entity::update_many()
        .col_expr(plot_hold::Column::ExpiresAt, Expr::value(midnight(until)))
        .filter(plot_hold::Column::PlotId.eq(plot_id))
        .filter(plot_hold::Column::EndedAt.is_null())
        .exec(act.tx)
        .await?;
    set(act, place, state, Some((ended, until))).await?;
    act.done(
        ("Plot", plot_id),
        "PlotChanged",
        None,
        json!({ "state": state, "renewedUntil": until }),
    )
    .await?;
    Ok(plot_id)
}

/// F-9: takes a place back when the grace after its term has run out.
pub async fn close(act: &Act<'_>, plot_id: Uuid, version: i64) -> Result<Uuid> {
    let place = plots::place(act.tx, plot_id).await?;
    let home = facilities::by_ids(act.tx, &[place.facility_id]).await?;
    let division = home
        .get(&place.facility_id)
        .map(|f| f.division_id)
        .ok_or(Error::NotFound)?;
    act.officer(scope::FUNERAL_CASE, division)?;
    same_version(place.version, version)?;
    let state = advance(
        plots::seen(&place, act.now),
        PlotEvent::Close,
        None,
        act.now,
    )?;
    may_close(
        place.contract_to.map(|end| grace_ends(end, &act.rules())),
        act.today,
    )?;
    plot_contract::Entity::update_many()
        .col_expr(plot_contract::Column::EndedOn, Expr::value(act.today))
        .filter(plot_contract::Column::PlotId.eq(plot_id))
        .filter(plot_contract::Column::EndedOn.is_null())
        .exec(act.tx)
        .await?;
    plot_occupant::Entity::update_many()
        .col_expr(plot_occupant::Column::LeftOn, Expr::value(act.today))
        .filter(plot_occupant::Column::PlotId.eq(plot_id))
        .filter(plot_occupant::Column::LeftOn.is_null())
        .exec(act.tx)
        .await?;
    plot_hold::Entity::update_many()
        .col_expr(plot_hold::Column::EndedAt, Expr::value(act.now))
        .filter(plot_hold::Column::PlotId.eq(plot_id))
        .filter(plot_hold::Column::EndedAt.is_null())
        .exec(act.tx)
        .await?;
    set(act, place, state, None).await?;
    act.done(
        ("Plot", plot_id),
        "PlotChanged",
        None,
        json!({ "state": state }),
    )
    .await?;
    Ok(plot_id)
}

/// The niche or grave in which a seat is the case's.
pub async fn allocated<C: ConnectionTrait>(c: &C, case: Uuid) -> Result<Option<plot::Model>> {
    let seat = plot_occupant::Entity::find()
        .filter(plot_occupant::Column::CaseId.eq(case))
        .filter(plot_occupant::Column::LeftOn.is_null())
        .order_by_asc(plot_occupant::Column::Seat)
        .one(c)
        .await?;
    match seat {
        Some(seat) => Ok(plot::Entity::find_by_id(seat.plot_id).one(c).await?),
        None => Ok(None),
    }
}

/// Whether a case pays for a place: the contract is its own, and not that of who lies there already.
pub async fn pays_for<C: ConnectionTrait>(c: &C, case: Uuid, plot_id: Uuid) -> Result<bool> {
    Ok(in_force(c, plot_id)
        .await?
        .is_some_and(|contract| contract.case_id == Some(case)))
}

/// The contracts of cases, oldest first, with one statement.
pub async fn of_cases<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<plot_contract::Model>>> {
    let rows = plot_contract::Entity::find()
        .filter(plot_contract::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(plot_contract::Column::ValidFrom)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |r| r.case_id.unwrap_or_default()))
}
