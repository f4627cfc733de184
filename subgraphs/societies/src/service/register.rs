//! Reading the register: organizations and what hangs on them, always for many at once.

use super::{all_of, among, last_of, within};
use crate::model::{
    annual_report, credit_listing, fee_reduction, member_stat, office, organization,
    organization_name, party_unit, rating, territory,
};
use crate::vocabulary::{OfficeRole, OrgKind, OrgState};
use minzheng_kit as kit;
use sea_orm::sea_query::{Expr, ExprTrait, LikeExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use std::collections::HashMap;
use uuid::Uuid;

type ByCode<T> = kit::Result<HashMap<String, T>>;

/// The organizations with these credit codes; an unknown code is missing.
pub async fn organizations(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> ByCode<organization::Model> {
    let find = organization::Entity::find();
    last_of(db, (organization::Column::CreditCode, codes), find, |row| {
        &row.credit_code
    })
    .await
}

/// Their names through time, oldest first.
pub async fn names(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> ByCode<Vec<organization_name::Model>> {
    let find = organization_name::Entity::find().order_by_asc(organization_name::Column::ValidFrom);
    all_of(
        db,
        (organization_name::Column::CreditCode, codes),
        find,
        |row| &row.credit_code,
    )
    .await
}

/// Their ratings, newest first.
pub async fn ratings(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<Vec<rating::Model>> {
    let find = rating::Entity::find().order_by_desc(rating::Column::ValidFrom);
    all_of(db, (rating::Column::CreditCode, codes), find, |row| {
        &row.credit_code
    })
    .await
}

/// Their entries in credit lists, newest first, those taken off too.
pub async fn listings(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> ByCode<Vec<credit_listing::Model>> {
    let find = credit_listing::Entity::find().order_by_desc(credit_listing::Column::Listed);
    all_of(
        db,
        (credit_listing::Column::CreditCode, codes),
        find,
        |row| &row.credit_code,
    )
    .await
}

/// Their annual reports, newest year first.
pub async fn reports(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> ByCode<Vec<annual_report::Model>> {
    let find = annual_report::Entity::find().order_by_desc(annual_report::Column::Year);
    all_of(
        db,
        (annual_report::Column::CreditCode, codes),
        find,
        |row| &row.credit_code,
    )
    .await
}

/// The fees they cut, newest month first.
pub async fn fee_reductions(
    db: &impl ConnectionTrait,
    codes: &[String],
) -> ByCode<Vec<fee_reduction::Model>> {
    let find = fee_reduction::Entity::find()
        .order_by_desc(fee_reduction::Column::Month)
        .order_by_asc(fee_reduction::Column::Id);
    all_of(
        db,
        (fee_reduction::Column::CreditCode, codes),
        find,
        |row| &row.credit_code,
    )
    .await
}

/// Their last count of members.
pub async fn members(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<member_stat::Model> {
    // In order of days: the last one of each organization stays.
    let find = member_stat::Entity::find().order_by_asc(member_stat::Column::AsOf);
    last_of(db, (member_stat::Column::CreditCode, codes), find, |row| {
        &row.credit_code
    })
    .await
}

/// Their party bodies.
pub async fn party_units(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<party_unit::Model> {
    let find = party_unit::Entity::find();
    last_of(db, (party_unit::Column::CreditCode, codes), find, |row| {
        &row.credit_code
    })
    .await
}

/// The persons who are their legal representatives now, as tokens.
pub async fn legal_representatives(db: &impl ConnectionTrait, codes: &[String]) -> ByCode<String> {
    let rows = office::Entity::find()
        .filter(among(office::Column::CreditCode, codes))
        .filter(office::Column::Role.eq(OfficeRole::LegalRepresentative))
        .filter(office::Column::Until.is_null())
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.credit_code, row.person))
        .collect())
}

/// The offices of these persons, newest first, ended ones too.
pub async fn offices(db: &impl ConnectionTrait, persons: &[String]) -> ByCode<Vec<office::Model>> {
    let find = office::Entity::find()
        .order_by_desc(office::Column::Since)
        .order_by_asc(office::Column::Id);
    all_of(db, (office::Column::Person, persons), find, |row| {
        &row.person
    })
    .await
}

/// What organizations are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only this kind.
    pub kind: Option<OrgKind>,
    /// Only charities, or only others.
    pub charity: Option<bool>,
}

impl Filter {
    /// The filter as the text that tells two loads of siblings apart.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{:?}/{:?}", self.kind, self.charity)
    }

    fn condition(&self) -> sea_orm::Condition {
        let mut all =
            sea_orm::Condition::all().add(organization::Column::State.is_in(OrgState::LIVE));
        if let Some(kind) = self.kind {
            all = all.add(organization::Column::Kind.eq(kind));
        }
        if let Some(charity) = self.charity {
            let since = organization::Column::CharitySince;
            all = all.add(if charity {
                since.is_not_null()
            } else {
                since.is_null()
            });
        }
        all
    }
}

#[derive(FromQueryResult)]
struct Count {
    ancestor: Uuid,
    number: i64,
}

/// How many living organizations are registered in each division, everything below it included.
pub async fn count(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
    filter: &Filter,
) -> kit::Result<HashMap<Uuid, i64>> {
    let rows = territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .column_as(organization::Column::CreditCode.count(), "number")
        .join(
            JoinType::InnerJoin,
            within::<organization::Entity>(organization::Column::DivisionId),
        )
        .filter(among(territory::Column::Ancestor, divisions))
        .filter(filter.condition())
        .group_by(territory::Column::Ancestor)
        .into_model::<Count>()
        .all(db)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.ancestor, row.number))
        .collect())
}

