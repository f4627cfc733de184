//! Voyages for burials at sea: planned, enrolled within their quota, closed. F-12.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use minzheng_kit::contract::scope;
use minzheng_kit::{Error, Result, UserError, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait,
    QueryFilter, QueryOrder,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, plain, same_version, short, unique, unknown};
use super::collection::Seen;
use super::course::{self, By, Handover, Step};
use super::interments::{self, Asked, Interred};
use super::people::group;
use super::{cremations, month_of, scope as divisions};
use crate::model::{funeral_case, sea_enrolment, sea_guest, sea_voyage, sealed};
use crate::rules::no_such_move;
use crate::rules::sea::{self, Voyage};
use crate::rules::settings::Parameter;
use crate::rules::terms::{CaseAct, CaseState, EnrolmentState, Holder, IntermentKind};

/// A voyage as the rules see it.
pub fn judged(row: &sea_voyage::Model) -> Voyage {
    Voyage {
        sails_on: row.sails_on,
        quota: row.quota,
        enrolled: row.enrolled,
        guests: row.guests,
        done: row.carried.is_some(),
        cancelled: row.cancelled_on.is_some(),
    }
}

/// Plans a voyage of a division; rounds are numbered on.
pub async fn plan(
    act: &Act<'_>,
    division: Uuid,
    port: &str,
    sails_on: NaiveDate,
    quota: i32,
) -> Result<Uuid> {
    act.officer(scope::FUNERAL_CASE, division)?;
    divisions::ensure(act.tx, division).await?;
    if sails_on <= act.today || !(1..=1_000).contains(&quota) {
        return Err(Error::Invalid(
            UserError::new(
                "VOYAGE_PLAN",
                "A voyage lies after today and takes 1 to 1,000 sets of ashes.",
                "航次须在今日之后，名额1至1000份。",
            )
            .field(&["quota"]),
        ));
    }
    let last = sea_voyage::Entity::find()
        .filter(sea_voyage::Column::DivisionId.eq(division))
        .order_by_desc(sea_voyage::Column::Round)
        .one(act.tx)
        .await?;
    let key = id::new();
    let row = sea_voyage::ActiveModel {
        id: Set(key),
        division_id: Set(division),
        round: Set(last.map_or(1, |v| v.round + 1)),
        port: Set(short(port, "port", 40)?.to_owned()),
        sails_on: Set(sails_on),
        sails_month: Set(month_of(sails_on)),
        quota: Set(quota),
        enrolled: Set(0),
        guests: Set(0),
        carried: Set(None),
        cancelled_on: Set(None),
        version: Set(1),
    };
    sea_voyage::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    act.done(
        ("SeaBurialVoyage", key),
        "VoyagePlanned",
        None,
        json!({ "sailsOn": sails_on, "quota": quota }),
    )
    .await?;
    Ok(key)
}

async fn voyage(act: &Act<'_>, key: Uuid) -> Result<sea_voyage::Model> {
    sea_voyage::Entity::find_by_id(key)
        .one(act.tx)
        .await?
        .ok_or_else(|| unknown("voyage", "There is no such voyage.", "没有该航次。"))
}

/// Enrols the ashes of a case. The count and the quota are compared by the database in the same
/// statement, so that a quota is never exceeded.
pub async fn enrol(act: &Act<'_>, seen: Seen, voyage_id: Uuid, relatives: i32) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::OfficerOrApplicant).await?;
    let trip = voyage(act, voyage_id).await?;
    sea::enrol(
        &judged(&trip),
        row.state,
        relatives,
        act.today,
        &act.rules(),
    )?;
    let key = id::new();
    let enrolled = sea_enrolment::ActiveModel {
        id: Set(key),
        voyage_id: Set(voyage_id),
        case_id: Set(row.id),
        relatives: Set(relatives),
        state: Set(EnrolmentState::Enrolled),
        enrolled_at: Set(act.now),
        ended_at: Set(None),
    };
    sea_enrolment::Entity::insert(enrolled)
        .exec_without_returning(act.tx)
        .await
        .map_err(|e| {
            unique(e, || {
                UserError::new(
                    "ENROLLED_ALREADY",
                    "These ashes are enrolled already.",
                    "该骨灰已报名。",
                )
                .field(&["case"])
            })
        })?;
    take_places(act, voyage_id, 1, 0).await?;
    course::step(act, &row, Step::note(CaseAct::SeaEnrolled, key), |_| ()).await?;
    Ok(row.id)
}

