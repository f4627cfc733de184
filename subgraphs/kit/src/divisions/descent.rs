//! Figures over divisions that change (D-8): what was counted in a county that has since been merged, split or
//! renumbered is answered for its own day, and on request brought to the divisions of today.
//!
//! [`Descent`] says what became a part of what, [`Sources`] where the figures of a division come from and how they
//! are summed, whatever they count ([`Figures`]). A share of a split that nobody stated is left out, and the answer
//! says so. Nothing here reads a database: a subsystem hands in what it was told ([`Divisions::steps`]) and what it
//! has counted.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Divisions, dataset};
use crate::scalars::YearMonth;

/// One division that ended, and one that took it over, wholly or in part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// The division that ended.
    pub from: Uuid,
    /// The one that goes on.
    pub to: Uuid,
    /// The share that went there, in thousandths; none where nobody stated it.
    pub permille: Option<u32>,
    /// The first day of the new order.
    pub on: NaiveDate,
}

/// A division that became a part of one of today, and the share of it in thousandths; none where no share is known.
pub type Forebear = (Uuid, Option<u32>);

/// What became a part of what, by the division that goes on.
#[derive(Clone, Debug, Default)]
pub struct Descent(HashMap<Uuid, Vec<Forebear>>);

impl Descent {
    /// Adds that `from`, or a share of it in thousandths, became a part of `to`.
    pub fn add(&mut self, from: Uuid, to: Uuid, permille: Option<u32>) {
        self.0.entry(to).or_default().push((from, permille));
    }

    /// A division with all that became a part of it, whatever came before that included. Each stands there once, by
    /// the way that was found first.
    pub fn sources(&self, division: Uuid) -> Sources {
        let mut found = Sources::default();
        let mut seen = BTreeSet::from([division]);
        let mut open: VecDeque<Forebear> = VecDeque::from([(division, Some(1_000))]);
        while let Some((at, share)) = open.pop_front() {
            found.parts.push((at, share));
            for (forebear, part) in self.0.get(&at).into_iter().flatten() {
                if seen.insert(*forebear) {
                    found.moved = true;
                    let share = share.zip(*part).map(|(share, part)| share * part / 1_000);
                    open.push_back((*forebear, share));
                }
            }
        }
        found
    }
}

/// Where the figures of a division of today come from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Itself whole, and what became a part of it.
    pub parts: Vec<Forebear>,
    /// Whether anything has.
    pub moved: bool,
}

/// The figures of one month, of whatever is counted.
pub trait Figures: Clone {
    /// The month.
    fn month(&self) -> YearMonth;
    /// A month in which nothing was counted.
    fn none(month: YearMonth) -> Self;
    /// Whether it counts nothing at all.
    fn is_nothing(&self) -> bool;
    /// A share of it, in thousandths; see [`share_of`].
    #[must_use]
    fn part(&self, permille: u32) -> Self;
    /// Adds the figures of another division in the same month. A figure is withheld once one part of it is.
    fn add(&mut self, other: &Self);
}

/// A share of a count, in thousandths, rounded half up.
pub fn share_of(count: i64, permille: u32) -> i64 {
    (count * i64::from(permille) + 500) / 1_000
}

impl Sources {
    /// The divisions whose figures are needed.
    pub fn divisions(&self) -> impl Iterator<Item = Uuid> {
        self.parts.iter().map(|(division, _)| *division)
    }

    /// The figures of a range, month by month, out of those of its parts. A figure is withheld where one of its
    /// parts is, so that nothing is told that the parts do not tell; the second is whether nothing was left out.
    pub fn sum<F: Figures, T: AsRef<[F]>>(
        &self,
        counted: &HashMap<Uuid, T>,
        from: YearMonth,
        to: YearMonth,
    ) -> (Vec<F>, bool) {
        let mut complete = true;
        let mut months: BTreeMap<i32, F> = (from.index()..=to.index())
            .map(|month| (month, F::none(YearMonth::from_index(month))))
            .collect();
        for (division, share) in &self.parts {
            let list = counted.get(division).map_or(&[][..], AsRef::as_ref);
            let Some(share) = share else {
                complete &= list.iter().all(F::is_nothing);
                continue;
            };
            for month in list {
                if let Some(sum) = months.get_mut(&month.month().index()) {
                    sum.add(&month.part(*share));
                }
            }
        }
        (months.into_values().collect(), complete)
    }
}