/// A text to search for and where.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Part of a name, or the beginning of a credit code.
    pub text: Option<String>,
    /// Only this kind.
    pub kind: Option<OrgKind>,
    /// Only in this division and below.
    pub division: Option<Uuid>,
}

/// Only organizations registered in a division and below.
fn registered_in(
    find: Select<organization::Entity>,
    division: Uuid,
) -> Select<organization::Entity> {
    find.join(
        JoinType::InnerJoin,
        organization::Entity::belongs_to(territory::Entity)
            .from(organization::Column::DivisionId)
            .to(territory::Column::Division)
            .into(),
    )
    .filter(territory::Column::Ancestor.eq(division))
}

/// Living and ended organizations by name; to be paged by credit code.
#[must_use]
pub fn search(search: &Search) -> Select<organization::Entity> {
    let mut find = organization::Entity::find();
    if let Some(text) = search
        .text
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty())
    {
        let pattern = like_escaped(text);
        let like = |column, pattern: String| {
            Expr::col((organization::Entity, column)).like(LikeExpr::new(pattern).escape('\\'))
        };
        find = find.filter(
            like(organization::Column::Name, format!("%{pattern}%")).or(like(
                organization::Column::CreditCode,
                format!("{pattern}%"),
            )),
        );
    }
    if let Some(kind) = search.kind {
        find = find.filter(organization::Column::Kind.eq(kind));
    }
    match search.division {
        Some(division) => registered_in(find, division),
        None => find,
    }
}

/// `%`, `_` and the escape itself mean themselves.
fn like_escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Living organizations that have to report on a year and did not; to be paged by credit code.
#[must_use]
pub fn without_report(year: i32, division: Option<Uuid>) -> Select<organization::Entity> {
    // Founded in the second half of the year: the first report is on the next year (rules::report).
    let june = year.saturating_mul(12).saturating_add(5);
    let reported = sea_orm::sea_query::Query::select()
        .column(annual_report::Column::CreditCode)
        .from(annual_report::Entity)
        .and_where(annual_report::Column::Year.eq(year))
        .take();
    let find = organization::Entity::find()
        .filter(organization::Column::State.is_in(OrgState::LIVE))
        .filter(organization::Column::FoundedMonth.lte(june))
        .filter(organization::Column::CreditCode.not_in_subquery(reported));
    match division {
        Some(division) => registered_in(find, division),
        None => find,
    }
}

/// Living organizations of a division and below that nobody heads; to be paged by credit code.
#[must_use]
pub fn without_head(division: Uuid) -> Select<organization::Entity> {
    let headed = sea_orm::sea_query::Query::select()
        .column(office::Column::CreditCode)
        .from(office::Entity)
        .and_where(office::Column::Role.eq(OfficeRole::LegalRepresentative))
        .and_where(office::Column::Until.is_null())
        .take();
    let living = organization::Entity::find()
        .filter(organization::Column::State.is_in(OrgState::LIVE))
        .filter(organization::Column::CreditCode.not_in_subquery(headed));
    registered_in(living, division)
}

/// Living hubs and brands of a division and below; to be paged by credit code.
#[must_use]
pub fn hubs(division: Uuid) -> Select<organization::Entity> {
    let hubs = organization::Entity::find()
        .filter(organization::Column::State.is_in(OrgState::LIVE))
        .filter(organization::Column::HubKind.is_not_null());
    registered_in(hubs, division)
}
