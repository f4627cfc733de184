//! Carrying out a change of divisions, and rehearsing it: the same plan ([`crate::rules::divisions`]), written or
//! shown.
//!
//! Everything that changes is versions with days, so a change that is announced ahead is written at once and
//! served from its day on (D-9). What is keyed to a county by a column of its own, the area in which a name
//! must be alone, is moved on the day itself ([`settle`]).

mod load;
mod write;

use std::collections::HashMap;

use chrono::NaiveDate;
use minzheng_kit::{Result, UserError, mutation};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait,
    DatabaseTransaction, EntityTrait, IntoActiveModel, Iterable as _, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, sea_query::Expr,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    act::{self, About, Act},
    division_requests::{ApplyDivisionChangeInput, DivisionChangeDraftInput},
    divisions, telling,
};
use crate::{
    model::{
        division_change, division_side, naming_application, naming_area, place, place_name,
        vocabulary::{DivisionLevel, LineageRelation},
    },
    rules::{
        clocks,
        divisions::{self as law, Change, Plan},
        state::NamingState,
    },
};
use load::{change, keyed, names_stand, world};
use write::{change_row, told, write_lineage, write_sides, write_versions};

/// What a change would do, or why it cannot be.
#[derive(Clone, Debug)]
pub struct Rehearsal {
    /// The change.
    pub change: Change,
    /// What it does; empty when it cannot be.
    pub plan: Plan,
    /// Why it cannot be.
    pub faults: Vec<UserError>,
    /// The days by which the change and its code are due.
    pub due: (clocks::Deadline, clocks::Deadline),
    /// How much here is keyed to the divisions that change.
    pub keyed: Keyed,
}

/// How much of `places` itself is keyed to some divisions.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keyed {
    /// Places.
    pub places: u64,
    /// Boundary lines.
    pub lines: u64,
    /// Applications for names that are not decided.
    pub open_applications: u64,
}

/// Rehearses a change; nothing is written.
pub async fn rehearse<C: ConnectionTrait>(
    db: &C,
    draft: &DivisionChangeDraftInput,
) -> Result<Rehearsal> {
    let change = change(draft)?;
    let world = world(db, &change).await?;
    let mut faults = Vec::new();
    let plan = law::plan(&change, &world).unwrap_or_else(|found| {
        faults.extend(found);
        Plan::default()
    });
    let is_judged = draft
        .homophones_judged
        .as_deref()
        .is_some_and(|why| !why.trim().is_empty());
    faults.extend(names_stand(db, &change, &world, is_judged).await?);
    let keyed = keyed(db, &change.sources).await?;
    Ok(Rehearsal {
        due: (
            clocks::change_due(change.approved_on, change.is_extended),
            clocks::code_due(change.approved_on),
        ),
        change,
        plan,
        faults,
        keyed,
    })
}

/// Carries a change out, or announces it ahead; by a supervisor of the area above all that change.
pub async fn apply(
    tx: &DatabaseTransaction,
    act: Act<'_>,
    input: &ApplyDivisionChangeInput,
) -> Result<Uuid> {
    act.decides()?;
    let rehearsal = rehearse(tx, &input.change).await?;
    may_change(tx, act, &rehearsal.change).await?;
    if let Some(first) = rehearsal.faults.into_iter().next() {
        return Err(first.into());
    }
    let (change, plan) = (rehearsal.change, rehearsal.plan);
    write_versions(tx, &change, &plan, &input.change).await?;
    write_lineage(tx, &change, &plan).await?;
    let id = minzheng_kit::id::new();
    let row = change_row(id, act, &change, &plan, input)?;
    let row = row.insert(tx).await?;
    write_sides(tx, id, &change, &plan).await?;
    let told = told(id, &change, &plan);
    let key = id.to_string();
    mutation::history(
        tx,
        "DivisionChange",
        &key,
        act.principal,
        None,
        Some(json!({ "relation": act::stored(&change.relation), "effective": change.effective })),
    )
    .await?;
    let about = About {
        division: plan
            .opened
            .first()
            .or(plan.closed.first())
            .map(|state| state.division),
        ..About::default()
    };
    // The others act on it at once, so they are told when it takes effect ([`timers`](super::timers)).
    if change.effective <= act.today {
        let sides = sides(tx, &[id]).await?.remove(&id).unwrap_or_default();
        telling::division(tx, act.at, &row, &sides, told).await?;
        settle(tx, row).await?;
    } else {
        act::record(tx, act.at, "DivisionChangeAnnounced", about, told).await?;
    }
    Ok(id)
}

/// Who changes divisions holds the area above them: of the sources' parents and the targets' parents.
async fn may_change(tx: &DatabaseTransaction, act: Act<'_>, change: &Change) -> Result<()> {
    let sources = divisions::versions_on(tx, &change.sources, act.today).await?;
    let mut above: Vec<Uuid> = sources
        .values()
        .map(|version| version.parent.unwrap_or(version.division))
        .collect();
    above.extend(change.targets.iter().filter_map(|target| target.parent));
    above.sort_unstable();
    above.dedup();
    if above.is_empty() {
        return Err(act::unknown("change"));
    }
    for division in above {
        act.oversees(tx, division).await?;
    }
    Ok(())
}

