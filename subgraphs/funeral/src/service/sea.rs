//! Ecological burial, at sea and on land.

use std::collections::BTreeMap;

use minzheng_kit::divisions::Divisions;
use minzheng_kit::error::Result;
use minzheng_kit::suppress::Policy;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::sql::Binds;
use super::suppression::{self, Judged, Row, Tables};
use crate::rules::terms::IntermentKind;

/// Ecological burials of a division in a period, as anyone may see them; none where a count would tell of single
/// people (domain.md E.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EcoStats {
    /// Voyages that were done.
    pub rounds: i64,
    /// Sets of ashes they gave to the sea.
    pub at_sea: Option<i64>,
    /// Burials on land by form.
    pub on_land: BTreeMap<IntermentKind, Option<i64>>,
    /// Subsidies paid, in fen; withheld where one of the counts is.
    pub subsidies: Option<i64>,
}

/// A month of a division: voyages, or burials of one form.
struct Month {
    division: Uuid,
    month: i32,
    /// Voyages; burials have none.
    rounds: Option<i64>,
    kind: IntermentKind,
    count: i64,
    subsidised: i64,
    subsidies: i64,
}

/// Counts a division and all below it from one month to another, with two statements. At sea the
/// voyages count, on land the burials, so that nothing is counted twice.
pub async fn eco_stats<C: ConnectionTrait>(
    c: &C,
    order: &Divisions,
    division: Uuid,
    now: i32,
    from: i32,
    to: i32,
) -> Result<EcoStats> {
    let tables = suppression::tables(c, order, now, from, to).await?;
    let (first, last) = suppression::whole_years(from, to);
    let months = months(c, first, last).await?;
    Ok(judge(order, now, &tables, &months, division, (from, to)))
}

/// All divisions in some months. A row says itself whether it is of voyages or of burials.
async fn months<C: ConnectionTrait>(c: &C, from: i32, to: i32) -> Result<Vec<Month>> {
    let mut binds = Binds::default();
    let (from, to) = (binds.one(from), binds.one(to));
    let sql = format!(
        "SELECT s.ancestor_id AS division, f.month AS month, f.source AS source, f.kind AS kind, \
           CAST(SUM(f.n) AS bigint) AS n, CAST(SUM(f.subsidised) AS bigint) AS subsidised, \
           CAST(SUM(f.subsidies) AS bigint) AS subsidies \
         FROM ( \
           SELECT division_id, sails_month AS month, 'VOYAGE' AS source, 'SEA' AS kind, COUNT(*) AS n, 0 AS subsidised, 0 AS subsidies \
             FROM sea_voyage WHERE carried IS NOT NULL AND sails_month BETWEEN {from} AND {to} GROUP BY division_id, sails_month \
           UNION ALL SELECT division_id, buried_month, 'BURIAL', kind, COUNT(*), SUM(CASE WHEN subsidy > 0 THEN 1 ELSE 0 END), SUM(subsidy) \
             FROM eco_burial WHERE NOT superseded AND buried_month BETWEEN {from} AND {to} GROUP BY division_id, buried_month, kind \
         ) f JOIN division_scope s ON s.division_id = f.division_id \
         GROUP BY s.ancestor_id, f.month, f.source, f.kind ORDER BY month, source, kind"
    );
    let mut months = Vec::new();
    for row in binds.all(c, &sql).await? {
        let count: i64 = row.try_get("", "n")?;
        let voyages = row.try_get::<String>("", "source")? == "VOYAGE";
        months.push(Month {
            division: row.try_get("", "division")?,
            month: row.try_get("", "month")?,
            rounds: voyages.then_some(count),
            kind: row.try_get("", "kind")?,
            count: if voyages { 0 } else { count },
            subsidised: row.try_get("", "subsidised")?,
            subsidies: row.try_get("", "subsidies")?,
        });
    }
    Ok(months)
}

/// What of these months may be shown of a division. Each form is a system of its own, for no sum over the forms is
/// told; the subsidies are, so those who got one are counted together too.
fn judge(
    order: &Divisions,
    now: i32,
    tables: &Tables,
    months: &[Month],
    division: Uuid,
    (from, to): (i32, i32),
) -> EcoStats {
    let row = Row::Division(division);
    let asked = || {
        let mine = months.iter().filter(|m| m.division == division);
        mine.filter(|m| (from..=to).contains(&m.month))
    };
    let judged = |of: &dyn Fn(&Month) -> i64| {
        let counts = months
            .iter()
            .map(|m| (Row::Division(m.division), m.month, of(m)));
        let judged = Judged::of(order, Policy::UNDER_THREE, now, counts, true);
        judged.period_is_open(row, from, to)
    };
    let mut sums: BTreeMap<IntermentKind, i64> = BTreeMap::new();
    // Single sets of ashes of a voyage are burials at sea, which the voyages have counted.
    for month in asked().filter(|m| m.rounds.is_none() && m.kind != IntermentKind::Sea) {
        *sums.entry(month.kind).or_default() += month.count;
    }
    let on_land: BTreeMap<IntermentKind, Option<i64>> = sums
        .into_iter()
        .map(|(kind, sum)| {
            let open = judged(&|m| if m.kind == kind { m.count } else { 0 });
            (kind, open.then_some(sum))
        })
        .collect();
    let at_sea = tables.at_sea(division, from, to);
    let all_told = at_sea.is_some() && on_land.values().all(Option::is_some);
    let subsidies = asked().map(|m| m.subsidies).sum();
    EcoStats {
        rounds: asked().filter_map(|m| m.rounds).sum(),
        subsidies: (all_told && judged(&|m| m.subsidised)).then_some(subsidies),
        at_sea,
        on_land,
    }
}
