//! D-8: figures brought to the divisions of today: what was counted in a county that has since been merged, split or
//! renumbered stands with the county that holds its territory now.
//!
//! What has changed while this program ran was told by `places` and is kept as descent; what changed before stands in
//! the history of divisions. How they are summed is kit's ([`Sources`]).

use super::suppression::Shown;
use crate::kit::divisions::{Descent, Figures, Sources, dataset, share_of};
use crate::kit::{Result, YearMonth};
use crate::model::{division_descent, monthly_count};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Where the figures of each of these divisions come from, in two statements.
///
/// # Errors
/// What the database says.
pub async fn sources(
    db: &impl ConnectionTrait,
    divisions: &[Uuid],
) -> Result<HashMap<Uuid, Sources>> {
    let told = division_descent::Entity::find().all(db).await?;
    let counted: Vec<Uuid> = monthly_count::Entity::find()
        .select_only()
        .column(monthly_count::Column::CountyId)
        .distinct()
        .into_tuple()
        .all(db)
        .await?;
    let mut descent = Descent::default();
    for row in &told {
        let share = row.permille.and_then(|share| u32::try_from(share).ok());
        descent.add(row.from_id, row.to_id, share);
    }
    let set = dataset();
    // What `places` has told goes before the history.
    let known: BTreeSet<Uuid> = told.iter().map(|row| row.from_id).collect();
    for county in counted {
        if set.by_id(&county).is_some() || known.contains(&county) {
            continue;
        }
        let today = set.today(&county);
        for division in &today {
            let share = (today.len() == 1).then_some(1_000);
            descent.add(county, division.id, share);
        }
    }
    Ok(divisions
        .iter()
        .map(|division| (*division, descent.sources(*division)))
        .collect())
}

/// Writes down what became of divisions.
///
/// # Errors
/// What the database says.
pub async fn descend(
    tx: &sea_orm::DatabaseTransaction,
    from: Uuid,
    to: Uuid,
    permille: Option<u32>,
) -> Result<()> {
    division_descent::Entity::delete_many()
        .filter(division_descent::Column::FromId.eq(from))
        .filter(division_descent::Column::ToId.eq(to))
        .exec(tx)
        .await?;
    let row = division_descent::Model {
        from_id: from,
        to_id: to,
        permille: permille.and_then(|share| i32::try_from(share).ok()),
    };
    division_descent::Entity::insert(division_descent::ActiveModel::from(row))
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

impl Figures for Shown {
    fn month(&self) -> YearMonth {
        self.month
    }

    fn none(month: YearMonth) -> Self {
        Self {
            month,
            registered: Some(0),
            cross_province: Some(0),
            divorces: Some(0),
            withdrawn: Some(0),
            ytd_registered: Some(0),
            as_of: None,
        }
    }

    fn is_nothing(&self) -> bool {
        let all = [self.registered, self.divorces, self.withdrawn];
        all.iter().all(|count| *count == Some(0))
    }

    fn part(&self, permille: u32) -> Self {
        let part = |count: Option<i64>| count.map(|n| share_of(n, permille));
        Self {
            month: self.month,
            registered: part(self.registered),
            cross_province: part(self.cross_province),
            divorces: part(self.divorces),
            withdrawn: part(self.withdrawn),
            ytd_registered: part(self.ytd_registered),
            as_of: self.as_of,
        }
    }

    fn add(&mut self, other: &Self) {
        let sum = |a: Option<i64>, b: Option<i64>| a.zip(b).map(|(a, b)| a + b);
        self.registered = sum(self.registered, other.registered);
        self.cross_province = sum(self.cross_province, other.cross_province);
        self.divorces = sum(self.divorces, other.divorces);
        self.withdrawn = sum(self.withdrawn, other.withdrawn);
        self.ytd_registered = sum(self.ytd_registered, other.ytd_registered);
        self.as_of = self.as_of.max(other.as_of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_a_month_is_a_share_of_each_count_and_what_is_withheld_stays_so() {
        let march = YearMonth {
            year: 2026,
            month: 3,
        };
        let mut sum = Shown::none(march);
        assert!(sum.is_nothing());
        let month = Shown {
            registered: Some(7),
            divorces: Some(4),
            cross_province: None,
            ..Shown::none(march)
        };
        sum.add(&month.part(500));
        assert_eq!((sum.registered, sum.divorces), (Some(4), Some(2)));
        assert_eq!(sum.cross_province, None);
        assert!(!sum.is_nothing());
    }
}
