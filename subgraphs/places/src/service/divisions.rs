//! Reading divisions as of a day.
//!
//! Everything is answered from `division_version`: a version carries its parent, prefecture and province
//! of its own time, so that the counties of a province on any day are one statement.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use minzheng_kit::Result;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};
use uuid::Uuid;

use crate::{
    model::{
        division, division_lineage, division_version,
        vocabulary::{DivisionLevel, LineageRelation},
    },
    rules::divisions::{self as law, Part},
};

/// How many times lineage is followed; the longest chain of the history has eight steps.
const LONGEST_LINEAGE: usize = 32;

/// Versions in force on a day. D-9: what begins later is stored and not served.
pub fn in_force(on: NaiveDate) -> Condition {
    Condition::all()
        .add(division_version::Column::ValidFrom.lte(on))
        .add(
            division_version::Column::ValidTo
                .is_null()
                .or(division_version::Column::ValidTo.gt(on)),
        )
}

/// The versions of these divisions in force on a day; a division that did not exist then is missing.
pub async fn versions_on<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    on: NaiveDate,
) -> Result<HashMap<Uuid, division_version::Model>> {
    let rows = division_version::Entity::find()
        .filter(division_version::Column::Division.is_in(ids.iter().copied()))
        .filter(in_force(on))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.division, row)).collect())
}

/// All versions of these divisions, earliest first.
pub async fn all_versions<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<division_version::Model>>> {
    let rows = division_version::Entity::find()
        .filter(division_version::Column::Division.is_in(ids.iter().copied()))
        .order_by_asc(division_version::Column::ValidFrom)
        .all(db)
        .await?;
    let mut versions: HashMap<Uuid, Vec<_>> = HashMap::with_capacity(ids.len());
    for row in rows {
        versions.entry(row.division).or_default().push(row);
    }
    Ok(versions)
}

