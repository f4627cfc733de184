//! What organizations do for others, and what is done for them: fees cut, projects, adoptions, funds,
//! hubs, party bodies. All totals are sums of rows; a target is read beside a result, never added.

use super::statistics::{CUT_FEN, ENTERPRISES};
use super::{Months, among, within};
use crate::model::{
    adoption, fee_reduction, micro_fund, organization, party_unit, project, project_partner,
    target, territory,
};
use crate::vocabulary::{HubKind, OrgState};
use kit::suppress::{Cell, Cells, Policy};
use minzheng_kit as kit;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Fees cut in a division over a range of months.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct FeeSummary {
    /// The division.
    pub ancestor: Uuid,
    /// Associations that cut a fee.
    pub associations: i64,
    /// Enterprises that pay less.
    pub enterprises: i64,
    /// What they save, in fen.
    pub cut_fen: i64,
}

/// Fees cut in many divisions; a division without any is missing.
pub async fn fee_summaries(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    range: Months,
) -> kit::Result<HashMap<Uuid, FeeSummary>> {
    let rows = territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .expr_as(Expr::cust("COUNT(DISTINCT credit_code)"), "associations")
        .expr_as(Expr::cust(ENTERPRISES), "enterprises")
        .expr_as(Expr::cust(CUT_FEN), "cut_fen")
        .join(
            JoinType::InnerJoin,
            within::<fee_reduction::Entity>(fee_reduction::Column::DivisionId),
        )
        .filter(among(territory::Column::Ancestor, divisions))
        .filter(fee_reduction::Column::Month.between(range.from, range.to))
        .group_by(territory::Column::Ancestor)
        .into_model::<FeeSummary>()
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.ancestor, row)).collect())
}

/// Projects of the five partners in a division.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct ProjectSummary {
    /// Projects.
    pub projects: i64,
    /// Of them pilots.
    pub pilots: i64,
    /// Of them among the ten best of the province.
    pub honoured: i64,
    /// Money put in, in fen.
    pub amount_fen: i64,
    /// Community organizations grown.
    pub organizations_grown: i64,
    /// People served.
    pub people_served: i64,
    /// How many of the rows give the people only roughly.
    pub approximate: i64,
}

fn sum(expression: &str) -> Expr {
    Expr::cust(format!("CAST(COALESCE(SUM({expression}), 0) AS BIGINT)"))
}

/// The projects of a division, summed.
pub async fn project_summary(
    db: &impl ConnectionTrait,
    division: Uuid,
) -> kit::Result<ProjectSummary> {
    Ok(territory::Entity::find()
        .select_only()
        .column_as(project::Column::Id.count(), "projects")
        .expr_as(sum("CASE WHEN pilot THEN 1 ELSE 0 END"), "pilots")
        .expr_as(sum("CASE WHEN honoured THEN 1 ELSE 0 END"), "honoured")
        .expr_as(sum("amount_fen"), "amount_fen")
        .expr_as(sum("organizations_grown"), "organizations_grown")
        .expr_as(sum("people_served"), "people_served")
        .expr_as(
            sum("CASE WHEN people_approximate THEN 1 ELSE 0 END"),
            "approximate",
        )
        .join(
            JoinType::InnerJoin,
            within::<project::Entity>(project::Column::DivisionId),
        )
        .filter(territory::Column::Ancestor.eq(division))
        .into_model::<ProjectSummary>()
        .one(db)
        .await?
        .unwrap_or_default())
}

/// The projects of a division; to be paged by id.
#[must_use]
pub fn projects(division: Uuid) -> Select<project::Entity> {
    project::Entity::find()
        .join(
            JoinType::InnerJoin,
            project::Entity::belongs_to(territory::Entity)
                .from(project::Column::DivisionId)
                .to(territory::Column::Division)
                .into(),
        )
        .filter(territory::Column::Ancestor.eq(division))
}

/// The partners of these projects, by project.
pub async fn partners(
    db: &impl ConnectionTrait,
    projects: &[Uuid],
) -> kit::Result<HashMap<Uuid, Vec<project_partner::Model>>> {
    let rows = project_partner::Entity::find()
        .filter(among(project_partner::Column::ProjectId, projects))
        .order_by_asc(project_partner::Column::Kind)
        .order_by_asc(project_partner::Column::Id)
        .all(db)
        .await?;
    Ok(super::grouped(rows, |row| row.project_id))
}

