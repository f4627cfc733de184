//! Demonstration data of one province: 2,000 organizations and all that hangs on them.
//!
//! Everything follows from the province and the figures of the five reports ([`figures`]): the same
//! province gives the same rows on every machine. Report figures are exact over the period of their
//! report (福州 and 徐州: January to June 2023); what is invented around them lies in other months or
//! other divisions, so that sums over the report's period and division are the report's figures.
//! Organizations are invented; credit codes carry the division 9901, which was never issued.
//!
//! Organizations are numbered by `n`: 0–29 run funeral facilities, 30–59 counsel couples (both civil
//! non-enterprise units, kind 2), 60 is the association of the story "check this association before
//! joining", 61 is led by the tutorial's citizen and still owes its report on 2025, 62 carries the
//! old name of its division.

pub mod figures;

mod development;
mod land;
mod names;
mod procedures;
mod roll;
mod split;
mod supervision;

pub use procedures::LISTED_FUNERAL_OPERATOR;

use crate::model::{
    adoption, annual_report, branch, cleanup_case, cleanup_step, code_segment, credit_listing,
    fee_reduction, filing, inspection, letter, liquidation, member_stat, micro_fund, name_claim,
    office, organization, organization_name, party_unit, penalty, permit_case, permit_person,
    project, project_partner, rating, target, territory,
};
use kit::Services;
use minzheng_kit as kit;
use sea_orm::{ActiveModelTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QuerySelect};
use std::sync::Arc;

/// How many organizations a province has in the demonstration.
pub const ORGANIZATIONS: usize = 2_000;

/// The association of request 5, "check this association before joining".
pub const STORY_ASSOCIATION: usize = 60;

/// The association that the tutorial's citizen leads.
pub const CITIZENS_ASSOCIATION: usize = 61;

/// The association that still carries the old name of its division.
pub const OLD_NAMED_ASSOCIATION: usize = 62;

/// All rows, before they are written.
#[derive(Clone, Debug, Default)]
struct Rows {
    territory: Vec<territory::Model>,
    organizations: Vec<organization::Model>,
    names: Vec<organization_name::Model>,
    offices: Vec<office::Model>,
    members: Vec<member_stat::Model>,
    reports: Vec<annual_report::Model>,
    ratings: Vec<rating::Model>,
    listings: Vec<credit_listing::Model>,
    cleanups: Vec<cleanup_case::Model>,
    permits: Vec<permit_case::Model>,
    fees: Vec<fee_reduction::Model>,
    projects: Vec<project::Model>,
    adoptions: Vec<adoption::Model>,
    funds: Vec<micro_fund::Model>,
    parties: Vec<party_unit::Model>,
    targets: Vec<target::Model>,
    permit_persons: Vec<permit_person::Model>,
    claims: Vec<name_claim::Model>,
    segments: Vec<code_segment::Model>,
    branches: Vec<branch::Model>,
    filings: Vec<filing::Model>,
    liquidations: Vec<liquidation::Model>,
    penalties: Vec<penalty::Model>,
    inspections: Vec<inspection::Model>,
    letters: Vec<letter::Model>,
    steps: Vec<cleanup_step::Model>,
    partners: Vec<project_partner::Model>,
}

/// The credit code of organization `n` of a province.
#[must_use]
pub fn credit_code(province: &str, n: usize) -> String {
    let kind = roll::kind_of(n);
    let (letter, level) = match kind {
        crate::vocabulary::OrgKind::SocialGroup => ('1', "9901"),
        crate::vocabulary::OrgKind::CivilNonEnterprise => ('2', "9901"),
        crate::vocabulary::OrgKind::Foundation => ('3', "0000"),
    };
    let number = u32::try_from(n).unwrap_or_default();
    kit::demo::credit_code(province, &format!("{province}{level}"), letter, number)
}

/// Writes the data in one transaction; does nothing where there is some already.
pub async fn seed<'p>(
    s: &Services,
    progress: &(dyn Fn(&'p str, usize, usize) + Sync),
) -> kit::Result<()> {
    const WHAT: &str = "organizations";
    progress(WHAT, 0, ORGANIZATIONS);
    let rows = Arc::new(rows(s));
    s.db.write(move |tx| {
        let rows = Arc::clone(&rows);
        Box::pin(async move { write(tx, &rows).await })
    })
    .await?;
    progress(WHAT, ORGANIZATIONS, ORGANIZATIONS);
    Ok(())
}

/// All rows of the province of `s`: a pure function of it and of the key that makes person tokens.
fn rows(s: &Services) -> Rows {
    let Some(land) = land::Land::of(s.province.as_str()) else {
        tracing::warn!(
            province = s.province.as_str(),
            "no divisions of this province: no organizations"
        );
        return Rows::default();
    };
    let mut rows = Rows {
        territory: land.territory(),
        ..Rows::default()
    };
    let today = s.clock.today();
    roll::fill(&land, s, &mut rows);
    supervision::fill(&land, today, &mut rows);
    development::fill(&land, &mut rows);
    procedures::fill(&land, s, &mut rows);
    rows
}

async fn write(tx: &DatabaseTransaction, rows: &Rows) -> kit::Result<()> {
    let any = organization::Entity::find().limit(1).one(tx).await?;
    if any.is_some() {
        return Ok(());
    }
    insert(tx, &rows.territory).await?;
    insert(tx, &rows.organizations).await?;
    insert(tx, &rows.names).await?;
    insert(tx, &rows.offices).await?;
    insert(tx, &rows.members).await?;
    insert(tx, &rows.reports).await?;
    insert(tx, &rows.ratings).await?;
    insert(tx, &rows.listings).await?;
    insert(tx, &rows.cleanups).await?;
    insert(tx, &rows.permits).await?;
    insert(tx, &rows.fees).await?;
    insert(tx, &rows.projects).await?;
    insert(tx, &rows.adoptions).await?;
    insert(tx, &rows.funds).await?;
    insert(tx, &rows.parties).await?;
    insert(tx, &rows.targets).await?;
    insert(tx, &rows.permit_persons).await?;
    insert(tx, &rows.claims).await?;
    insert(tx, &rows.segments).await?;
    insert(tx, &rows.branches).await?;
    insert(tx, &rows.filings).await?;
    insert(tx, &rows.liquidations).await?;
    insert(tx, &rows.penalties).await?;
    insert(tx, &rows.inspections).await?;
    insert(tx, &rows.letters).await?;
    insert(tx, &rows.steps).await?;
    insert(tx, &rows.partners).await
}

async fn insert<M, A>(tx: &DatabaseTransaction, rows: &[M]) -> kit::Result<()>
where
    M: Clone + IntoActiveModel<A> + Sync,
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A>,
{
    let active: Vec<A> = rows
        .iter()
        .cloned()
        .map(IntoActiveModel::into_active_model)
        .collect();
    kit::database::insert_many(tx, active).await
}