/// Those of the ids that are divisions, live or ended, with what never changes of them.
pub async fn existing<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, division::Model>> {
    let rows = division::Entity::find()
        .filter(division::Column::Id.is_in(ids.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

/// The division that bore a code on a day (D-2: at most one).
pub async fn by_code<C: ConnectionTrait>(
    db: &C,
    code: &str,
    on: NaiveDate,
) -> Result<Option<division_version::Model>> {
    Ok(division_version::Entity::find()
        .filter(division_version::Column::Code.eq(code))
        .filter(in_force(on))
        .one(db)
        .await?)
}

/// The divisions directly below one on a day, to be paged by code.
pub fn children(parent: Uuid, on: NaiveDate) -> Select<division_version::Entity> {
    division_version::Entity::find()
        .filter(division_version::Column::Parent.eq(parent))
        .filter(in_force(on))
}

/// The divisions of a level anywhere below one on a day, to be paged by code.
pub fn descendants(
    above: Uuid,
    above_level: DivisionLevel,
    level: DivisionLevel,
    on: NaiveDate,
) -> Select<division_version::Entity> {
    use division_version::Column as C;
    let below = match above_level {
        DivisionLevel::Province => C::Province.eq(above),
        DivisionLevel::Prefecture => C::Prefecture.eq(above),
        DivisionLevel::County | DivisionLevel::Township => C::Parent.eq(above),
    };
    division_version::Entity::find()
        .filter(below)
        .filter(C::Division.ne(above))
        .filter(C::Level.eq(level))
        .filter(in_force(on))
}

/// The divisions of a level in the whole country on a day.
pub fn of_level(level: DivisionLevel, on: NaiveDate) -> Select<division_version::Entity> {
    division_version::Entity::find()
        .filter(division_version::Column::Level.eq(level))
        .filter(in_force(on))
}

/// The steps of descent from or to these divisions, by day.
pub async fn lineage<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<division_lineage::Model>>> {
    use division_lineage::Column as C;
    let rows = division_lineage::Entity::find()
        .filter(
            C::FromDivision
                .is_in(ids.iter().copied())
                .or(C::ToDivision.is_in(ids.iter().copied())),
        )
        .order_by_asc(C::Seq)
        .all(db)
        .await?;
    let asked: HashSet<Uuid> = ids.iter().copied().collect();
    let mut steps: HashMap<Uuid, Vec<_>> = HashMap::with_capacity(ids.len());
    for row in rows {
        let sides: BTreeSet<Uuid> = [row.from_division, row.to_division]
            .into_iter()
            .flatten()
            .collect();
        for side in sides.into_iter().filter(|id| asked.contains(id)) {
            steps.entry(side).or_default().push(row.clone());
        }
    }
    Ok(steps)
}

/// D-6: for each division those in force on a day that hold what it held: itself while it lasts, else
/// its heirs, theirs, and so on. Parts that moved away earlier are not followed. By code.
pub async fn today<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
    on: NaiveDate,
) -> Result<HashMap<Uuid, Vec<Uuid>>> {
    use division_lineage::Column as C;
    // Which of the asked divisions lead to each open one.
    let mut open: BTreeMap<Uuid, BTreeSet<Uuid>> =
        ids.iter().map(|id| (*id, BTreeSet::from([*id]))).collect();
    let mut found: HashMap<Uuid, BTreeMap<String, Uuid>> = HashMap::new();
    let mut seen: HashSet<(Uuid, Uuid)> = HashSet::new();
    for _ in 0..LONGEST_LINEAGE {
        if open.is_empty() {
            break;
        }
        let keys: Vec<Uuid> = open.keys().copied().collect();
        for (id, version) in versions_on(db, &keys, on).await? {
            for asked in open.remove(&id).unwrap_or_default() {
                found
                    .entry(asked)
                    .or_default()
                    .insert(version.code.clone(), id);
            }
        }
        if open.is_empty() {
            break;
        }
        let ended: Vec<Uuid> = open.keys().copied().collect();
        let steps = division_lineage::Entity::find()
            .filter(C::FromDivision.is_in(ended))
            .filter(C::ToDivision.is_not_null())
            .filter(C::Relation.ne(LineageRelation::Transfer))
            .filter(C::Effective.lte(on))
            .all(db)
            .await?;
        let mut next: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
        for step in steps {
            let (Some(from), Some(to)) = (step.from_division, step.to_division) else {
                continue;
            };
            if from == to {
                continue;
            }
            for asked in open.get(&from).into_iter().flatten() {
                if seen.insert((*asked, to)) {
                    next.entry(to).or_default().insert(*asked);
                }
            }
        }
        open = next;
    }
    Ok(found
        .into_iter()
        .map(|(id, heirs)| (id, heirs.into_values().collect()))
        .collect())
}

/// What a division was made of: another one, and the part of it that came; `None` where a split's shares are
/// not known.
pub type Forebear = (Uuid, Option<Part>);

/// D-8: for each division itself and all that became a part of it.
pub async fn forebears<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Forebear>>> {
    use division_lineage::Column as C;
    const WHOLE: Part = (0.0, 1.0);
    let mut found: HashMap<Uuid, Vec<Forebear>> = ids
        .iter()
        .map(|id| (*id, vec![(*id, Some(WHOLE))]))
        .collect();
    // Of each division yet to be followed: who asked, and for which part of it.
    let mut open: BTreeMap<Uuid, Vec<Forebear>> = found.clone().into_iter().collect();
    let mut seen: HashSet<(Uuid, Uuid)> = ids.iter().map(|id| (*id, *id)).collect();
    for _ in 0..LONGEST_LINEAGE {
        if open.is_empty() {
            break;
        }
        let steps = division_lineage::Entity::find()
            .filter(C::ToDivision.is_in(open.keys().copied()))
            .filter(C::FromDivision.is_not_null())
            .filter(C::Relation.ne(LineageRelation::Transfer))
            .order_by_asc(C::Seq)
            .all(db)
            .await?;
        let split = parts_of(db, &steps).await?;
        let mut next: BTreeMap<Uuid, Vec<Forebear>> = BTreeMap::new();
        for step in steps {
            let (Some(from), Some(to)) = (step.from_division, step.to_division) else {
                continue;
            };
            let came = match step.relation {
                LineageRelation::Split => split.get(&(from, to)).copied(),
                _ => Some(WHOLE),
            };
            for (asked, part) in open.get(&to).into_iter().flatten() {
                if from == to || !seen.insert((*asked, from)) {
                    continue;
                }
                let through = part
                    .zip(came)
                    .map(|(outer, inner)| law::within(outer, inner));
                found.entry(*asked).or_default().push((from, through));
                next.entry(from).or_default().push((*asked, through));
            }
        }
        open = next;
    }
    Ok(found)
}

/// The part that each heir of a split got; missing where a share is not known.
async fn parts_of<C: ConnectionTrait>(
    db: &C,
    steps: &[division_lineage::Model],
) -> Result<HashMap<(Uuid, Uuid), Part>> {
    use division_lineage::Column as C;
    let split: BTreeSet<Uuid> = steps
        .iter()
        .filter(|step| step.relation == LineageRelation::Split)
        .filter_map(|step| step.from_division)
        .collect();
    if split.is_empty() {
        return Ok(HashMap::new());
    }
    let all = division_lineage::Entity::find()
        .filter(C::FromDivision.is_in(split))
        .filter(C::Relation.eq(LineageRelation::Split))
        .order_by_asc(C::Seq)
        .all(db)
        .await?;
    let mut heirs: BTreeMap<Uuid, Vec<&division_lineage::Model>> = BTreeMap::new();
    for step in &all {
        if let Some(from) = step.from_division {
            heirs.entry(from).or_default().push(step);
        }
    }
    let mut found = HashMap::new();
    for (from, steps) in heirs {
        let shares: Vec<Option<f64>> = steps.iter().map(|step| step.share).collect();
        for (step, part) in steps.iter().zip(law::parts(&shares).unwrap_or_default()) {
            if let Some(to) = step.to_division {
                found.insert((from, to), part);
            }
        }
    }
    Ok(found)
}

/// The divisions below one as a tree on a day, down to a depth of 1 to 3, to be paged by code: by their own
/// order codes put a division behind the one above it.
pub fn tree(root: Uuid, depth: u8, on: NaiveDate) -> Select<division_version::Entity> {
    use division_version::Column as C;
    let below = |parents: Condition| {
        division_version::Entity::find()
            .select_only()
            .column(C::Division)
            .filter(parents)
            .filter(in_force(on))
            .into_query()
    };
    let first = Condition::all().add(C::Parent.eq(root));
    let mut any = Condition::any().add(first.clone());
    if depth > 1 {
        let second = Condition::all().add(C::Parent.in_subquery(below(first)));
        any = any.add(second.clone());
        if depth > 2 {
            any = any.add(C::Parent.in_subquery(below(second)));
        }
    }
    division_version::Entity::find()
        .filter(any)
        .filter(in_force(on))
}

/// How far below the root of a tree a version stands.
pub fn depth_below(root: Uuid, version: &division_version::Model) -> i32 {
    if version.parent == Some(root) {
        1
    } else if version.prefecture == Some(root)
        || version.level == DivisionLevel::County
        || version.prefecture.is_none()
        || version.parent == version.prefecture
    {
        2
    } else {
        3
    }
}

/// Every version that bore a code, with the division it was of; earliest first.
pub async fn bearers<C: ConnectionTrait>(
    db: &C,
    code: &str,
) -> Result<Vec<division_version::Model>> {
    Ok(division_version::Entity::find()
        .filter(division_version::Column::Code.eq(code))
        .order_by_asc(division_version::Column::ValidFrom)
        .all(db)
        .await?)
}

/// The ids of a division and all above it on a day: township, county, prefecture, province.
pub async fn chain<C: ConnectionTrait>(
    db: &C,
    id: Uuid,
    on: NaiveDate,
) -> Result<Vec<division_version::Model>> {
    let mut chain = Vec::with_capacity(4);
    let mut next = Some(id);
    while let Some(id) = next.filter(|_| chain.len() < 4) {
        let Some(version) = versions_on(db, &[id], on).await?.remove(&id) else {
            break;
        };
        next = version.parent;
        chain.push(version);
    }
    Ok(chain)
}

/// The counties that a division is, lies in or holds on a day, with those that were joined to them.
pub async fn counties_in<C: ConnectionTrait>(
    db: &C,
    area: Uuid,
    on: NaiveDate,
) -> Result<Vec<Uuid>> {
    let chain = chain(db, area, on).await?;
    let own = chain.first().map(|version| version.level);
    let counties: Vec<Uuid> = match own {
        Some(DivisionLevel::Province | DivisionLevel::Prefecture) => {
            let above = own.unwrap_or(DivisionLevel::Province);
            let below = descendants(area, above, DivisionLevel::County, on)
                .all(db)
                .await?;
            below
                .into_iter()
                .map(|version| version.division)
                .chain([area])
                .collect()
        }
        _ => chain
            .iter()
            .find(|version| version.level == DivisionLevel::County)
            .map(|version| version.division)
            .into_iter()
            .collect(),
    };
    let family = forebears(db, &counties).await?;
    Ok(family.into_values().flatten().map(|one| one.0).collect())
}
