//! Ecological burial, at sea and on land.

use std::collections::BTreeMap;

use minzheng_kit::error::Result;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::sql::Binds;
use crate::rules::terms::IntermentKind;

/// Ecological burials of a division in a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EcoStats {
    /// Voyages that were done.
    pub rounds: i64,
    /// Sets of ashes they gave to the sea.
    pub at_sea: i64,
    /// Burials on land by form.
    pub on_land: BTreeMap<IntermentKind, i64>,
    /// Subsidies paid, in fen.
    pub subsidies: i64,
}

/// Counts a division and all below it from one month to another, with one statement. At sea the
/// voyages count, on land the burials, so that nothing is counted twice.
pub async fn eco_stats<C: ConnectionTrait>(
    c: &C,
    division: Uuid,
    from: i32,
    to: i32,
) -> Result<EcoStats> {
    let mut binds = Binds::default();
    let (division, from, to) = (binds.one(division), binds.one(from), binds.one(to));
    let sql = format!(
        "SELECT 'SEA' AS kind, COUNT(*) AS rounds, CAST(COALESCE(SUM(v.carried), 0) AS bigint) AS n, CAST(0 AS bigint) AS subsidies \
           FROM sea_voyage v JOIN division_scope s ON s.division_id = v.division_id \
           WHERE s.ancestor_id = {division} AND v.carried IS NOT NULL AND v.sails_month BETWEEN {from} AND {to} \
         UNION ALL \
         SELECT e.kind, COUNT(*) * 0, COUNT(*), CAST(SUM(e.subsidy) AS bigint) \
           FROM eco_burial e JOIN division_scope s ON s.division_id = e.division_id \
           WHERE s.ancestor_id = {division} AND NOT e.superseded AND e.buried_month BETWEEN {from} AND {to} GROUP BY e.kind"
    );
    let mut stats = EcoStats::default();
    let mut first = true;
    for row in binds.all(c, &sql).await? {
        let n: i64 = row.try_get("", "n")?;
        let rounds: i64 = row.try_get("", "rounds")?;
        stats.subsidies += row.try_get::<i64>("", "subsidies")?;
        match row.try_get("", "kind")? {
            // The voyages come first, and always as one row; later rows of SEA are single sets of
            // ashes, which the voyages have counted.
            IntermentKind::Sea if std::mem::take(&mut first) => {
                stats.rounds = rounds;
                stats.at_sea = n;
            }
            IntermentKind::Sea => {}
            kind => *stats.on_land.entry(kind).or_default() += n,
        }
    }
    Ok(stats)
}
