//! What the funeral subsystem knows of persons, by their tokens.
//!
//! Who may see a death: officers of a funeral case, the person's near kin, who are known here as
//! the applicants of a confirmed funeral or were recorded by an officer (F-20, 个人信息保护法第四十九条), and nobody else.

use std::collections::HashMap;

use minzheng_kit::error::Result;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::model::{death_record, funeral_case, kin_record, waiver};
use crate::rules::kin::is_near;
use crate::rules::terms::KinRelation;

/// The deaths of persons, with one statement.
pub async fn deaths<C: ConnectionTrait>(
    c: &C,
    persons: &[String],
) -> Result<HashMap<String, death_record::Model>> {
    let rows = death_record::Entity::find()
        .filter(death_record::Column::Deceased.is_in(persons.iter().cloned()))
        .filter(death_record::Column::RevokedOn.is_null())
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|d| (d.deceased.clone(), d)).collect())
}

/// The deaths among `persons` whose funeral `kin` arranged on a paper that an officer has seen, or whose near kin
/// they are on record (F-20), with one statement.
pub async fn arranged_by<C: ConnectionTrait>(
    c: &C,
    persons: &[String],
    kin: &str,
) -> Result<HashMap<String, bool>> {
    let rows = funeral_case::Entity::find()
        .filter(funeral_case::Column::Deceased.is_in(persons.iter().cloned()))
        .filter(
            Condition::any()
                .add(funeral_case::Column::Applicant.eq(kin))
                .add(funeral_case::Column::Id.in_subquery(recorded_cases(kin))),
        )
        .filter(funeral_case::Column::PaperPending.eq(false))
        .all(c)
        .await?;
    Ok(rows.into_iter().map(|case| (case.deceased, true)).collect())
}

/// The cases in which an officer recorded a person as near kin, as a sub-select.
fn recorded_cases(kin: &str) -> sea_orm::sea_query::SelectStatement {
    use sea_orm::{Iterable, QuerySelect, QueryTrait};
    kin_record::Entity::find()
        .select_only()
        .column(kin_record::Column::CaseId)
        .filter(kin_record::Column::Kin.eq(kin))
        .filter(kin_record::Column::Relation.is_in(KinRelation::iter().filter(|r| is_near(*r))))
        .into_query()
}

/// The cases that persons opened as applicants, newest first, at most `limit` each.
pub async fn cases_of<C: ConnectionTrait>(
    c: &C,
    persons: &[String],
    limit: usize,
) -> Result<HashMap<String, Vec<funeral_case::Model>>> {
    let rows = funeral_case::Entity::find()
        .filter(funeral_case::Column::Applicant.is_in(persons.iter().cloned()))
        .order_by_desc(funeral_case::Column::OpenedAt)
        .order_by_asc(funeral_case::Column::Id)
        .all(c)
        .await?;
    Ok(group(rows, limit, |case| case.applicant.clone()))
}

/// The waivers that persons were granted as applicants, newest first, at most `limit` each.
pub async fn waivers_of<C: ConnectionTrait>(
    c: &C,
    persons: &[String],
    limit: usize,
) -> Result<HashMap<String, Vec<waiver::Model>>> {
    let rows = waiver::Entity::find()
        .filter(waiver::Column::Applicant.is_in(persons.iter().cloned()))
        .order_by_desc(waiver::Column::GrantedOn)
        .order_by_asc(waiver::Column::ItemCode)
        .all(c)
        .await?;
    Ok(group(rows, limit, |w| w.applicant.clone()))
}

/// Rows by key, in their order, at most `limit` for a key.
pub fn group<T, K: Eq + std::hash::Hash>(
    rows: Vec<T>,
    limit: usize,
    key: impl Fn(&T) -> K,
) -> HashMap<K, Vec<T>> {
    let mut groups: HashMap<K, Vec<T>> = HashMap::new();
    for row in rows {
        let list = groups.entry(key(&row)).or_default();
        if list.len() < limit {
            list.push(row);
        }
    }
    groups
}