/// Moves what is keyed to a county by a column of its own to the county of today: places and names whose
/// township went to another county, and those of a county that was joined to another one.
pub async fn settle(tx: &DatabaseTransaction, change: division_change::Model) -> Result<()> {
    let sides = division_side::Entity::find()
        .filter(division_side::Column::Change.eq(change.id))
        .all(tx)
        .await?;
    let ids: Vec<Uuid> = sides.iter().map(|side| side.division).collect();
    let on = change.effective;
    let versions = divisions::versions_on(tx, &ids, on).await?;
    // Townships: their places belong to the county that they stand under now.
    let mut by_county: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for version in versions.values() {
        if version.level == DivisionLevel::Township
            && let Some(county) = version.parent
        {
            by_county.entry(county).or_default().push(version.division);
        }
    }
    for (county, townships) in by_county {
        let moved = Condition::all()
            .add(place::Column::Division.is_in(townships.iter().copied()))
            .add(place::Column::County.ne(county));
        rekey(tx, moved, county).await?;
        let asked = Condition::all()
            .add(naming_application::Column::Division.is_in(townships))
            .add(naming_application::Column::County.ne(county));
        rekey_applications(tx, asked, county, None, on).await?;
    }
    // Counties that ended with one heir: what was keyed to them goes to it.
    if change.relation != LineageRelation::Split {
        let heirs = divisions::today(tx, &ids, on).await?;
        for (ended, heirs) in heirs {
            if let [heir] = heirs.as_slice()
                && *heir != ended
                && !versions.contains_key(&ended)
            {
                let moved = Condition::all().add(place::Column::County.eq(ended));
                rekey(tx, moved, *heir).await?;
                let asked = Condition::all().add(naming_application::Column::County.eq(ended));
                rekey_applications(tx, asked, *heir, None, on).await?;
                let county = versions.get(heir).and_then(|now| match now.level {
                    DivisionLevel::Township => now.parent,
                    _ => Some(now.division),
                });
                if let Some(county) = county {
                    let asked =
                        Condition::all().add(naming_application::Column::Division.eq(ended));
                    rekey_applications(tx, asked, county, Some(*heir), on).await?;
                }
            }
        }
    }
    let mut settled = change.into_active_model();
    settled.settled = Set(true);
    settled.update(tx).await?;
    Ok(())
}

async fn rekey(tx: &DatabaseTransaction, which: Condition, county: Uuid) -> Result<()> {
    let places = place::Entity::find()
        .select_only()
        .column(place::Column::Id)
        .filter(which.clone())
        .into_query();
    place_name::Entity::update_many()
        .col_expr(place_name::Column::County, Expr::value(county))
        .filter(place_name::Column::Place.in_subquery(places))
        .exec(tx)
        .await?;
    place::Entity::update_many()
        .col_expr(place::Column::County, Expr::value(county))
        .filter(which)
        .exec(tx)
        .await?;
    Ok(())
}

/// Moves the applications that are not in force yet to the county of today, and to the heir of a division that
/// ended: who works there now decides on them, and names are compared where they will stand. One that is decided
/// already stays counted where it was decided (D-8).
async fn rekey_applications(
    tx: &DatabaseTransaction,
    which: Condition,
    county: Uuid,
    division: Option<Uuid>,
    on: NaiveDate,
) -> Result<()> {
    use naming_application::Column as C;
    let open = NamingState::iter().filter(|state| state.is_pending() || state.is_decided());
    let rows = naming_application::Entity::find()
        .filter(which)
        .filter(C::State.is_in(open))
        .all(tx)
        .await?;
    for row in rows {
        let (id, is_pending) = (row.id, row.state.is_pending());
        let division = division.unwrap_or(row.division);
        let mut moved = row.into_active_model();
        moved.county = Set(county);
        moved.division = Set(division);
        moved.update(tx).await?;
        if !is_pending {
            continue;
        }
        naming_area::Entity::delete_many()
            .filter(naming_area::Column::Application.eq(id))
            .exec(tx)
            .await?;
        for area in divisions::chain(tx, division, on).await? {
            naming_area::ActiveModel {
                division: Set(area.division),
                application: Set(id),
            }
            .insert(tx)
            .await?;
        }
    }
    Ok(())
}

/// The changes that concern a division, or happened in it, to be paged by day.
pub fn history(division: Uuid) -> Select<division_change::Entity> {
    use division_change::Column as C;
    let sides = division_side::Entity::find()
        .select_only()
        .column(division_side::Column::Change)
        .filter(division_side::Column::Division.eq(division))
        .into_query();
    division_change::Entity::find().filter(
        Condition::any()
            .add(C::Subject.eq(division))
            .add(C::Division.eq(division))
            .add(C::Prefecture.eq(division))
            .add(C::Province.eq(division))
            .add(C::Id.in_subquery(sides)),
    )
}

/// One change.
pub async fn one<C: ConnectionTrait>(db: &C, id: Uuid) -> Result<Option<division_change::Model>> {
    Ok(division_change::Entity::find_by_id(id).one(db).await?)
}

/// These changes, by the day they take effect.
pub async fn of_ids<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<Vec<division_change::Model>> {
    Ok(division_change::Entity::find()
        .filter(division_change::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(division_change::Column::Effective)
        .order_by_asc(division_change::Column::Id)
        .all(db)
        .await?)
}

/// The sides of these changes, by code of the role and id.
pub async fn sides<C: ConnectionTrait>(
    db: &C,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Vec<division_side::Model>>> {
    let rows = division_side::Entity::find()
        .filter(division_side::Column::Change.is_in(ids.iter().copied()))
        .order_by_asc(division_side::Column::Change)
        .order_by_asc(division_side::Column::Role)
        .order_by_asc(division_side::Column::Division)
        .all(db)
        .await?;
    Ok(super::naming::grouped(rows, |row| row.change))
}
