//! What an officer decides when a division was divided: to which of its successors each facility goes, with its cases,
//! and each burial place and clean-up.
//!
//! A division that alone follows another takes all of this along by itself ([`crate::consumers::Divisions`]). Where
//! several follow, everything waits under the old one, in the hands of whoever works above all of them
//! ([`super::authority::covers`]), until it is assigned here. What was counted under the old division stays counted
//! there (D-7): a case keeps, in `counted_in`, where its cremation counts.

use minzheng_kit::contract::scope as contract_scope;
use minzheng_kit::divisions::assignment::{Assignment, may_assign};
use minzheng_kit::{Error, Result, UserError};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, ExprTrait, QueryFilter,
    QuerySelect, QueryTrait,
};
use serde_json::json;
use uuid::Uuid;

use super::act::{Act, same_version};
use super::scope;
use crate::model::{
    death_record, facility, funeral_case, hotline_ticket, illegal_grave, rural_burial_site,
};
use crate::rules::terms::TicketState;

/// The most of a kind in one assignment.
const MOST: usize = 500;

/// What is to be assigned.
#[derive(Clone, Debug)]
pub struct Assigning {
    /// The division that was divided.
    pub from: Uuid,
    /// The successor that gets it.
    pub to: Uuid,
    /// Facilities with the versions that were read, where they are compared.
    pub facilities: Vec<(Uuid, Option<i64>)>,
    /// Burial places of villages.
    pub sites: Vec<Uuid>,
    /// Clean-ups of illegal graves.
    pub graves: Vec<Uuid>,
}

/// Assigns what a divided division left to one of its successors; answers the facilities.
pub async fn assign(act: &Act<'_>, what: &Assigning) -> Result<Vec<Uuid>> {
    if !act.principal.has_scope(contract_scope::FUNERAL_CASE) {
        return Err(Error::Forbidden);
    }
    let order = &act.principal.divisions;
    let works = |division: &Uuid| act.principal.works_in(division);
    let asked =
        Assignment::to_successor(order, &what.from, &what.to, works).ok_or(Error::Forbidden)?;
    may_assign(&asked).map_err(|refusal| refusal.field(&["to"]))?;
    let all = what.facilities.len() + what.sites.len() + what.graves.len();
    if !(1..=MOST).contains(&all) {
        return Err(Error::Invalid(
            UserError::new(
                "TOO_MANY_ITEMS",
                "Name one facility, burial place or clean-up at least and 500 at most.",
                "应填写1至500个设施、安葬点或者整治案件。",
            )
            .field(&["facilities"]),
        ));
    }
    scope::ensure(act.tx, what.to).await?;
    let mut homes: Vec<Uuid> = Vec::with_capacity(what.facilities.len());
    for (home, version) in &what.facilities {
        if !homes.contains(home) {
            one_facility(act, what, *home, *version).await?;
            homes.push(*home);
        }
    }
    cases_of(act, what, &homes).await?;
    for site in &what.sites {
        let row = rural_burial_site::Entity::find_by_id(*site)
            .one(act.tx)
            .await?
            .filter(|row| row.division_id == what.from)
            .ok_or_else(|| not_of_it("burialSites"))?;
        let version = row.version + 1;
        let mut row: rural_burial_site::ActiveModel = row.into();
        row.division_id = Set(what.to);
        row.version = Set(version);
        row.update(act.tx).await?;
        told(act, ("RuralBurialSite", *site), "BurialSiteAssigned", what).await?;
    }
    for grave in &what.graves {
        let row = illegal_grave::Entity::find_by_id(*grave)
            .one(act.tx)
            .await?
            .filter(|row| row.division_id == what.from)
            .ok_or_else(|| not_of_it("illegalGraves"))?;
        let version = row.version + 1;
        let mut row: illegal_grave::ActiveModel = row.into();
        row.division_id = Set(what.to);
        row.version = Set(version);
        row.update(act.tx).await?;
        told(act, ("IllegalGrave", *grave), "IllegalGraveAssigned", what).await?;
    }
    Ok(homes)
}

fn not_of_it(field: &'static str) -> Error {
    Error::Invalid(
        UserError::new(
            "NOT_OF_THIS_DIVISION",
            "What is named does not stand under this division.",
            "所列事项不属于该行政区划。",
        )
        .field(&[field]),
    )
}

async fn told(
    act: &Act<'_>,
    entity: (&'static str, Uuid),
    event: &'static str,
    what: &Assigning,
) -> Result<()> {
    let (before, after) = (
        json!({ "division": what.from }),
        json!({ "division": what.to }),
    );
    act.done(entity, event, Some(before), after).await
}

async fn one_facility(
    act: &Act<'_>,
    what: &Assigning,
    home: Uuid,
    version: Option<i64>,
) -> Result<()> {
    let row = facility::Entity::find_by_id(home)
        .one(act.tx)
        .await?
        .filter(|row| row.division_id == what.from)
        .ok_or_else(|| not_of_it("facilities"))?;
    if let Some(version) = version {
        same_version(row.version, version)?;
    }
    let version = row.version + 1;
    let mut row: facility::ActiveModel = row.into();
    row.division_id = Set(what.to);
    row.version = Set(version);
    row.update(act.tx).await?;
    told(act, ("FuneralFacility", home), "FacilityAssigned", what).await
}

/// The cases of facilities go along with them, those that ended too: their officers keep the records. A cremation of
/// before is counted where it was (D-7).
async fn cases_of(act: &Act<'_>, what: &Assigning, homes: &[Uuid]) -> Result<()> {
    use funeral_case::Column;
    let here = |column: Column| column.is_in(homes.iter().copied());
    funeral_case::Entity::update_many()
        .col_expr(Column::CountedIn, Expr::value(what.from))
        .filter(here(Column::FacilityId))
        .filter(Column::DivisionId.eq(what.from))
        .filter(Column::CrematedMonth.is_not_null())
        .filter(Column::CountedIn.is_null())
        .exec(act.tx)
        .await?;
    let deaths = funeral_case::Entity::find()
        .select_only()
        .column(Column::DeathId)
        .filter(here(Column::FacilityId))
        .into_query();
    death_record::Entity::update_many()
        .col_expr(death_record::Column::DivisionId, Expr::value(what.to))
        .filter(death_record::Column::Id.in_subquery(deaths))
        .filter(death_record::Column::DivisionId.eq(what.from))
        .exec(act.tx)
        .await?;
    hotline_ticket::Entity::update_many()
        .col_expr(hotline_ticket::Column::DivisionId, Expr::value(what.to))
        .col_expr(
            hotline_ticket::Column::Version,
            Expr::col(hotline_ticket::Column::Version).add(1),
        )
        .filter(hotline_ticket::Column::FacilityId.is_in(homes.iter().copied()))
        .filter(hotline_ticket::Column::DivisionId.eq(what.from))
        .filter(hotline_ticket::Column::State.ne(TicketState::Closed))
        .exec(act.tx)
        .await?;
    funeral_case::Entity::update_many()
        .col_expr(Column::DivisionId, Expr::value(what.to))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(here(Column::FacilityId))
        .filter(Column::DivisionId.eq(what.from))
        .exec(act.tx)
        .await?;
    Ok(())
}