/// Takes places of a voyage, `guests` of them for families of elsewhere. The count and the quota are compared in
/// the same statement.
async fn take_places(act: &Act<'_>, voyage_id: Uuid, sets: i32, guests: i32) -> Result<()> {
    let room = sea_voyage::Entity::update_many()
        .col_expr(
            sea_voyage::Column::Enrolled,
            Expr::col(sea_voyage::Column::Enrolled).add(sets),
        )
        .col_expr(
            sea_voyage::Column::Guests,
            Expr::col(sea_voyage::Column::Guests).add(guests),
        )
        .filter(sea_voyage::Column::Id.eq(voyage_id))
        .filter(
            Expr::col(sea_voyage::Column::Enrolled)
                .add(sets)
                .lte(Expr::col(sea_voyage::Column::Quota)),
        )
        .exec(act.tx)
        .await?;
    if room.rows_affected == 0 {
        return Err(Error::Invalid(sea::full()));
    }
    Ok(())
}

/// Sets of ashes from elsewhere.
#[derive(Clone, Debug)]
pub struct Guests {
    /// Where they come from.
    pub origin: String,
    /// The paper that they come with.
    pub paper: String,
    /// How many.
    pub sets: i32,
}

/// F-12: enrols sets of ashes of families who have no case here, within the quota like all others.
pub async fn enrol_guests(
    act: &Act<'_>,
    voyage_id: Uuid,
    version: i64,
    guests: &Guests,
) -> Result<Uuid> {
    let trip = voyage(act, voyage_id).await?;
    act.officer(scope::FUNERAL_CASE, trip.division_id)?;
    same_version(trip.version, version)?;
    sea::enrol_guests(&judged(&trip), guests.sets, act.today)?;
    let key = id::new();
    let paper = short(&guests.paper, "paper", 60)?;
    let paper = act.seal(&sealed::GUEST_PAPER, key, paper).await?;
    let row = sea_guest::ActiveModel {
        id: Set(key),
        voyage_id: Set(voyage_id),
        origin: Set(plain(&guests.origin, "origin", 60)?.to_owned()),
        paper: Set(paper),
        sets: Set(guests.sets),
        enrolled_at: Set(act.now),
        officer: Set(act.subject()),
    };
    sea_guest::Entity::insert(row)
        .exec_without_returning(act.tx)
        .await?;
    take_places(act, voyage_id, guests.sets, guests.sets).await?;
    act.done(
        ("SeaBurialVoyage", voyage_id),
        "VoyageGuestsEnrolled",
        None,
        json!({ "sets": guests.sets, "record": key }),
    )
    .await?;
    Ok(voyage_id)
}

/// The enrolment of a case on a voyage that has not ended.
pub async fn enrolled<C: ConnectionTrait>(
    c: &C,
    case: Uuid,
) -> Result<Option<sea_enrolment::Model>> {
    Ok(sea_enrolment::Entity::find()
        .filter(sea_enrolment::Column::CaseId.eq(case))
        .filter(sea_enrolment::Column::State.eq(EnrolmentState::Enrolled))
        .one(c)
        .await?)
}

/// Ends the enrolment of a case that is called off, if it has one on a voyage to come.
pub async fn call_off_of_case(act: &Act<'_>, case: Uuid) -> Result<()> {
    match enrolled(act.tx, case).await? {
        Some(enrolled) => leave(act, enrolled).await.map(|_| ()),
        None => Ok(()),
    }
}

