//! D-8: figures brought to the divisions of today: what was counted in a county that has since been merged, split or
//! renumbered stands with the county that holds its territory now.
//!
//! What has changed while this program ran was told by `places` and is kept as descent; what changed before stands in
//! the history of divisions. A split whose shares nobody stated is left out, and the answer says so.

use super::suppression::Shown;
use crate::kit::divisions::dataset;
use crate::kit::{DateTime, Result, YearMonth};
use crate::model::{division_descent, monthly_count};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use uuid::Uuid;

/// A division that became a part of one of today, and the share of it in thousandths; none where no share is known.
type Forebear = (Uuid, Option<u32>);

/// Where the figures of a division of today come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Itself whole, and what became a part of it.
    parts: Vec<Forebear>,
    /// Whether anything has.
    pub moved: bool,
}

impl Sources {
    /// The divisions whose figures are needed.
    pub fn divisions(&self) -> impl Iterator<Item = Uuid> {
        self.parts.iter().map(|(division, _)| *division)
    }

    /// The figures of a range, month by month, out of those of its parts. A figure is withheld where one of its
    /// parts is, so that nothing is told that the parts do not tell; the second is whether nothing was left out.
    #[must_use]
    pub fn sum<T: AsRef<[Shown]>>(
        &self,
        shown: &HashMap<Uuid, T>,
        from: YearMonth,
        to: YearMonth,
    ) -> (Vec<Shown>, bool) {
        let mut complete = true;
        let mut months: BTreeMap<i32, Sum> = (from.index()..=to.index())
            .map(|month| (month, Sum::default()))
            .collect();
        for (division, share) in &self.parts {
            let list = shown.get(division).map_or(&[][..], AsRef::as_ref);
            let Some(share) = share else {
                complete &= list.iter().all(nothing);
                continue;
            };
            for month in list {
                if let Some(sum) = months.get_mut(&month.month.index()) {
                    sum.add(&part_of(month, *share));
                }
            }
        }
        let list = months
            .into_iter()
            .map(|(month, sum)| sum.shown(YearMonth::from_index(month)));
        (list.collect(), complete)
    }
}

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
    let mut above: HashMap<Uuid, Vec<Forebear>> = HashMap::new();
    for row in &told {
        let share = row.permille.and_then(|share| u32::try_from(share).ok());
        above
            .entry(row.to_id)
            .or_default()
            .push((row.from_id, share));
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
            above.entry(division.id).or_default().push((county, share));
        }
    }
    Ok(divisions
        .iter()
        .map(|division| (*division, of(*division, &above)))
        .collect())
}

/// A division with all that became a part of it, whatever came before that included. Each stands there once, by
/// the way that was found first.
fn of(division: Uuid, above: &HashMap<Uuid, Vec<Forebear>>) -> Sources {
    let mut found = Sources::default();
    let mut seen = BTreeSet::from([division]);
    let mut open: VecDeque<Forebear> = VecDeque::from([(division, Some(1_000))]);
    while let Some((at, share)) = open.pop_front() {
        found.parts.push((at, share));
        for (forebear, part) in above.get(&at).into_iter().flatten() {
            if seen.insert(*forebear) {
                found.moved = true;
                let share = share.zip(*part).map(|(share, part)| share * part / 1_000);
                open.push_back((*forebear, share));
            }
        }
    }
    found
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

/// Whether a month counts nothing at all.
fn nothing(month: &Shown) -> bool {
    let all = [month.registered, month.divorces, month.withdrawn];
    all.iter().all(|count| *count == Some(0))
}

/// A month's share of a division, in thousandths, rounded half up.
fn part_of(month: &Shown, permille: u32) -> Shown {
    let part = |count: Option<i64>| count.map(|n| (n * i64::from(permille) + 500) / 1_000);
    Shown {
        month: month.month,
        registered: part(month.registered),
        cross_province: part(month.cross_province),
        divorces: part(month.divorces),
        withdrawn: part(month.withdrawn),
        ytd_registered: part(month.ytd_registered),
        as_of: month.as_of,
    }
}

/// A sum over divisions: registered, across provinces, divorces, withdrawn, the year to date. Each is withheld once
/// one part of it is.
#[derive(Clone, Copy, Debug)]
struct Sum([Option<i64>; 5], Option<DateTime>);

impl Default for Sum {
    fn default() -> Self {
        Self([Some(0); 5], None)
    }
}

impl Sum {
    fn add(&mut self, part: &Shown) {
        let parts = [
            part.registered,
            part.cross_province,
            part.divorces,
            part.withdrawn,
            part.ytd_registered,
        ];
        for (sum, part) in self.0.iter_mut().zip(parts) {
            *sum = sum.zip(part).map(|(sum, part)| sum + part);
        }
        self.1 = self.1.max(part.as_of);
    }

    fn shown(self, month: YearMonth) -> Shown {
        let [
            registered,
            cross_province,
            divorces,
            withdrawn,
            ytd_registered,
        ] = self.0;
        Shown {
            month,
            registered,
            cross_province,
            divorces,
            withdrawn,
            ytd_registered,
            as_of: self.1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(registered: Option<i64>) -> Vec<Shown> {
        vec![Shown {
            month: YearMonth {
                year: 2026,
                month: 3,
            },
            registered,
            cross_province: Some(0),
            divorces: Some(4),
            withdrawn: Some(0),
            ytd_registered: registered,
            as_of: None,
        }]
    }

    #[test]
    fn figures_of_what_was_merged_stand_with_the_division_of_today() {
        // D-8. C is A and half of B; A was Z before.
        let [a, b, c, z] = [1, 2, 3, 4].map(Uuid::from_u128);
        let above = HashMap::from([
            (c, vec![(a, Some(1_000)), (b, Some(500))]),
            (a, vec![(z, Some(1_000))]),
        ]);
        let march = YearMonth {
            year: 2026,
            month: 3,
        };
        let sources = of(c, &above);
        let all = |figures: [(Uuid, Option<i64>); 4]| -> HashMap<Uuid, Vec<Shown>> {
            figures.into_iter().map(|(id, n)| (id, month(n))).collect()
        };
        let figures = all([(a, Some(10)), (b, Some(7)), (c, Some(20)), (z, Some(5))]);
        let (sum, complete) = sources.sum(&figures, march, march);
        assert_eq!((sum[0].registered, complete), (Some(20 + 10 + 4 + 5), true));
        assert_eq!(sum[0].divorces, Some(4 + 4 + 2 + 4));
        // What is withheld of a part is not told by the whole.
        let hidden = all([(a, None), (b, Some(7)), (c, Some(20)), (z, Some(5))]);
        assert_eq!(sources.sum(&hidden, march, march).0[0].registered, None);
        // A share that nobody stated is left out, and said so.
        let unknown = of(c, &HashMap::from([(c, vec![(b, None)])]));
        let (sum, complete) = unknown.sum(&figures, march, march);
        assert_eq!((sum[0].registered, complete), (Some(20), false));
        assert!(!of(z, &above).moved);
    }
}
