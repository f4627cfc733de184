//! The months of many divisions at once: what the leader's cockpit shows.
//!
//! Four statements, whatever the number of divisions and months: living organizations, clean-up,
//! fees, permits. All sums run over [`crate::model::territory`], so that a prefecture's figure is the
//! sum of its counties by construction.

use super::{Months, among, grouped, median, within};
use crate::model::{cleanup_case, fee_reduction, organization, permit_case, territory};
use crate::vocabulary::{CleanupKind, CleanupResult, DayUnit, OrgState};
use kit::divisions::{Divisions, Figures, Joined, Sources, share_of};
use minzheng_kit as kit;
use sea_orm::sea_query::{CaseStatement, Condition, Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect,
};
use std::collections::HashMap;
use uuid::Uuid;

/// One division in one month.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OrgMonth {
    /// The month, as [`kit::YearMonth::index`].
    pub month: i32,
    /// Organizations that exist at its end.
    pub live: i64,
    /// "Zombie" cases closed in it.
    pub zombie_cleaned: i64,
    /// Illegal organizations banned in it.
    pub illegal_banned: i64,
    /// Fees cut, in fen.
    pub fees_cut_fen: i64,
    /// Enterprises that pay less.
    pub enterprises_helped: i64,
    /// Median of the working days that permits took; none when none was decided.
    pub permit_median_days: Option<f64>,
}

#[derive(FromQueryResult)]
struct Life {
    ancestor: Uuid,
    first: i32,
    ended: Option<i32>,
    number: i64,
}

#[derive(FromQueryResult)]
struct Cleaned {
    ancestor: Uuid,
    month: i32,
    kind: CleanupKind,
    number: i64,
}

#[derive(FromQueryResult)]
struct Fees {
    ancestor: Uuid,
    month: i32,
    cut_fen: i64,
    enterprises: i64,
}

#[derive(FromQueryResult)]
struct Permits {
    ancestor: Uuid,
    month: i32,
    days: i32,
    number: i64,
}

/// What is asked for: whose months, and what of them is left out.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The divisions.
    divisions: Vec<Uuid>,
    /// The months.
    range: Months,
    /// What has come to lie in one of them by a change, and is left out before its day.
    apart: Vec<Joined>,
}

impl Asked {
    /// Figures for their own day (D-8): what was merged into a division counts there from the month of the change on.
    #[must_use]
    pub fn of_their_day(order: &Divisions, divisions: &[Uuid], range: Months) -> Self {
        Self {
            divisions: divisions.to_vec(),
            range,
            apart: order.joined(divisions),
        }
    }

    /// With all that was merged into them, before the change too.
    #[must_use]
    pub const fn with_what_was_merged(divisions: Vec<Uuid>, range: Months) -> Self {
        Self {
            divisions,
            range,
            apart: Vec::new(),
        }
    }

    /// The rows of the divisions, without what did not lie there yet in the month of the row.
    fn rows(&self, month: impl ColumnTrait) -> Condition {
        let before = self
            .apart
            .iter()
            .map(|one| joined(one).add(month.lt(one.month())).not());
        before.fold(
            Condition::all().add(among(territory::Column::Ancestor, &self.divisions)),
            Condition::add,
        )
    }
}

/// The rows of what has come to lie in another division.
fn joined(one: &Joined) -> Condition {
    Condition::all()
        .add(territory::Column::Ancestor.eq(one.ancestor))
        .add(territory::Column::Division.eq(one.division))
}

/// Months of divisions of today, and whether nothing was left out.
pub type Rebased = (Vec<OrgMonth>, bool);

/// D-8: the months brought to the divisions of today: with what was merged into them, as the territory has it, and
/// with the stated share of what was divided among them and others. Living organizations are not shared out: an
/// officer assigns each of them to one of the successors.
pub async fn rebased(
    db: &impl ConnectionTrait,
    order: &Divisions,
    divisions: &[Uuid],
    range: Months,
) -> kit::Result<HashMap<Uuid, Rebased>> {
    let sources = order.divided(divisions);
    let mut wanted: Vec<Uuid> = sources.values().flat_map(Sources::divisions).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let counted = months(db, &Asked::with_what_was_merged(wanted, range)).await?;
    let (from, to) = (
        kit::YearMonth::from_index(range.from),
        kit::YearMonth::from_index(range.to),
    );
    Ok(sources
        .into_iter()
        .map(|(division, sources)| (division, sources.sum(&counted, from, to)))
        .collect())
}