/// The small funds of a division; to be paged by id.
#[must_use]
pub fn funds(division: Uuid) -> Select<micro_fund::Entity> {
    micro_fund::Entity::find()
        .join(
            JoinType::InnerJoin,
            micro_fund::Entity::belongs_to(territory::Entity)
                .from(micro_fund::Column::DivisionId)
                .to(territory::Column::Division)
                .into(),
        )
        .filter(territory::Column::Ancestor.eq(division))
}

/// Small funds of communities in a division.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, FromQueryResult)]
pub struct FundSummary {
    /// Funds.
    pub funds: i64,
    /// Their money, in fen.
    pub amount_fen: i64,
    /// How many of the rows give the amount only roughly.
    pub approximate: i64,
}

/// The funds of a division, summed.
pub async fn fund_summary(db: &impl ConnectionTrait, division: Uuid) -> kit::Result<FundSummary> {
    Ok(territory::Entity::find()
        .select_only()
        .column_as(micro_fund::Column::Id.count(), "funds")
        .expr_as(sum("amount_fen"), "amount_fen")
        .expr_as(
            sum("CASE WHEN approximate THEN 1 ELSE 0 END"),
            "approximate",
        )
        .join(
            JoinType::InnerJoin,
            within::<micro_fund::Entity>(micro_fund::Column::DivisionId),
        )
        .filter(territory::Column::Ancestor.eq(division))
        .into_model::<FundSummary>()
        .one(db)
        .await?
        .unwrap_or_default())
}

/// Adoptions of poor households in a division.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AdoptionSummary {
    /// Organizations that adopt.
    pub organizations: i64,
    /// Households adopted; `None` where the number is withheld.
    pub households: Option<i64>,
    /// How many of the rows give the households only roughly.
    pub approximate: i64,
}

#[derive(FromQueryResult)]
struct Adopted {
    organizations: i64,
    approximate: i64,
}

#[derive(FromQueryResult)]
struct Part {
    ancestor: Uuid,
    division: Uuid,
    households: i64,
}

/// The adoptions of a division, summed. One or two households are withheld, for a neighbour would know
/// who is poor; and so are as many other divisions as would give them back by a difference. What is
/// withheld follows from the whole province's table, so that no two questions together tell more.
pub async fn adoption_summary(
    db: &impl ConnectionTrait,
    division: Uuid,
) -> kit::Result<AdoptionSummary> {
    let adopted = || {
        territory::Entity::find().select_only().join(
            JoinType::InnerJoin,
            within::<adoption::Entity>(adoption::Column::DivisionId),
        )
    };
    let here = adopted()
        .expr_as(Expr::cust("COUNT(DISTINCT credit_code)"), "organizations")
        .expr_as(
            sum("CASE WHEN approximate THEN 1 ELSE 0 END"),
            "approximate",
        )
        .filter(territory::Column::Ancestor.eq(division))
        .into_model::<Adopted>()
        .one(db)
        .await?;
    let parts = adopted()
        .column(territory::Column::Ancestor)
        .column(territory::Column::Division)
        .expr_as(sum("households"), "households")
        .group_by(territory::Column::Ancestor)
        .group_by(territory::Column::Division)
        .into_model::<Part>()
        .all(db)
        .await?;
    Ok(AdoptionSummary {
        organizations: here.as_ref().map_or(0, |here| here.organizations),
        households: households(&parts, division),
        approximate: here.map_or(0, |here| here.approximate),
    })
}

/// The households of a division, from the table of all: the divisions of registration and all above them.
fn households(parts: &[Part], division: Uuid) -> Option<i64> {
    let mut cells = Cells::new();
    let mut own: BTreeMap<Uuid, Cell> = BTreeMap::new();
    for part in parts {
        let count = u64::try_from(part.households).unwrap_or_default();
        own.entry(part.division).or_insert_with(|| cells.add(count));
    }
    let mut above: BTreeMap<Uuid, Vec<Cell>> = BTreeMap::new();
    for part in parts {
        above
            .entry(part.ancestor)
            .or_default()
            .extend(own.get(&part.division));
    }
    let totals: BTreeMap<Uuid, Cell> = above
        .into_iter()
        .map(|(ancestor, cells_in)| (ancestor, cells.add_total(&cells_in)))
        .collect();
    let Some(asked) = totals.get(&division) else {
        return Some(0);
    };
    let released = cells.release(Policy::UNDER_THREE);
    released
        .get(*asked)
        .map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}

