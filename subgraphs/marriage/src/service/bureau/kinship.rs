//! The kinship that stands in the way of marriages (M-6).

use super::super::act::Act;
use super::super::counter;
use super::super::couple::Known;
use crate::kit::Result;
use crate::model::kin_edge;
use crate::rules::Refusal;
use sea_orm::EntityTrait;
use sea_orm::sea_query::OnConflict;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// Kinship that forbids a marriage.
#[derive(Clone, Debug, Serialize)]
pub struct Kinship {
    /// The registry that has seen the papers.
    pub registry: Uuid,
    /// One of the two.
    pub one: Known,
    /// The other.
    pub other: Known,
    /// `DIRECT_LINE` or `COLLATERAL`.
    pub kind: &'static str,
    /// Where it is known from.
    pub source: String,
}

/// M-6, 民法典 1048: enters kinship within the forbidden degrees, once.
pub async fn record_kinship(act: Act<'_>, what: &Kinship) -> Result<bool> {
    act.office(what.registry).await?;
    if what.one.token == what.other.token {
        return Err(Refusal::by_form(
            "SAME_PERSON",
            "Both persons are the same.",
            "双方为同一人。",
        )
        .at(&["input", "other"])
        .into());
    }
    what.one.announce(&act).await?;
    what.other.announce(&act).await?;
    let either =
        counter::kin_among(act.tx, &[what.one.token.clone(), what.other.token.clone()]).await?;
    if either.is_empty() {
        let edge = kin_edge::Model {
            person_a: what.one.token.clone(),
            person_b: what.other.token.clone(),
            kind: what.kind.to_owned(),
            source: what.source.clone(),
        };
        kin_edge::Entity::insert(kin_edge::ActiveModel::from(edge))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(act.tx)
            .await?;
        let entry = crate::kit::id::derived(
            "kinship",
            &format!("{} {}", what.one.token, what.other.token),
        );
        act.leave("Kinship", entry, None, what.kind, json!({}))
            .await?;
    }
    Ok(true)
}