/// A division that ended and is counted with another one since a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The one it is counted with.
    pub ancestor: Uuid,
    /// The one that ended.
    pub division: Uuid,
    /// Since when.
    pub since: NaiveDate,
}

impl Joined {
    /// The month from which on it counts there, see [`YearMonth::index`].
    pub fn month(&self) -> i32 {
        YearMonth::of(self.since).index()
    }
}

impl Divisions {
    /// What has come to lie in each of these divisions by a change that was told, in which it did not lie before:
    /// figures for their own day leave it out before that day (D-8). A division that was divided among several is in
    /// none of them.
    pub fn joined(&self, divisions: &[Uuid]) -> Vec<Joined> {
        let steps = self.steps();
        let mut sole: HashMap<Uuid, Option<&Step>> = HashMap::new();
        for step in steps {
            sole.entry(step.from)
                .and_modify(|one| *one = None)
                .or_insert(Some(step));
        }
        let mut found = Vec::new();
        for (ended, step) in &sole {
            let before = self.lay_within(ended);
            for ancestor in divisions.iter().filter(|one| !before.contains(one)) {
                // The first change on the way by which it came there.
                let (mut next, mut seen) = (*step, BTreeSet::from([*ended]));
                while let Some(step) = next.filter(|step| seen.insert(step.to)) {
                    // One that has ended since lay where it lay, not where its heir lies.
                    let lies_in = match self.by_id(&step.to) {
                        Some(_) => self.upwards(&step.to).contains(ancestor),
                        None => self.lay_within(&step.to).contains(ancestor),
                    };
                    if lies_in {
                        found.push(Joined {
                            ancestor: *ancestor,
                            division: *ended,
                            since: step.on,
                        });
                        break;
                    }
                    next = sole.get(&step.to).copied().flatten();
                }
            }
        }
        found.sort_unstable_by_key(|one| (one.ancestor, one.division));
        found
    }

    /// What was divided among several, of which a share came to each of these divisions: what figures of today's
    /// divisions need beside what was merged into them, where the latter is counted with them already.
    pub fn divided(&self, divisions: &[Uuid]) -> HashMap<Uuid, Sources> {
        let mut descent = Descent::default();
        let mut heirs: HashMap<Uuid, usize> = HashMap::new();
        for step in self.steps() {
            descent.add(step.from, step.to, step.permille);
            *heirs.entry(step.from).or_default() += 1;
        }
        let of = |division: &Uuid| {
            let mut sources = descent.sources(*division);
            // What has one heir only stands in its figures already.
            sources
                .parts
                .retain(|(part, _)| heirs.get(part) != Some(&1) || part == division);
            sources.moved = sources.parts.len() > 1;
            (*division, sources)
        };
        divisions.iter().map(of).collect()
    }

    /// The day on which a division began by a change that was told; none for one that the embedded set knows.
    pub fn began(&self, division: &Uuid) -> Option<NaiveDate> {
        if dataset().by_id(division).is_some() {
            return None;
        }
        let steps = self.steps().iter().filter(|step| step.to == *division);
        steps.map(|step| step.on).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        divisions::dataset,
        events::{DivisionChanged, DivisionSide, Relation},
    };

    /// A count that may be withheld.
    #[derive(Clone, Debug, PartialEq)]
    struct Count(YearMonth, Option<i64>);

    impl Figures for Count {
        fn month(&self) -> YearMonth {
            self.0
        }
        fn none(month: YearMonth) -> Self {
            Self(month, Some(0))
        }
        fn is_nothing(&self) -> bool {
            self.1 == Some(0)
        }
        fn part(&self, permille: u32) -> Self {
            Self(self.0, self.1.map(|n| share_of(n, permille)))
        }
        fn add(&mut self, other: &Self) {
            self.1 = self.1.zip(other.1).map(|(a, b)| a + b);
        }
    }

