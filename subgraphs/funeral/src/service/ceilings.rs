//! The guided ceilings as they stand, read beside the lists of facilities: a list keeps the ceiling of its
//! publication, and one that was lowered since binds from its own first day on (F-7).

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::Result;
use minzheng_kit::divisions::Divisions;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::sql::Binds;
use crate::rules::price::in_force;
use crate::rules::price_list::{Reaching, ceiling_of};

/// One ceiling that reaches a facility.
#[derive(Clone, Debug)]
struct Standing {
    item: String,
    ceiling: i64,
    /// How far above the facility's division it was set: the nearest counts.
    distance: usize,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
}

/// The ceilings that reach some facilities, of all days.
#[derive(Clone, Debug, Default)]
pub struct Ceilings(HashMap<Uuid, Vec<Standing>>);

impl Ceilings {
    /// Reads the ceilings of facilities, with one statement.
    ///
    /// # Errors
    /// The database's own.
    pub async fn of<C: ConnectionTrait>(
        c: &C,
        order: &Divisions,
        facilities: &[Uuid],
    ) -> Result<Self> {
        if facilities.is_empty() {
            return Ok(Self::default());
        }
        let mut binds = Binds::default();
        let wanted = binds.list(facilities);
        let sql = format!(
            "SELECT f.id AS facility, f.division_id AS home, p.division_id AS setter, p.item_code AS item, \
               p.ceiling AS ceiling, p.valid_from AS valid_from, p.valid_to AS valid_to \
             FROM facility f JOIN division_scope s ON s.division_id = f.division_id \
             JOIN price_ceiling p ON p.division_id = s.ancestor_id WHERE f.id IN ({wanted})"
        );
        let mut found: HashMap<Uuid, Vec<Standing>> = HashMap::new();
        let mut above: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for row in binds.all(c, &sql).await? {
            let (home, setter): (Uuid, Uuid) =
                (row.try_get("", "home")?, row.try_get("", "setter")?);
            let order = above.entry(home).or_insert_with(|| order.upwards(&home));
            // What a division lay in before a change sets nothing for it any more.
            let Some(distance) = order.iter().position(|one| *one == setter) else {
                continue;
            };
            found
                .entry(row.try_get("", "facility")?)
                .or_default()
                .push(Standing {
                    item: row.try_get("", "item")?,
                    ceiling: row.try_get("", "ceiling")?,
                    distance,
                    valid_from: row.try_get("", "valid_from")?,
                    valid_to: row.try_get("", "valid_to")?,
                });
        }
        Ok(Self(found))
    }

    /// The ceiling that counts for a facility and an item on a day; none where nobody has set one.
    pub fn on(&self, facility: Uuid, item: &str, day: NaiveDate) -> Option<i64> {
        let standing = self
            .0
            .get(&facility)
            .into_iter()
            .flatten()
            .filter(|one| one.item == item && in_force(one.valid_from, one.valid_to, day));
        ceiling_of(standing.map(|one| Reaching {
            distance: one.distance,
            valid_from: one.valid_from,
            ceiling: one.ceiling,
        }))
    }
}
