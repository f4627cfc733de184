//! What holds from day to day and belongs to a division that another one follows (D-7, F-7, F-11): it is cut at the
//! effective day of the change, and goes on from there under the successor.
//!
//! Where several are merged, the successor may have two of one item; which counts until it sets its own is said by
//! [`crate::rules::waiver::chosen`] and [`crate::rules::price_list::ceiling_of`], and that it has is told here.

use chrono::NaiveDate;
use minzheng_kit::{Result, id};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder,
};
use serde::Serialize;
use uuid::Uuid;

use crate::model::{ceiling_authority, facility_plan, price_ceiling, waiver_policy};
use crate::rules::succession::{Fate, fate};

/// Lets what `old` has set go on under `new` from `effective` on. Answers how many rows that concerned: none the
/// second time.
pub async fn carry_over<C: ConnectionTrait>(
    tx: &C,
    old: Uuid,
    new: Uuid,
    effective: NaiveDate,
) -> Result<u64> {
    macro_rules! carried {
        ($($entity:ident),+) => {{
            let mut rows = 0;
            $(
                let set = $entity::Entity::find()
                    .filter($entity::Column::DivisionId.eq(old))
                    .all(tx)
                    .await?;
                for row in set {
                    match fate(row.valid_from, row.valid_to, effective) {
                        Fate::Stays => continue,
                        Fate::Goes => {
                            $entity::Entity::update_many()
                                .col_expr($entity::Column::DivisionId, Expr::value(new))
                                .filter($entity::Column::Id.eq(row.id))
                                .exec(tx)
                                .await?;
                        }
                        Fate::Parts => {
                            let goes_on = $entity::Model {
                                id: id::derived("carried over", &format!("{}/{new}", row.id)),
                                division_id: new,
                                valid_from: effective,
                                ..row.clone()
                            };
                            $entity::Entity::insert(goes_on.into_active_model())
                                .exec_without_returning(tx)
                                .await?;
                            let mut ended: $entity::ActiveModel = row.into();
                            ended.valid_to = Set(Some(effective));
                            ended.update(tx).await?;
                        }
                    }
                    rows += 1;
                }
            )+
            rows
        }};
    }
    Ok(carried!(
        waiver_policy,
        facility_plan,
        price_ceiling,
        ceiling_authority
    ))
}

/// The items for which a division has two policies or two ceilings in force on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Contested {
    /// Items with two policies of waivers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiver_policies: Vec<String>,
    /// Items with two ceilings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub price_ceilings: Vec<String>,
}

/// What a division has to unify by setting it anew.
pub async fn contested<C: ConnectionTrait>(
    tx: &C,
    division: Uuid,
    on: NaiveDate,
) -> Result<Contested> {
    macro_rules! twice {
        ($entity:ident) => {{
            use $entity::Column;
            let ends_later = Condition::any()
                .add(Column::ValidTo.is_null())
                .add(Column::ValidTo.gt(on));
            let rows = $entity::Entity::find()
                .filter(Column::DivisionId.eq(division))
                .filter(Column::ValidFrom.lte(on))
                .filter(ends_later)
                .order_by_asc(Column::ItemCode)
                .all(tx)
                .await?;
            let mut items: Vec<String> = rows
                .windows(2)
                .filter_map(|pair| match pair {
                    [a, b] if a.item_code == b.item_code => Some(a.item_code.clone()),
                    _ => None,
                })
                .collect();
            items.dedup();
            items
        }};
    }
    Ok(Contested {
        waiver_policies: twice!(waiver_policy),
        price_ceilings: twice!(price_ceiling),
    })
}
