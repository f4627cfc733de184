//! The import of all divisions with their history and lineage, from the set that kit embeds.
//!
//! One transaction, so that a start that is cut off leaves nothing half done; done once, told by a row of the
//! country's first province.

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::{
    Error, Result, Services,
    database::insert_many,
    divisions::{self, Level, Version},
};
use sea_orm::{ActiveValue::Set, DatabaseTransaction, EntityTrait, PaginatorTrait};
use uuid::Uuid;

use crate::model::{division, division_lineage, division_version};

/// Rows between two reports of progress.
const STEP: usize = 8_000;
const WHAT: &str = "divisions";

/// Imports everything unless it is there already.
pub async fn run<'p>(
    services: &Services,
    progress: &(dyn Fn(&'p str, usize, usize) + Sync),
) -> Result<()> {
    if division::Entity::find().count(services.db.read()).await? > 0 {
        return Ok(());
    }
    let set = divisions::dataset();
    let total = set.versions().len();
    if total == 0 {
        return Err(Error::internal("the embedded divisions cannot be read"));
    }
    progress(WHAT, 0, total);
    services
        .db
        .write(move |tx| Box::pin(async move { import(tx, set).await }))
        .await?;
    progress(WHAT, total, total);
    Ok(())
}

async fn import(tx: &DatabaseTransaction, set: &divisions::Dataset) -> Result<()> {
    insert_many(tx, lives(set)).await?;
    let ancestors = Ancestors::of(set);
    for chunk in set.versions().chunks(STEP) {
        let rows: Vec<_> = chunk
            .iter()
            .filter_map(|v| version(v, &ancestors))
            .collect();
        insert_many(tx, rows).await?;
    }
    insert_many(tx, set.lineage().iter().enumerate().filter_map(lineage)).await
}

/// One row for each division, in the order of its id: the first code is that of its first version.
fn lives(set: &divisions::Dataset) -> Vec<division::ActiveModel> {
    let mut rows: Vec<division::ActiveModel> = Vec::with_capacity(set.current().len() + 4000);
    let mut last = None;
    for version in set.versions() {
        if last == Some(version.division) {
            continue;
        }
        last = Some(version.division);
        rows.push(division::ActiveModel {
            id: Set(version.division),
            level: Set(version.level.into()),
            first_code: Set(version.code.clone()),
            is_demo: Set(false),
            version: Set(1),
        });
    }
    rows
}

/// Who stands above whom. The prefecture of a county never changes while the county keeps its version.
struct Ancestors {
    level: HashMap<Uuid, Level>,
    /// Of each division: its versions' years and parents.
    parents: HashMap<Uuid, Vec<(u32, Option<Uuid>)>>,
}

impl Ancestors {
    fn of(set: &divisions::Dataset) -> Self {
        let mut level = HashMap::with_capacity(set.versions().len());
        let mut parents: HashMap<Uuid, Vec<(u32, Option<Uuid>)>> = HashMap::new();
        for version in set.versions().iter().filter(|v| v.level != Level::Township) {
            level.insert(version.division, version.level);
            parents
                .entry(version.division)
                .or_default()
                .push((version.from_year, version.parent));
        }
        Self { level, parents }
    }

    /// Prefecture and province over a version, itself included.
    fn above(&self, version: &Version) -> (Option<Uuid>, Option<Uuid>) {
        let (mut prefecture, mut province) = (None, None);
        let mut at = Some((version.division, version.level, version.parent));
        while let Some((id, level, parent)) = at {
            match level {
                Level::Prefecture => prefecture = Some(id),
                Level::Province => province = Some(id),
                Level::County | Level::Township => {}
            }
            at = parent.and_then(|parent| {
                let own = self.parents.get(&parent)?;
                let (_, above) = own
                    .iter()
                    .rev()
                    .find(|(from, _)| *from <= version.from_year)
                    .or(own.first())?;
                Some((parent, *self.level.get(&parent)?, *above))
            });
        }
        (prefecture, province)
    }
}

fn version(version: &Version, ancestors: &Ancestors) -> Option<division_version::ActiveModel> {
    let (prefecture, province) = ancestors.above(version);
    Some(division_version::ActiveModel {
        division: Set(version.division),
        valid_from: Set(first_day(version.from_year)?),
        valid_to: Set(version.to_year.and_then(first_day)),
        code: Set(version.code.clone()),
        name: Set(version.name.clone()),
        level: Set(version.level.into()),
        kind: Set(version.kind.into()),
        code_system: Set(version.system.into()),
        date_precision: Set(version.precision.into()),
        parent: Set(version.parent),
        prefecture: Set(prefecture),
        province: Set(province?),
        approval_doc: Set(None),
    })
}

fn lineage((seq, step): (usize, &divisions::Lineage)) -> Option<division_lineage::ActiveModel> {
    Some(division_lineage::ActiveModel {
        seq: Set(i64::try_from(seq).ok()?),
        from_division: Set(step.from),
        to_division: Set(step.to),
        from_code: Set(step.from_code.clone()),
        to_code: Set(step.to_code.clone()),
        relation: Set(step.relation.into()),
        effective: Set(first_day(step.year)?),
        inferred: Set(step.inferred),
        share: Set(None),
    })
}

/// D-0: a year stands as its first day, with the precision beside it.
fn first_day(year: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, 1, 1)
}
