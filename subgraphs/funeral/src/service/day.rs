//! Figures of their own day, or brought to the divisions of today (D-8).
//!
//! Everything that is told without being asked for otherwise counts what was merged into a division with it, before the
//! change too, and is judged so ([`super::suppression`]). Months of their own day are finer than that: the county that
//! ended, and the one that took it over, each by itself. Who does not keep the records gets such a part only where the
//! whole is told and the parts give nothing else away; see [`OwnDay::is_open`].

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use minzheng_kit::YearMonth;
use minzheng_kit::divisions::{Divisions, Joined, Sources};
use minzheng_kit::error::Result;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::figures::{self, ByDivision, MonthFigures};
use super::suppression::{Figure, Row, Shown, Tables};

/// The months of some divisions.
pub type Months = HashMap<Uuid, Arc<Found>>;

/// The months of a division, and whether nothing was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// A month each.
    pub months: Vec<Shown>,
    /// Whether nothing was left out.
    pub is_complete: bool,
}

impl Found {
    const fn whole(months: Vec<Shown>) -> Self {
        Self {
            months,
            is_complete: true,
        }
    }
}

/// The figures of their own day, for those who keep the records.
pub async fn kept<C: ConnectionTrait>(
    c: &C,
    order: &Divisions,
    divisions: &[Uuid],
    (from, to): (i32, i32),
) -> Result<Months> {
    let counted = figures::monthly(c, divisions, from, to, &order.joined(divisions)).await?;
    let of = |id: &Uuid| {
        let months = (from..=to).map(|month| Shown::whole(&in_month(&counted, *id, month)));
        (*id, Arc::new(Found::whole(months.collect())))
    };
    Ok(divisions.iter().map(of).collect())
}

/// The figures brought to the divisions of today, for those who keep the records: with what was merged into them, and
/// with the stated share of what was divided.
pub async fn kept_rebased<C: ConnectionTrait>(
    c: &C,
    order: &Divisions,
    divisions: &[Uuid],
    (from, to): (i32, i32),
) -> Result<Months> {
    let sources = order.divided(divisions);
    let mut wanted: Vec<Uuid> = sources.values().flat_map(Sources::divisions).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let counted = figures::monthly(c, &wanted, from, to, &[]).await?;
    let range = (YearMonth::from_index(from), YearMonth::from_index(to));
    let of = |(id, sources): (Uuid, Sources)| {
        let (months, is_complete) = sources.sum(&counted, range.0, range.1);
        let months = months.iter().map(Shown::whole).collect();
        (
            id,
            Arc::new(Found {
                months,
                is_complete,
            }),
        )
    };
    Ok(sources.into_iter().map(of).collect())
}

/// The figures brought to the divisions of today, for all others. A share of what was divided is not told to them: it
/// is left out, and the answer says so.
pub fn shown_rebased(
    order: &Divisions,
    tables: &Tables,
    divisions: &[Uuid],
    (from, to): (i32, i32),
) -> Months {
    let sources = order.divided(divisions);
    let of = |id: &Uuid| {
        let found = Found {
            months: tables.of_division(*id, from, to),
            is_complete: !sources.get(id).is_some_and(|of| of.moved),
        };
        (*id, Arc::new(found))
    };
    divisions.iter().map(of).collect()
}

/// The figures of their own day, for all others; one more statement, and only where something was merged.
pub async fn shown<C: ConnectionTrait>(
    c: &C,
    order: &Divisions,
    tables: &Tables,
    divisions: &[Uuid],
    (from, to): (i32, i32),
) -> Result<Months> {
    let day = OwnDay::read(c, order, tables, divisions, (from, to)).await?;
    let of = |id: &Uuid| {
        let months = (from..=to).map(|month| day.of(*id, month));
        (*id, Arc::new(Found::whole(months.collect())))
    };
    Ok(divisions.iter().map(of).collect())
}

/// What is counted for the divisions in question and for all that shares a row with them.
struct OwnDay<'a> {
    order: &'a Divisions,
    tables: &'a Tables,
    /// What came to lie in them.
    joined: Vec<Joined>,
    /// Of what has come to lie in another county, what changed its prefecture too.
    crossed: BTreeSet<Uuid>,
    months: ByDivision,
}

