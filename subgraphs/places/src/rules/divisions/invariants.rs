//! What holds over any history: D-1 to D-4, D-6, and the arithmetic of D-8.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use uuid::Uuid;

use super::law::rank;
use crate::model::vocabulary::DivisionLevel;

/// A version as the invariants see it.
#[derive(Clone, Debug)]
pub struct Span {
    /// Which.
    pub division: Uuid,
    /// Code.
    pub code: String,
    /// Level.
    pub level: DivisionLevel,
    /// The division above.
    pub parent: Option<Uuid>,
    /// First day.
    pub from: NaiveDate,
    /// Last day, exclusive.
    pub to: Option<NaiveDate>,
}

impl Span {
    pub(super) fn holds(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| to > day)
    }

    fn last(&self) -> NaiveDate {
        self.to.unwrap_or(NaiveDate::MAX)
    }
}

/// D-1 to D-4 over any set of versions: what is broken, in words for whoever runs the check. Parents that are
/// not in the set are not judged.
pub fn broken(spans: &[Span]) -> Vec<String> {
    let mut found = Vec::new();
    let mut of: BTreeMap<Uuid, Vec<&Span>> = BTreeMap::new();
    let mut by_code: BTreeMap<&str, Vec<&Span>> = BTreeMap::new();
    for span in spans {
        of.entry(span.division).or_default().push(span);
        by_code.entry(&span.code).or_default().push(span);
    }
    for own in of.values_mut() {
        own.sort_by_key(|span| span.from);
        for pair in own.windows(2) {
            if pair[0].to != Some(pair[1].from) {
                found.push(format!("D-1: {} has a gap or an overlap", pair[1].code));
            }
        }
    }
    for (code, bearers) in &mut by_code {
        bearers.sort_by_key(|span| span.from);
        for pair in bearers.windows(2) {
            if pair[0].last() > pair[1].from {
                found.push(format!("D-2: {code} is borne by two on one day"));
            }
        }
    }
    for span in spans {
        let Some(parents) = span.parent.and_then(|id| of.get(&id)) else {
            continue;
        };
        let begins = parents.iter().any(|parent| parent.holds(span.from));
        let lasts = parents.iter().map(|parent| parent.last()).max() >= Some(span.last());
        if !begins || !lasts {
            found.push(format!("D-3: {} outlives the division above it", span.code));
        }
        if parents
            .iter()
            .any(|parent| rank(parent.level) >= rank(span.level))
        {
            found.push(format!("D-4: {} stands under no higher level", span.code));
        }
    }
    found
}

/// D-6, 区划沿革: following lineage forward from a division ends at one live division at least. `heirs` gives the whole
/// steps from each division; those that moved only in part are left out.
pub fn leads_to_life(from: Uuid, live: &HashSet<Uuid>, heirs: &HashMap<Uuid, Vec<Uuid>>) -> bool {
    let (mut seen, mut open) = (HashSet::new(), vec![from]);
    while let Some(at) = open.pop() {
        if live.contains(&at) {
            return true;
        }
        if seen.insert(at) {
            open.extend(heirs.get(&at).into_iter().flatten());
        }
    }
    false
}

/// A part of a division: from and to, between 0 and 1.
pub type Part = (f64, f64);

/// D-8, 区划沿革: what a part of a division gets of a figure of before. Parts that lie side by side get whole numbers
/// that add up to the figure again.
pub fn rebased(figure: i64, part: Part) -> i64 {
    // A hair more, so that 0.1 + 0.2 counts as 0.3.
    let below = |share: f64| (figure as f64 * share + 1e-9).floor() as i64;
    below(part.1) - below(part.0)
}

/// D-8, 区划沿革: the part of a part: what lies from and to in `inner`, seen from the whole that `outer` is a part of.
pub fn within(outer: Part, inner: Part) -> Part {
    let width = inner.1 - inner.0;
    (inner.0 + outer.0 * width, inner.0 + outer.1 * width)
}

/// D-8, 区划沿革: the parts of a division that was split, in the order of its heirs; `None` where a share is not known.
pub fn parts(shares: &[Option<f64>]) -> Option<Vec<Part>> {
    let known: Vec<f64> = shares.iter().copied().collect::<Option<_>>()?;
    let total: f64 = known.iter().sum();
    if total <= 0.0 || !total.is_finite() {
        return None;
    }
    let mut at = 0.0;
    let mut parts = Vec::with_capacity(known.len());
    for (n, share) in known.iter().enumerate() {
        let to = if n + 1 == known.len() {
            1.0
        } else {
            at + share / total
        };
        parts.push((at, to));
        at = to;
    }
    Some(parts)
}
