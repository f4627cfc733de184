//! The clean-up of illegal graves, in figures. A single grave's position is for officers only and
//! is not served here.

use std::collections::BTreeMap;

use minzheng_kit::error::Result;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::sql::Binds;
use crate::model::report_figure::RESTORED_AREA;
use crate::rules::terms::{GraveState, IllegalGraveKind};

/// The clean-up of a division.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Cases by kind.
    pub by_kind: BTreeMap<IllegalGraveKind, i64>,
    /// Cases by state.
    pub by_state: BTreeMap<GraveState, i64>,
    /// Area with vegetation restored, in thousandths of a square metre, reports included.
    pub restored_milli_m2: i64,
}

/// Sums up a division and all below it, with one statement.
pub async fn summary<C: ConnectionTrait>(c: &C, division: Uuid) -> Result<Summary> {
    let mut binds = Binds::default();
    let (division, indicator) = (binds.one(division), binds.one(RESTORED_AREA));
    let sql = format!(
        "SELECT g.kind AS kind, g.state AS state, COUNT(*) AS n, CAST(SUM(g.restored_milli_m2) AS bigint) AS restored \
           FROM illegal_grave g JOIN division_scope s ON s.division_id = g.division_id \
           WHERE s.ancestor_id = {division} GROUP BY g.kind, g.state \
         UNION ALL \
         SELECT NULL, NULL, 0, CAST(COALESCE(SUM(r.value), 0) AS bigint) \
           FROM report_figure r JOIN division_scope s ON s.division_id = r.division_id \
           WHERE s.ancestor_id = {division} AND r.indicator = {indicator}"
    );
    let mut summary = Summary::default();
    for row in binds.all(c, &sql).await? {
        summary.restored_milli_m2 += row.try_get::<i64>("", "restored")?;
        let n: i64 = row.try_get("", "n")?;
        if let Some(kind) = row.try_get::<Option<IllegalGraveKind>>("", "kind")? {
            *summary.by_kind.entry(kind).or_default() += n;
        }
        if let Some(state) = row.try_get::<Option<GraveState>>("", "state")? {
            *summary.by_state.entry(state).or_default() += n;
        }
    }
    Ok(summary)
}