    const MARCH: YearMonth = YearMonth {
        year: 2026,
        month: 3,
    };

    #[test]
    fn figures_of_what_was_merged_stand_with_the_division_of_today() {
        // C is A and half of B; A was Z before.
        let [a, b, c, z] = [1, 2, 3, 4].map(Uuid::from_u128);
        let mut descent = Descent::default();
        descent.add(a, c, Some(1_000));
        descent.add(b, c, Some(500));
        descent.add(z, a, Some(1_000));
        let sources = descent.sources(c);
        let all = |figures: [(Uuid, Option<i64>); 4]| -> HashMap<Uuid, Vec<Count>> {
            figures
                .into_iter()
                .map(|(id, n)| (id, vec![Count(MARCH, n)]))
                .collect()
        };
        let figures = all([(a, Some(10)), (b, Some(7)), (c, Some(20)), (z, Some(5))]);
        let (sum, complete) = sources.sum(&figures, MARCH, MARCH);
        assert_eq!((sum[0].1, complete), (Some(20 + 10 + 4 + 5), true));
        // What is withheld of a part is not told by the whole.
        let hidden = all([(a, None), (b, Some(7)), (c, Some(20)), (z, Some(5))]);
        assert_eq!(sources.sum(&hidden, MARCH, MARCH).0[0].1, None);
        // A share that nobody stated is left out, and said so.
        let mut unknown = Descent::default();
        unknown.add(b, c, None);
        let (sum, complete) = unknown.sources(c).sum(&figures, MARCH, MARCH);
        assert_eq!((sum[0].1, complete), (Some(20), false));
        assert!(!descent.sources(z).moved);
    }

    fn id(code: &str) -> Uuid {
        dataset().by_code(code).unwrap().id
    }

    fn side(id: Uuid, code: &str, parent: &str) -> DivisionSide {
        DivisionSide {
            id,
            code: code.into(),
            name: "甲区".into(),
            parent: Some(self::id(parent)),
            share_permille: None,
        }
    }

    fn change(day: &str, from: Vec<DivisionSide>, to: Vec<DivisionSide>) -> DivisionChanged {
        DivisionChanged {
            change: Uuid::now_v7(),
            relation: Relation::Merge,
            effective: day.parse().unwrap(),
            from,
            to,
            below: Vec::new(),
        }
    }

    #[test]
    fn what_was_merged_is_counted_with_its_heir_since_that_day_and_with_what_held_both_always() {
        // 新津 into 双流 of the same prefecture, then both into a new district of 自贡.
        let (xinjin, shuangliu) = (id("510118"), id("510116"));
        let last = crate::id::derived("division", "joined");
        let changes = [
            change(
                "2025-03-01",
                vec![
                    side(xinjin, "510118", "510100"),
                    side(shuangliu, "510116", "510100"),
                ],
                vec![side(shuangliu, "510116", "510100")],
            ),
            change(
                "2026-06-01",
                vec![side(shuangliu, "510116", "510100")],
                vec![side(last, "510399", "510300")],
            ),
        ];
        let now = Divisions::after(&changes);
        let (chengdu, zigong, sichuan) = (id("510100"), id("510300"), id("510000"));
        let told = |division: Uuid| -> Vec<(Uuid, String)> {
            let joined = now.joined(&[division]);
            joined
                .iter()
                .map(|one| (one.division, one.since.to_string()))
                .collect()
        };
        assert_eq!(told(shuangliu), [(xinjin, "2025-03-01".to_owned())]);
        for into in [last, zigong] {
            let mut of = told(into);
            of.sort();
            let mut expected = vec![
                (xinjin, "2026-06-01".to_owned()),
                (shuangliu, "2026-06-01".to_owned()),
            ];
            expected.sort();
            assert_eq!(of, expected);
        }
        // Both lay in the province all along, and in Chengdu until they left it.
        assert_eq!(told(sichuan), []);
        assert_eq!(told(chengdu), []);
        assert!(Divisions::default().joined(&[sichuan]).is_empty());
    }
}