/// Calls an enrolment off; its place is free again while the voyage has not sailed.
pub async fn withdraw(act: &Act<'_>, seen: Seen) -> Result<Uuid> {
    let row = course::load(act, seen.case, seen.version, By::OfficerOrApplicant).await?;
    let enrolled = enrolled(act.tx, row.id)
        .await?
        .ok_or_else(|| unknown("case", "These ashes are not enrolled.", "本案未报名海葬。"))?;
    let key = leave(act, enrolled).await?;
    course::step(act, &row, Step::note(CaseAct::SeaCancelled, key), |_| ()).await?;
    Ok(row.id)
}

async fn leave(act: &Act<'_>, enrolled: sea_enrolment::Model) -> Result<Uuid> {
    let trip = voyage(act, enrolled.voyage_id).await?;
    if act.today >= trip.sails_on {
        return Err(Error::Invalid(no_such_move(
            "The voyage has sailed.",
            "航次已出航。",
        )));
    }
    let key = enrolled.id;
    let mut enrolled: sea_enrolment::ActiveModel = enrolled.into();
    enrolled.state = Set(EnrolmentState::Cancelled);
    enrolled.ended_at = Set(Some(act.now));
    enrolled.update(act.tx).await?;
    sea_voyage::Entity::update_many()
        .col_expr(
            sea_voyage::Column::Enrolled,
            Expr::col(sea_voyage::Column::Enrolled).sub(1),
        )
        .filter(sea_voyage::Column::Id.eq(trip.id))
        .filter(Expr::col(sea_voyage::Column::Enrolled).gt(0))
        .exec(act.tx)
        .await?;
    Ok(key)
}

/// Calls a voyage off; all who were enrolled are free to choose another.
pub async fn call_off(act: &Act<'_>, voyage_id: Uuid, version: i64) -> Result<Uuid> {
    let trip = voyage(act, voyage_id).await?;
    act.officer(scope::FUNERAL_CASE, trip.division_id)?;
    same_version(trip.version, version)?;
    if trip.carried.is_some() || trip.cancelled_on.is_some() {
        return Err(Error::Invalid(no_such_move(
            "The voyage has ended already.",
            "该航次已结束。",
        )));
    }
    end_all(act, voyage_id, EnrolmentState::Cancelled, None).await?;
    let mut trip: sea_voyage::ActiveModel = trip.into();
    trip.cancelled_on = Set(Some(act.today));
    trip.version = Set(version + 1);
    trip.update(act.tx).await?;
    act.done(
        ("SeaBurialVoyage", voyage_id),
        "VoyageCancelled",
        None,
        json!({ "cancelledOn": act.today }),
    )
    .await?;
    Ok(voyage_id)
}

async fn end_all(
    act: &Act<'_>,
    voyage_id: Uuid,
    state: EnrolmentState,
    except: Option<&[Uuid]>,
) -> Result<()> {
    let mut update = sea_enrolment::Entity::update_many()
        .col_expr(sea_enrolment::Column::State, Expr::value(state))
        .col_expr(sea_enrolment::Column::EndedAt, Expr::value(act.now))
        .filter(sea_enrolment::Column::VoyageId.eq(voyage_id))
        .filter(sea_enrolment::Column::State.eq(EnrolmentState::Enrolled));
    if let Some(except) = except {
        update = update.filter(sea_enrolment::Column::CaseId.is_not_in(except.iter().copied()));
    }
    update.exec(act.tx).await?;
    Ok(())
}