impl<'a> OwnDay<'a> {
    async fn read<C: ConnectionTrait>(
        c: &C,
        order: &'a Divisions,
        tables: &'a Tables,
        divisions: &[Uuid],
        (from, to): (i32, i32),
    ) -> Result<Self> {
        let mut day = Self {
            order,
            tables,
            joined: Vec::new(),
            crossed: BTreeSet::new(),
            months: ByDivision::new(),
        };
        if order.steps().is_empty() {
            return Ok(day);
        }
        let ended = |id: &Uuid| order.by_id(id).is_none();
        let of_asked = order.joined(divisions);
        let heirs = divisions
            .iter()
            .filter(|id| ended(id))
            .chain(of_asked.iter().map(|one| &one.division))
            .filter_map(|id| order.successor(id))
            .map(|heir| heir.id);
        let heads: BTreeSet<Uuid> = heirs.chain(divisions.iter().copied()).collect();
        let heads: Vec<Uuid> = heads.into_iter().filter(|id| !ended(id)).collect();
        day.joined = order.joined(&heads);
        let above: BTreeSet<Uuid> = heads
            .iter()
            .flat_map(|head| order.ancestors(head))
            .map(|one| one.id)
            .collect();
        let above: Vec<Uuid> = above.into_iter().collect();
        day.crossed = order
            .joined(&above)
            .iter()
            .map(|one| one.division)
            .collect();
        let mut wanted: Vec<Uuid> = divisions.to_vec();
        wanted.extend(heads);
        wanted.extend(day.joined.iter().map(|one| one.division));
        wanted.sort_unstable();
        wanted.dedup();
        day.months = figures::monthly(c, &wanted, from, to, &order.joined(&wanted)).await?;
        Ok(day)
    }

    /// A month of a division as it may be shown.
    fn of(&self, division: Uuid, month: i32) -> Shown {
        let lives = self.order.by_id(&division).is_some();
        let mut apart = self.apart(division, month).peekable();
        if lives && apart.peek().is_none() {
            return self.tables.of_month(division, month);
        }
        let apart: Vec<Uuid> = apart.map(|one| one.division).collect();
        let counted = in_month(&self.months, division, month);
        let open = |figure: Figure| {
            if lives {
                let row = Row::Division(division);
                self.tables.month_is_open(figure, row, month)
                    && apart.iter().all(|part| self.is_open(figure, *part, month))
            } else {
                self.is_open(figure, division, month)
            }
        };
        Shown::where_open(&counted, open)
    }

    /// What lies in a division today and did not in a month.
    fn apart(&self, division: Uuid, month: i32) -> impl Iterator<Item = &Joined> {
        self.joined
            .iter()
            .filter(move |one| one.ancestor == division && month < one.month())
    }

    /// Whether a figure of a division that has ended may be told for a month before it did.
    ///
    /// It is a part of the figure of what took it over. That one must be told, no part of it may be small, for the
    /// others would give it back; nothing may be counted by itself below it, in a township or a facility; and the change
    /// was within one prefecture, so that it splits no other row. Where it is the whole, there are no parts.
    fn is_open(&self, figure: Figure, ended: Uuid, month: i32) -> bool {
        let Some(heir) = self.order.successor(&ended).map(|heir| heir.id) else {
            return false;
        };
        let before = |id: &Uuid| self.began(*id).is_none_or(|began| began <= month);
        let mut parts: Vec<Uuid> = self.apart(heir, month).map(|one| one.division).collect();
        if !parts.contains(&ended) || parts.iter().any(|part| self.crossed.contains(part)) {
            return false;
        }
        parts.push(heir);
        parts.retain(before);
        let row = Row::Division(heir);
        let count = |part: &Uuid| figure.of(&in_month(&self.months, *part, month));
        self.tables.month_is_open(figure, row, month)
            && (parts.len() == 1
                || (parts.iter().all(|part| !figure.is_small(count(part)))
                    && !self.tables.tells_below(figure, self.order, heir, month)))
    }

    /// The month in which a division began by a change.
    fn began(&self, division: Uuid) -> Option<i32> {
        let began = self.order.began(&division)?;
        Some(YearMonth::of(began).index())
    }
}

/// What was counted in a month.
fn in_month(months: &ByDivision, division: Uuid, month: i32) -> MonthFigures {
    let all = months.get(&division).map_or(&[][..], Vec::as_slice);
    let none = MonthFigures {
        month,
        ..MonthFigures::default()
    };
    all.iter()
        .find(|one| one.month == month)
        .copied()
        .unwrap_or(none)
}