impl Figures for OrgMonth {
    fn month(&self) -> kit::YearMonth {
        kit::YearMonth::from_index(self.month)
    }

    fn none(month: kit::YearMonth) -> Self {
        Self {
            month: month.index(),
            ..Self::default()
        }
    }

    fn is_nothing(&self) -> bool {
        *self == Self::none(Figures::month(self))
    }

    fn part(&self, permille: u32) -> Self {
        if permille == 1_000 {
            return self.clone();
        }
        Self {
            month: self.month,
            live: 0,
            zombie_cleaned: share_of(self.zombie_cleaned, permille),
            illegal_banned: share_of(self.illegal_banned, permille),
            fees_cut_fen: share_of(self.fees_cut_fen, permille),
            enterprises_helped: share_of(self.enterprises_helped, permille),
            // The days of a share of the permits are nobody's.
            permit_median_days: None,
        }
    }

    fn add(&mut self, other: &Self) {
        if self.is_nothing() {
            self.permit_median_days = other.permit_median_days;
        } else if other.permit_median_days.is_some() {
            // Two medians are no median.
            self.permit_median_days = None;
        }
        self.live += other.live;
        self.zombie_cleaned += other.zombie_cleaned;
        self.illegal_banned += other.illegal_banned;
        self.fees_cut_fen += other.fees_cut_fen;
        self.enterprises_helped += other.enterprises_helped;
    }
}

/// Every month of the range for every division asked for.
pub async fn months(
    db: &impl ConnectionTrait,
    asked: &Asked,
) -> kit::Result<HashMap<Uuid, Vec<OrgMonth>>> {
    let (divisions, range) = (&asked.divisions, asked.range);
    let lives = grouped(lives(db, asked).await?, |row| row.ancestor);
    let cleaned = grouped(cleaned(db, asked).await?, |row| row.ancestor);
    let fees = grouped(fees(db, asked).await?, |row| row.ancestor);
    let permits = grouped(permits(db, asked).await?, |row| row.ancestor);
    let one = |division: &Uuid| {
        let mut all: Vec<OrgMonth> = range
            .iter()
            .map(|month| OrgMonth {
                month,
                ..OrgMonth::default()
            })
            .collect();
        for life in lives.get(division).into_iter().flatten() {
            for at in all.iter_mut().filter(|at| life.first <= at.month) {
                if life.ended.is_none_or(|ended| ended > at.month) {
                    at.live += life.number;
                }
            }
        }
        for row in cleaned.get(division).into_iter().flatten() {
            if let Some(at) = place(&mut all, range, row.month) {
                match row.kind {
                    CleanupKind::Zombie => at.zombie_cleaned += row.number,
                    CleanupKind::Illegal => at.illegal_banned += row.number,
                }
            }
        }
        for row in fees.get(division).into_iter().flatten() {
            if let Some(at) = place(&mut all, range, row.month) {
                at.fees_cut_fen = row.cut_fen;
                at.enterprises_helped = row.enterprises;
            }
        }
        let mut histograms: HashMap<i32, Vec<(i32, i64)>> = HashMap::new();
        for row in permits.get(division).into_iter().flatten() {
            histograms
                .entry(row.month)
                .or_default()
                .push((row.days, row.number));
        }
        for (month, mut histogram) in histograms {
            if let Some(at) = place(&mut all, range, month) {
                at.permit_median_days = median(&mut histogram);
            }
        }
        all
    };
    Ok(divisions
        .iter()
        .map(|division| (*division, one(division)))
        .collect())
}

fn place(all: &mut [OrgMonth], range: Months, month: i32) -> Option<&mut OrgMonth> {
    usize::try_from(month - range.from)
        .ok()
        .and_then(|at| all.get_mut(at))
}

