//! Reading divisions as of a day.
//!
//! Everything is answered from `division_version`: a version carries its parent, prefecture and province
//! of its own time, so that the counties of a province on any day are one statement.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use minzheng_kit::Result;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    Select,
};
use uuid::Uuid;

use crate::model::{
    division, division_lineage, division_version,
    vocabulary::{DivisionLevel, LineageRelation},
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