/// Closes a voyage: the cases whose ashes were given to the sea are interred, the others are free again. `others`
/// are sets of ashes carried for families of elsewhere, who have no case here and were enrolled as guests.
pub async fn close(
    act: &Act<'_>,
    voyage_id: Uuid,
    version: i64,
    carried: &[Uuid],
    others: i32,
) -> Result<Uuid> {
    let trip = voyage(act, voyage_id).await?;
    act.officer(scope::FUNERAL_CASE, trip.division_id)?;
    same_version(trip.version, version)?;
    let named: HashSet<Uuid> = carried.iter().copied().collect();
    sea::close(&judged(&trip), named.len(), others, act.today)?;
    let enrolled = sea_enrolment::Entity::find()
        .filter(sea_enrolment::Column::VoyageId.eq(voyage_id))
        .filter(sea_enrolment::Column::State.eq(EnrolmentState::Enrolled))
        .all(act.tx)
        .await?;
    let aboard: HashMap<Uuid, sea_enrolment::Model> =
        enrolled.into_iter().map(|e| (e.case_id, e)).collect();
    if named.iter().any(|case| !aboard.contains_key(case)) {
        return Err(unknown(
            "carried",
            "A case is named that was not enrolled.",
            "所列案件未报名本航次。",
        ));
    }
    let keys: Vec<Uuid> = named.iter().copied().collect();
    let cases = funeral_case::Entity::find()
        .filter(funeral_case::Column::Id.is_in(keys.iter().copied()))
        .order_by_asc(funeral_case::Column::Id)
        .all(act.tx)
        .await?;
    sea::carried(cases.iter().map(|row| (row.number.as_str(), row.state)))?;
    for row in &cases {
        carry(act, row, &trip).await?;
    }
    sea_enrolment::Entity::update_many()
        .col_expr(
            sea_enrolment::Column::State,
            Expr::value(EnrolmentState::Carried),
        )
        .col_expr(sea_enrolment::Column::EndedAt, Expr::value(act.now))
        .filter(sea_enrolment::Column::VoyageId.eq(voyage_id))
        .filter(sea_enrolment::Column::CaseId.is_in(keys.iter().copied()))
        .filter(sea_enrolment::Column::State.eq(EnrolmentState::Enrolled))
        .exec(act.tx)
        .await?;
    end_all(act, voyage_id, EnrolmentState::Missed, Some(&keys)).await?;
    let total = i32::try_from(named.len())
        .unwrap_or(i32::MAX)
        .saturating_add(others);
    let mut trip: sea_voyage::ActiveModel = trip.into();
    trip.carried = Set(Some(total));
    trip.version = Set(version + 1);
    trip.update(act.tx).await?;
    act.done(
        ("SeaBurialVoyage", voyage_id),
        "VoyageClosed",
        None,
        json!({ "carried": total }),
    )
    .await?;
    Ok(voyage_id)
}

async fn carry(act: &Act<'_>, row: &funeral_case::Model, trip: &sea_voyage::Model) -> Result<()> {
    let key = id::new();
    let made = Interred {
        key,
        asked: Asked {
            kind: IntermentKind::Sea,
            facility: None,
            on: trip.sails_on,
            keeps_ashes: false,
            villager: false,
            custom: None,
        },
        facility: None,
        plot: None,
        voyage: Some(trip.id),
        respected: false,
        subsidy: act.rules().value(Parameter::EcoSubsidyFen),
    };
    interments::write(act, row, &made, None).await?;
    let box_no = cremations::end_custody(act, row.id).await?;
    course::hand_over(
        act,
        row,
        None,
        Holder::Sea,
        act.now,
        Handover {
            box_no,
            checker: None,
        },
    )
    .await?;
    course::step(
        act,
        row,
        Step::moves(CaseAct::Interred, CaseState::Interred, Some(key)),
        |_| (),
    )
    .await?;
    Ok(())
}

/// The enrolments of cases, oldest first, with one statement.
pub async fn of_cases<C: ConnectionTrait>(
    c: &C,
    cases: &[Uuid],
) -> Result<HashMap<Uuid, Vec<sea_enrolment::Model>>> {
    let rows = sea_enrolment::Entity::find()
        .filter(sea_enrolment::Column::CaseId.is_in(cases.iter().copied()))
        .order_by_asc(sea_enrolment::Column::EnrolledAt)
        .all(c)
        .await?;
    Ok(group(rows, usize::MAX, |r| r.case_id))
}