/// Organizations by the months between which they exist. Months before the range count as one, so
/// that the number of rows depends on the range and not on history.
async fn lives(db: &impl ConnectionTrait, asked: &Asked) -> kit::Result<Vec<Life>> {
    let range = asked.range;
    let before = range.from;
    let founded = organization::Column::FoundedMonth;
    // What came to lie here later begins to count on its day.
    let mut first = CaseStatement::new();
    for one in &asked.apart {
        let came = Ord::max(one.month(), before);
        first = first.case(joined(one).add(founded.lt(came)), came);
    }
    let first = first
        .case(founded.lt(before), before)
        .finally(Expr::col((organization::Entity, founded)));
    let ended = Expr::case(
        organization::Column::EndedMonth.lte(range.to),
        Expr::col((organization::Entity, organization::Column::EndedMonth)),
    )
    .finally(Expr::cust("CAST(NULL AS INTEGER)"));
    Ok(territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .expr_as(first, "first")
        .expr_as(ended, "ended")
        .column_as(organization::Column::CreditCode.count(), "number")
        .join(
            JoinType::InnerJoin,
            within::<organization::Entity>(organization::Column::DivisionId),
        )
        .filter(among(territory::Column::Ancestor, &asked.divisions))
        .filter(organization::Column::State.ne(OrgState::Preparing))
        .filter(organization::Column::FoundedMonth.lte(range.to))
        .filter(
            organization::Column::EndedMonth
                .is_null()
                .or(organization::Column::EndedMonth.gt(range.from)),
        )
        .group_by(Expr::cust("1"))
        .group_by(Expr::cust("2"))
        .group_by(Expr::cust("3"))
        .into_model::<Life>()
        .all(db)
        .await?)
}

async fn cleaned(db: &impl ConnectionTrait, asked: &Asked) -> kit::Result<Vec<Cleaned>> {
    let range = asked.range;
    Ok(territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .column_as(cleanup_case::Column::ClosedMonth, "month")
        .column_as(cleanup_case::Column::Kind, "kind")
        .column_as(cleanup_case::Column::Id.count(), "number")
        .join(
            JoinType::InnerJoin,
            within::<cleanup_case::Entity>(cleanup_case::Column::DivisionId),
        )
        .filter(asked.rows(cleanup_case::Column::ClosedMonth))
        .filter(cleanup_case::Column::ClosedMonth.between(range.from, range.to))
        // What was dropped cleaned nothing up.
        .filter(cleanup_case::Column::Result.ne(CleanupResult::Dismissed))
        .group_by(territory::Column::Ancestor)
        .group_by(cleanup_case::Column::ClosedMonth)
        .group_by(cleanup_case::Column::Kind)
        .into_model::<Cleaned>()
        .all(db)
        .await?)
}

/// What a line saves, summed, as a whole number on both databases.
pub(crate) const CUT_FEN: &str =
    "CAST(COALESCE(SUM((old_fen - new_fen) * enterprises), 0) AS BIGINT)";

/// Enterprises helped, summed, as a whole number on both databases.
pub(crate) const ENTERPRISES: &str = "CAST(COALESCE(SUM(enterprises), 0) AS BIGINT)";

async fn fees(db: &impl ConnectionTrait, asked: &Asked) -> kit::Result<Vec<Fees>> {
    let range = asked.range;
    Ok(territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .column_as(fee_reduction::Column::Month, "month")
        .expr_as(Expr::cust(CUT_FEN), "cut_fen")
        .expr_as(Expr::cust(ENTERPRISES), "enterprises")
        .join(
            JoinType::InnerJoin,
            within::<fee_reduction::Entity>(fee_reduction::Column::DivisionId),
        )
        .filter(asked.rows(fee_reduction::Column::Month))
        .filter(fee_reduction::Column::Month.between(range.from, range.to))
        .group_by(territory::Column::Ancestor)
        .group_by(fee_reduction::Column::Month)
        .into_model::<Fees>()
        .all(db)
        .await?)
}

/// Only items counted in working days: those are what the promise is about, and a median over two
/// units would mean nothing.
async fn permits(db: &impl ConnectionTrait, asked: &Asked) -> kit::Result<Vec<Permits>> {
    let range = asked.range;
    Ok(territory::Entity::find()
        .select_only()
        .column(territory::Column::Ancestor)
        .column_as(permit_case::Column::DecidedMonth, "month")
        .column_as(permit_case::Column::DaysTaken, "days")
        .column_as(permit_case::Column::Id.count(), "number")
        .join(
            JoinType::InnerJoin,
            within::<permit_case::Entity>(permit_case::Column::DivisionId),
        )
        .filter(asked.rows(permit_case::Column::DecidedMonth))
        .filter(permit_case::Column::DecidedMonth.between(range.from, range.to))
        .filter(permit_case::Column::Unit.eq(DayUnit::Working))
        .filter(permit_case::Column::DaysTaken.is_not_null())
        .group_by(territory::Column::Ancestor)
        .group_by(permit_case::Column::DecidedMonth)
        .group_by(permit_case::Column::DaysTaken)
        .into_model::<Permits>()
        .all(db)
        .await?)
}
