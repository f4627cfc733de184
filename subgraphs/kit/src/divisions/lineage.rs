//! Which row of the history goes on as which: the edges of descent, and the identities they make.
//!
//! A *row* is a code under one name for some years. A *division* is a chain of rows in which each goes
//! over, whole and alone, into a new row of the same level (新津县 510132 → 新津区 510118). Whatever is
//! split, merged or absorbed ends its chain: its successors are other divisions, joined by lineage.
//!
//! The source names the successors of counties but hardly any of prefectures; those are inferred from
//! where their counties went ([`Edge::inferred`]).

use std::collections::{BTreeSet, HashMap};

use super::{Level, kind::stem, source::Row};

/// In `year` the territory of row `from`, or a part of it, went to row `to`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) year: u32,
    /// Only a part moved, the rest stayed or went elsewhere as named by a whole edge.
    pub(super) partial: bool,
    /// Not in the source: concluded from where the counties went.
    pub(super) inferred: bool,
}

pub(super) struct Descent {
    pub(super) edges: Vec<Edge>,
    /// For each row the row that continues it under the same identity.
    pub(super) next: Vec<Option<usize>>,
    /// For each row the first row of its chain.
    pub(super) head: Vec<usize>,
}

/// Rows by code, for look-ups at a year.
pub(super) struct ByCode<'a> {
    rows: &'a [Row],
    map: HashMap<&'a str, Vec<usize>>,
}

impl<'a> ByCode<'a> {
    pub(super) fn new(rows: &'a [Row]) -> Self {
        let mut map: HashMap<&str, Vec<usize>> = HashMap::with_capacity(rows.len());
        for (i, row) in rows.iter().enumerate() {
            map.entry(&row.code).or_default().push(i);
        }
        Self { rows, map }
    }

    /// The row under which `code` was in use in `year`.
    pub(super) fn at(&self, code: &str, year: u32) -> Option<usize> {
        self.map
            .get(code)?
            .iter()
            .copied()
            .find(|&i| self.rows[i].alive(year))
    }

    pub(super) fn all(&self, code: &str) -> &[usize] {
        self.map.get(code).map_or(&[], Vec::as_slice)
    }

    /// The prefecture over a county's code in `year`; none where the province governs directly.
    pub(super) fn prefecture(&self, county: &str, year: u32) -> Option<usize> {
        let code = format!("{}00", county.get(..4)?);
        self.at(&code, year)
            .filter(|&i| self.rows[i].level == Level::Prefecture)
    }

    /// The province over any code in `year`.
    pub(super) fn province(&self, code: &str, year: u32) -> Option<usize> {
        self.at(&format!("{}0000", code.get(..2)?), year)
    }
}

pub(super) fn descend(rows: &[Row]) -> Descent {
    let by_code = ByCode::new(rows);
    let mut edges = named_edges(rows, &by_code);
    edges.extend(inferred_edges(rows, &by_code, &edges));
    let next = continuations(rows, &edges);
    let mut head: Vec<usize> = (0..rows.len()).collect();
    // A continuation starts later than its row, so walking rows by their first year settles every head.
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&i| rows[i].from);
    for i in order {
        if let Some(to) = next[i] {
            head[to] = head[i];
        }
    }
    Descent { edges, next, head }
}

fn named_edges(rows: &[Row], by_code: &ByCode<'_>) -> Vec<Edge> {
    let mut edges = Vec::with_capacity(rows.len());
    for (from, row) in rows.iter().enumerate() {
        for (code, tag) in &row.successors {
            let Some(year) = tag.or(row.to) else { continue };
            let Some(to) = by_code.at(code, year) else {
                continue;
            };
            if to != from {
                edges.push(Edge {
                    from,
                    to,
                    year,
                    partial: row.to != Some(year),
                    inferred: false,
                });
            }
        }
    }
    edges
}

fn inferred_edges(rows: &[Row], by_code: &ByCode<'_>, named: &[Edge]) -> Vec<Edge> {
    let mut whole: HashMap<usize, Vec<usize>> = HashMap::new();
    for edge in named.iter().filter(|e| !e.partial) {
        whole.entry(edge.from).or_default().push(edge.to);
    }
    let mut edges = Vec::new();
    for (from, row) in rows.iter().enumerate() {
        let Some(year) = row
            .to
            .filter(|_| row.level == Level::Prefecture && !whole.contains_key(&from))
        else {
            continue;
        };
        let mut add = |to: usize, partial: bool| {
            edges.push(Edge {
                from,
                to,
                year,
                partial,
                inferred: true,
            });
        };
        if let Some(to) = by_code.at(&row.code, year) {
            add(to, false); // renamed in place
            continue;
        }
        let heirs = heirs(rows, by_code, &whole, row, year);
        let sole = heirs
            .iter()
            .copied()
            .find(|&t| rows[t].from == year && stem(&rows[t].name) == stem(&row.name));
        for &to in &heirs {
            add(to, sole.is_some_and(|sole| sole != to));
        }
        if heirs.is_empty()
            && let Some(province) = by_code.province(&row.code, year)
        {
            add(province, false);
        }
    }
    edges
}

/// The prefectures that hold, in `year`, what the counties of an abolished prefecture became.
fn heirs(
    rows: &[Row],
    by_code: &ByCode<'_>,
    whole: &HashMap<usize, Vec<usize>>,
    gone: &Row,
    year: u32,
) -> BTreeSet<usize> {
    let prefix = &gone.code[..4];
    let (mut prefectures, mut provinces) = (BTreeSet::new(), BTreeSet::new());
    let counties = rows.iter().enumerate().filter(|(_, c)| {
        c.level == Level::County && c.code.starts_with(prefix) && c.alive(year - 1) && c.from < year
    });
    for (i, county) in counties {
        let become_of = if county.alive(year) {
            &[i][..]
        } else {
            whole.get(&i).map_or(&[][..], Vec::as_slice)
        };
        for &to in become_of {
            match rows[to].level {
                Level::Prefecture => _ = prefectures.insert(to),
                _ => match by_code.prefecture(&rows[to].code, year) {
                    Some(p) => _ = prefectures.insert(p),
                    None => provinces.extend(by_code.province(&rows[to].code, year)),
                },
            }
        }
    }
    if prefectures.is_empty() {
        provinces
    } else {
        prefectures
    }
}

/// A row goes on as another when it went there whole and alone, the other began that very year on the
/// same level, and no other row of that level went into it whole.
fn continuations(rows: &[Row], edges: &[Edge]) -> Vec<Option<usize>> {
    let mut targets: Vec<Vec<usize>> = vec![Vec::new(); rows.len()];
    let mut sources = vec![0_u32; rows.len()];
    for edge in edges.iter().filter(|e| !e.partial) {
        targets[edge.from].push(edge.to);
        if rows[edge.to].from == edge.year && rows[edge.to].level == rows[edge.from].level {
            sources[edge.to] += 1;
        }
    }
    (0..rows.len())
        .map(|i| match targets[i].as_slice() {
            &[to]
                if Some(rows[to].from) == rows[i].to
                    && rows[to].level == rows[i].level
                    && sources[to] == 1 =>
            {
                Some(to)
            }
            _ => None,
        })
        .collect()
}
