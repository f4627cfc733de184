//! Divisions that are merged, moved or renamed, as places tells them on their effective day.
//!
//! The organizations stay where they were registered, and their codes keep that division for ever; what
//! follows is the territory: a division that ends lies in its successor from now on, so that figures
//! and lists of the successor hold what was registered in both. Where several divisions follow, an
//! officer has to decide, and nothing moves by itself: that is [`assign`]. Running it twice changes nothing.

use super::act::{Act, id, refused, same_version};
use crate::input::supervision::AssignOrganizationsInput;
use crate::model::{cleanup_case, organization, permit_case, territory};
use futures_util::future::BoxFuture;
use kit::divisions::assignment::{Assignment, may_assign};
use kit::events::{Consumer, DivisionChanged, Event, Known};
use kit::{Error, Result, Role, Services};
use minzheng_kit as kit;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel, QueryFilter};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Changes of divisions, from the subgraph of places.
#[derive(Clone, Copy, Debug)]
pub struct Divisions;

#[async_trait::async_trait]
impl Consumer for Divisions {
    fn source(&self) -> &'static str {
        "places"
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[DivisionChanged::KIND]
    }

    async fn apply(&self, _: &Services, tx: &DatabaseTransaction, e: &Event) -> Result<()> {
        let Some(change) = e.read::<DivisionChanged>()? else {
            return Ok(());
        };
        for after in &change.to {
            below(tx, after.id, after.parent).await?;
        }
        for before in &change.from {
            let Some(after) = change.successor(before.id) else {
                continue;
            };
            if after.id != before.id {
                below(tx, before.id, Some(after.id)).await?;
            }
        }
        Ok(())
    }
}

/// The most organizations of one assignment.
const MOST: usize = 500;

/// Assigns organizations of a division that was divided to one of its successors, which keeps them from now on;
/// answers the codes. Their credit codes stay what they are.
pub fn assign<'a>(
    act: Act<'a>,
    input: &'a AssignOrganizationsInput,
) -> BoxFuture<'a, Result<Vec<String>>> {
    Box::pin(async move {
        let (from, to) = (id(&input.from, "from")?, id(&input.to, "to")?);
        if !matches!(act.actor.role, Role::Registrar | Role::Supervisor) {
            return Err(Error::Forbidden);
        }
        let order = &act.actor.divisions;
        let works = |division: &Uuid| act.actor.works_in(division);
        let asked = Assignment::to_successor(order, &from, &to, works).ok_or(Error::Forbidden)?;
        may_assign(&asked).map_err(|refusal| refusal.field(&["input", "to"]))?;
        if input.credit_codes.is_empty() || input.credit_codes.len() > MOST {
            return Err(refused(
                "TOO_MANY_ITEMS",
                "Name one organization at least and 500 at most.",
                "应填写1至500个社会组织。",
                "creditCodes",
            ));
        }
        let read = match &input.versions {
            None => HashMap::new(),
            Some(versions) if versions.len() == input.credit_codes.len() => {
                let codes = input.credit_codes.iter().map(|code| code.0.as_str());
                codes.zip(versions.iter().copied()).collect()
            }
            Some(_) => {
                return Err(refused(
                    "VERSIONS_DO_NOT_FIT",
                    "Give one version for each organization, in the same order, or none at all.",
                    "应按相同顺序逐一填写各社会组织的版本，或者全部不填。",
                    "versions",
                ));
            }
        };
        let mut codes: Vec<String> = input
            .credit_codes
            .iter()
            .map(|code| code.0.clone())
            .collect();
        codes.sort_unstable();
        codes.dedup();
        for code in &codes {
            let before = act.organization(code).await?;
            if let Some(version) = read.get(code.as_str()) {
                same_version(before.version, *version)?;
            }
            if before.registrar_division_id != from {
                return Err(refused(
                    "NOT_OF_THIS_DIVISION",
                    "An organization is not registered with this division.",
                    "所列社会组织不属于该登记管理机关。",
                    "creditCodes",
                ));
            }
            let after = organization::Model {
                registrar_division_id: to,
                division_id: if before.division_id == from {
                    to
                } else {
                    before.division_id
                },
                ..before.clone()
            };
            act.save(&before, after, "OrganizationAssigned").await?;
        }
        // What is open goes along.
        permit_case::Entity::update_many()
            .col_expr(permit_case::Column::DivisionId, Expr::value(to))
            .filter(permit_case::Column::DivisionId.eq(from))
            .filter(permit_case::Column::Decided.is_null())
            .filter(super::among(permit_case::Column::CreditCode, &codes))
            .exec(act.tx)
            .await?;
        cleanup_case::Entity::update_many()
            .col_expr(cleanup_case::Column::DivisionId, Expr::value(to))
            .filter(cleanup_case::Column::DivisionId.eq(from))
            .filter(cleanup_case::Column::Closed.is_null())
            .filter(super::among(cleanup_case::Column::CreditCode, &codes))
            .exec(act.tx)
            .await?;
        below(act.tx, to, order.by_id(&to).and_then(|one| one.parent)).await?;
        Ok(codes)
    })
}

/// Puts a division, with everything in it, below another one and nowhere else. Without a parent it only
/// comes to lie in itself.
async fn below(tx: &DatabaseTransaction, division: Uuid, parent: Option<Uuid>) -> Result<()> {
    add(tx, &BTreeMap::from([((division, division), 0)])).await?;
    let Some(parent) = parent else {
        return Ok(());
    };
    add(tx, &BTreeMap::from([((parent, parent), 0)])).await?;
    let above = territory::Entity::find()
        .filter(territory::Column::Division.eq(parent))
        .all(tx)
        .await?;
    let inside = territory::Entity::find()
        .filter(territory::Column::Ancestor.eq(division))
        .all(tx)
        .await?;
    let members: Vec<Uuid> = inside.iter().map(|row| row.division).collect();
    let ancestors: Vec<Uuid> = above.iter().map(|row| row.ancestor).collect();
    // A loop would make every figure of both wrong; such an event is not followed.
    if members.contains(&parent) {
        return Ok(());
    }
    // Out of what it lay in before and does not any more.
    territory::Entity::delete_many()
        .filter(territory::Column::Division.is_in(members.iter().copied()))
        .filter(territory::Column::Ancestor.is_not_in(members.iter().copied()))
        .filter(territory::Column::Ancestor.is_not_in(ancestors.iter().copied()))
        .exec(tx)
        .await?;
    let mut rows = BTreeMap::new();
    for up in &above {
        for down in &inside {
            rows.insert((up.ancestor, down.division), up.depth + down.depth + 1);
        }
    }
    add(tx, &rows).await
}

async fn add(tx: &DatabaseTransaction, rows: &BTreeMap<(Uuid, Uuid), i32>) -> Result<()> {
    let row = |(&(ancestor, division), &depth): (&(Uuid, Uuid), &i32)| {
        territory::Model {
            ancestor,
            division,
            depth,
        }
        .into_active_model()
    };
    let there = OnConflict::columns([territory::Column::Ancestor, territory::Column::Division])
        .update_column(territory::Column::Depth)
        .to_owned();
    territory::Entity::insert_many(rows.iter().map(row))
        .on_conflict(there)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