/// How many organizations have a party body.
#[derive(Clone, Copy, Debug, Default, PartialEq, FromQueryResult)]
pub struct PartyCover {
    /// Living organizations.
    pub organizations: i64,
    /// Of them with a party body.
    pub covered: i64,
    /// Of those, assessed.
    pub assessed: i64,
}

/// Party bodies among the living organizations of a division.
pub async fn party_cover(db: &impl ConnectionTrait, division: Uuid) -> kit::Result<PartyCover> {
    Ok(territory::Entity::find()
        .select_only()
        .column_as(organization::Column::CreditCode.count(), "organizations")
        .column_as(party_unit::Column::CreditCode.count(), "covered")
        .column_as(party_unit::Column::Score.count(), "assessed")
        .join(
            JoinType::InnerJoin,
            within::<organization::Entity>(organization::Column::DivisionId),
        )
        .join(
            JoinType::LeftJoin,
            organization::Entity::belongs_to(party_unit::Entity)
                .from(organization::Column::CreditCode)
                .to(party_unit::Column::CreditCode)
                .into(),
        )
        .filter(territory::Column::Ancestor.eq(division))
        .filter(organization::Column::State.is_in(OrgState::LIVE))
        .into_model::<PartyCover>()
        .one(db)
        .await?
        .unwrap_or_default())
}

/// The indicator of hub organizations in [`target`].
pub const HUBS: &str = "HUBS";

/// Hubs and brands, and what the plan promised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hubs {
    /// Hub organizations that exist.
    pub hubs: i64,
    /// Brand organizations that exist.
    pub brands: i64,
    /// The division's own targets for hubs, by year.
    pub targets: Vec<(i32, i64)>,
}

#[derive(FromQueryResult)]
struct Kinds {
    kind: Option<HubKind>,
    number: i64,
}

/// Hubs of a division, in two statements: results and targets are never mixed.
pub async fn hubs(db: &impl ConnectionTrait, division: Uuid) -> kit::Result<Hubs> {
    let kinds = territory::Entity::find()
        .select_only()
        .column_as(organization::Column::HubKind, "kind")
        .column_as(organization::Column::CreditCode.count(), "number")
        .join(
            JoinType::InnerJoin,
            within::<organization::Entity>(organization::Column::DivisionId),
        )
        .filter(territory::Column::Ancestor.eq(division))
        .filter(organization::Column::State.is_in(OrgState::LIVE))
        .filter(organization::Column::HubKind.is_not_null())
        .group_by(organization::Column::HubKind)
        .into_model::<Kinds>()
        .all(db)
        .await?;
    let of = |kind| {
        kinds
            .iter()
            .filter(|row| row.kind == Some(kind))
            .map(|row| row.number)
            .sum()
    };
    let targets = target::Entity::find()
        .filter(target::Column::DivisionId.eq(division))
        .filter(target::Column::Indicator.eq(HUBS))
        .order_by_asc(target::Column::Year)
        .all(db)
        .await?;
    Ok(Hubs {
        hubs: of(HubKind::Hub),
        brands: of(HubKind::Brand),
        targets: targets
            .into_iter()
            .map(|row| (row.year, row.value))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_household_is_withheld_and_so_is_what_would_tell_it() {
        let id = |n| Uuid::from_u128(n);
        let (province, city) = (id(1), id(2));
        let counties = [(id(3), 1), (id(4), 40), (id(5), 7), (id(6), 30)];
        let mut parts = Vec::new();
        for (county, households) in counties {
            for ancestor in [county, province] {
                parts.push(Part {
                    ancestor,
                    division: county,
                    households,
                });
            }
            if county != id(6) {
                parts.push(Part {
                    ancestor: city,
                    division: county,
                    households,
                });
            }
        }
        assert_eq!(households(&parts, id(3)), None);
        // Some other county of the city is withheld with it, or the city itself.
        let shown = [id(4), id(5), city].map(|one| households(&parts, one).is_some());
        assert!(shown.contains(&false), "{shown:?}");
        // Not everything: what tells nothing of the one is shown.
        assert!(
            [province, id(4), id(6)]
                .iter()
                .any(|one| households(&parts, *one).is_some())
        );
        assert_eq!(households(&parts, id(99)), Some(0));
    }
}
