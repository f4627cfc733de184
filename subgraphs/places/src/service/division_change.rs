//! Carrying out a change of divisions, and rehearsing it: the same plan ([`crate::rules::divisions`]), written or
//! shown.
//!
//! Everything that changes is versions with days, so a change that is announced ahead is written at once and
//! served from its day on (D-9). What is keyed to a county by a column of its own, the area in which a name
//! must be alone, is moved on the day itself ([`settle`]).

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use minzheng_kit::{
    Error, Result, UserError, database::insert_many, divisions::division_id, mutation,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait,
    DatabaseTransaction, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select, sea_query::Expr,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    act::{self, About, Act},
    division_requests::{ApplyDivisionChangeInput, DivisionChangeDraftInput},
    divisions,
};
use crate::{
    model::{
        boundary_area, division, division_change, division_lineage, division_side,
        division_version, naming_application, naming_area, place, place_name,
        vocabulary::{
            CodeSystem, DatePrecision, DivisionKind, DivisionLevel, LineageRelation, SideRole,
        },
    },
    rules::{
        clocks,
        divisions::{self as law, Change, Plan, State, Target, World},
        names, romanise, scope,
        scope::PlaceKind,
        state::NamingState,
    },
};

/// The most divisions on one side of a change.
const MOST_SIDES: usize = 60;

/// The change of a request, with its ids read.
fn change(draft: &DivisionChangeDraftInput) -> Result<Change> {
    if draft.source_ids.len() > MOST_SIDES || draft.targets.len() > MOST_SIDES {
        return Err(UserError::new(
            "TOO_MANY_DIVISIONS",
            "A change has at most 60 divisions on each side.",
            "单项变更每方最多60个区划。",
        )
        .field(&["input", "change", "sourceIds"])
        .into());
    }
    let targets = draft.targets.iter().map(|target| {
        let takes = target.takes.iter().flatten();
        Ok(Target {
            division: target
                .division_id
                .as_ref()
                .map(|id| act::known(id, "change"))
                .transpose()?,
            code: target.code.0.clone(),
            name: target.name.trim().to_owned(),
            kind: target.kind,
            parent: target
                .parent_id
                .as_ref()
                .map(|id| act::known(id, "change"))
                .transpose()?,
            takes: takes
                .map(|id| act::known(id, "change"))
                .collect::<Result<_>>()?,
            share: target
                .share
                .filter(|share| (0.0..=1.0).contains(share) && *share > 0.0),
        })
    });
    Ok(Change {
        relation: draft.relation,
        sources: draft
            .source_ids
            .iter()
            .map(|id| act::known(id, "change"))
            .collect::<Result<_>>()?,
        targets: targets.collect::<Result<_>>()?,
        effective: draft.effective.0,
        approved_on: draft.approved_on.0,
        authority: draft.authority,
        is_extended: draft
            .extension_doc
            .as_deref()
            .is_some_and(|doc| !doc.trim().is_empty()),
        papers: draft.papers.clone(),
    })
}

fn state(row: division_version::Model) -> State {
    State {
        division: row.division,
        code: row.code,
        name: row.name,
        level: row.level,
        kind: row.kind,
        parent: row.parent,
        prefecture: row.prefecture,
        province: row.province,
        from: row.valid_from,
    }
}

/// Loads what a change touches: a handful of statements, whatever its size.
async fn world<C: ConnectionTrait>(db: &C, change: &Change) -> Result<World> {
    use division_version::Column as V;
    let open = || division_version::Entity::find().filter(V::ValidTo.is_null());
    let mut world = World::default();
    let mut wanted: Vec<Uuid> = change.sources.clone();
    wanted.extend(change.targets.iter().filter_map(|target| target.parent));
    let rows = open().filter(V::Division.is_in(wanted)).all(db).await?;
    let mut above: HashSet<Uuid> = rows.iter().filter_map(|row| row.parent).collect();
    above.extend(
        rows.iter()
            .filter(|row| !change.sources.contains(&row.division))
            .map(|row| row.division),
    );
    // Below a source there are at most three levels.
    let mut level: Vec<Uuid> = change.sources.clone();
    let mut below = Vec::new();
    for _ in 0..3 {
        if level.is_empty() {
            break;
        }
        let rows = open().filter(V::Parent.is_in(level)).all(db).await?;
        level = rows
            .iter()
            .filter(|row| row.level != DivisionLevel::Township)
            .map(|row| row.division)
            .collect();
        below.extend(rows);
    }
    let parents = open().filter(V::Division.is_in(above)).all(db).await?;
    for row in rows.into_iter().chain(parents).chain(below) {
        world.states.insert(row.division, state(row));
    }
    // The codes of the region of each target and the ones asked for: whoever bears them on the day or later.
    let mut taken = Condition::any();
    for target in &change.targets {
        // 510100 stands for everything that begins with 5101.
        let mut region = target.code.get(..6).unwrap_or(&target.code);
        while let Some(shorter) = region.strip_suffix("00") {
            region = shorter;
        }
        taken = taken.add(V::Code.starts_with(region));
    }
    if !change.targets.is_empty() {
        let bearers = division_version::Entity::find()
            .filter(taken)
            .filter(
                Condition::any()
                    .add(V::ValidTo.is_null())
                    .add(V::ValidTo.gt(change.effective)),
            )
            .all(db)
            .await?;
        world.codes.extend(bearers.into_iter().map(|row| row.code));
    }
    let ids = change.targets.iter().flat_map(|target| {
        use chrono::Datelike;
        let dated = format!("{}@{}", target.code, change.effective.year());
        [division_id(&target.code), division_id(&dated)]
    });
    let used = division::Entity::find()
        .filter(division::Column::Id.is_in(ids))
        .all(db)
        .await?;
    world.used.extend(used.into_iter().map(|row| row.id));
    Ok(world)
}

/// P-3, P-5: new names of divisions are alone in the country or province, and borrowed from nobody.
async fn names_stand<C: ConnectionTrait>(
    db: &C,
    change: &Change,
    world: &World,
) -> Result<Vec<UserError>> {
    let mut faults = Vec::new();
    let sources: Vec<&State> = change
        .sources
        .iter()
        .filter_map(|id| world.states.get(id))
        .collect();
    for target in &change.targets {
        if sources.iter().any(|source| source.name == target.name) {
            continue;
        }
        let Some(level) = sources.first().map(|source| source.level) else {
            continue;
        };
        let province = sources.first().map(|source| source.province);
        let mut namesakes = division_version::Entity::find()
            .filter(division_version::Column::Name.eq(&target.name))
            .filter(division_version::Column::ValidTo.is_null())
            .filter(division_version::Column::Division.is_not_in(change.sources.iter().copied()));
        if scope::division_scope(level) == scope::Scope::Province {
            namesakes = namesakes.filter(division_version::Column::Province.eq(province));
        } else {
            namesakes =
                namesakes.filter(division_version::Column::Level.ne(DivisionLevel::Township));
        }
        if namesakes.one(db).await?.is_some() {
            let kinds = [scope::ConflictKind::Same];
            faults.extend(
                scope::may_stand(&kinds, true)
                    .map(|fault| fault.field(&["input", "change", "targets", "name"])),
            );
        }
        let (specific, _) = romanise::split(&target.name, PlaceKind::Division);
        let counties: Vec<Uuid> = sources
            .iter()
            .flat_map(|source| [Some(source.division), source.parent])
            .flatten()
            .collect();
        let famous = place_name::Entity::find()
            .filter(place_name::Column::Specific.eq(specific))
            .filter(place_name::Column::ValidTo.is_null())
            .filter(place_name::Column::County.is_not_in(counties))
            .filter(
                place_name::Column::Place.in_subquery(
                    place::Entity::find()
                        .select_only()
                        .column(place::Column::Id)
                        .filter(place::Column::IsHeritage.eq(true))
                        .filter(place::Column::Kind.ne(PlaceKind::Village))
                        .into_query(),
                ),
            )
            .one(db)
            .await?;
        let beyond: Vec<&str> = famous.iter().map(|name| name.specific.as_str()).collect();
        faults.extend(
            names::division_borrows(specific, &beyond)
                .map(|fault| fault.field(&["input", "change", "targets", "name"])),
        );
    }
    Ok(faults)
}

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
    pub due: (NaiveDate, NaiveDate),
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
    faults.extend(names_stand(db, &change, &world).await?);
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

async fn keyed<C: ConnectionTrait>(db: &C, divisions: &[Uuid]) -> Result<Keyed> {
    use sea_orm::Iterable;
    let ids = || divisions.iter().copied();
    let places = place::Entity::find()
        .filter(
            Condition::any()
                .add(place::Column::Division.is_in(ids()))
                .add(place::Column::County.is_in(ids())),
        )
        .count(db)
        .await?;
    let lines = boundary_area::Entity::find()
        .select_only()
        .column(boundary_area::Column::Line)
        .distinct()
        .filter(boundary_area::Column::Division.is_in(ids()))
        .count(db)
        .await?;
    let open = naming_application::Entity::find()
        .filter(
            naming_application::Column::State
                .is_in(NamingState::iter().filter(|state| state.is_pending())),
        )
        .filter(
            naming_application::Column::Id.in_subquery(
                naming_area::Entity::find()
                    .select_only()
                    .column(naming_area::Column::Application)
                    .filter(naming_area::Column::Division.is_in(ids()))
                    .into_query(),
            ),
        )
        .count(db)
        .await?;
    Ok(Keyed {
        places,
        lines,
        open_applications: open,
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
    act::record(tx, act.at, "DivisionChanged", about, told).await?;
    if change.effective <= act.today {
        settle(tx, row).await?;
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

async fn write_versions(
    tx: &DatabaseTransaction,
    change: &Change,
    plan: &Plan,
    draft: &DivisionChangeDraftInput,
) -> Result<()> {
    for closed in &plan.closed {
        let done = division_version::Entity::update_many()
            .col_expr(
                division_version::Column::ValidTo,
                Expr::value(change.effective),
            )
            .filter(division_version::Column::Division.eq(closed.division))
            .filter(division_version::Column::ValidTo.is_null())
            .exec(tx)
            .await?;
        if done.rows_affected != 1 {
            return Err(Error::Conflict);
        }
    }
    let founded = plan
        .opened
        .iter()
        .filter(|state| plan.founded.contains(&state.division));
    let lives = founded.map(|state| division::ActiveModel {
        id: Set(state.division),
        level: Set(state.level),
        first_code: Set(state.code.clone()),
        is_demo: Set(false),
        version: Set(1),
    });
    let lives: Vec<_> = lives.collect();
    insert_many(tx, lives).await?;
    let approval = act::text(&draft.approval_doc, "change", 100)?;
    let versions = plan
        .opened
        .iter()
        .map(|state| division_version::ActiveModel {
            division: Set(state.division),
            valid_from: Set(change.effective),
            valid_to: Set(None),
            code: Set(state.code.clone()),
            name: Set(state.name.clone()),
            level: Set(state.level),
            kind: Set(state.kind),
            code_system: Set(if state.kind == DivisionKind::Zone {
                CodeSystem::Nbs
            } else {
                CodeSystem::Mca
            }),
            date_precision: Set(DatePrecision::Day),
            parent: Set(state.parent),
            prefecture: Set(state.prefecture),
            province: Set(state.province),
            approval_doc: Set(Some(approval.clone())),
        });
    let versions: Vec<_> = versions.collect();
    insert_many(tx, versions).await
}

async fn write_lineage(tx: &DatabaseTransaction, change: &Change, plan: &Plan) -> Result<()> {
    let last = division_lineage::Entity::find()
        .order_by_desc(division_lineage::Column::Seq)
        .one(tx)
        .await?
        .map_or(-1, |row| row.seq);
    let rows = (last + 1..)
        .zip(&plan.steps)
        .map(|(seq, step)| division_lineage::ActiveModel {
            seq: Set(seq),
            from_division: Set(step.from),
            to_division: Set(step.to),
            from_code: Set(step.from_code.clone()),
            to_code: Set(step.to_code.clone()),
            relation: Set(step.relation),
            effective: Set(change.effective),
            inferred: Set(false),
            share: Set(step.share),
        });
    let rows: Vec<_> = rows.collect();
    insert_many(tx, rows).await
}

fn change_row(
    id: Uuid,
    act: Act<'_>,
    change: &Change,
    plan: &Plan,
    input: &ApplyDivisionChangeInput,
) -> Result<division_change::ActiveModel> {
    let first = plan
        .closed
        .first()
        .or(plan.opened.first())
        .ok_or_else(|| Error::internal("a change of nothing"))?;
    let named = |states: &[State], ids: &dyn Fn(Uuid) -> bool| -> String {
        let names: Vec<&str> = states
            .iter()
            .filter(|state| ids(state.division))
            .map(|state| state.name.as_str())
            .collect();
        names.join("、")
    };
    let is_below = |id: Uuid| plan.below.contains(&id);
    let sole = match plan.opened.iter().filter(|s| !is_below(s.division)).count() {
        1 => plan.opened.first().map(|state| state.division),
        _ => None,
    };
    let extension = input.change.extension_doc.as_deref();
    Ok(division_change::ActiveModel {
        id: Set(id),
        relation: Set(change.relation),
        division: Set(if first.level == DivisionLevel::Township {
            first.parent.unwrap_or(first.division)
        } else {
            first.division
        }),
        prefecture: Set(first.prefecture),
        province: Set(first.province),
        subject: Set(sole),
        before: Set(named(&plan.closed, &|id| !is_below(id))),
        after: Set(named(&plan.opened, &|id| !is_below(id))),
        sources: Set(i32::try_from(change.sources.len()).unwrap_or(i32::MAX)),
        effective: Set(change.effective),
        approval_doc: Set(Some(act::text(&input.change.approval_doc, "change", 100)?)),
        approved_on: Set(Some(change.approved_on)),
        authority: Set(Some(change.authority)),
        extension_doc: Set(act::optional_text(extension, "change", 100)?),
        code_due_on: Set(Some(clocks::code_due(change.approved_on))),
        recorded_at: Set(Some(act.at)),
        settled: Set(false),
        is_demo: Set(false),
    })
}

async fn write_sides(
    tx: &DatabaseTransaction,
    id: Uuid,
    change: &Change,
    plan: &Plan,
) -> Result<()> {
    let mut sides: Vec<(Uuid, SideRole)> = change
        .sources
        .iter()
        .map(|division| (*division, SideRole::Source))
        .collect();
    sides.extend(plan.opened.iter().map(|state| {
        let role = if plan.below.contains(&state.division) {
            SideRole::Below
        } else {
            SideRole::Target
        };
        (state.division, role)
    }));
    let rows = sides
        .into_iter()
        .map(|(division, role)| division_side::ActiveModel {
            change: Set(id),
            division: Set(division),
            role: Set(role),
        });
    let rows: Vec<_> = rows.collect();
    insert_many(tx, rows).await
}

/// The event to the others, version 1: what ended, what began, and from which code to which all below went.
fn told(id: Uuid, change: &Change, plan: &Plan) -> Value {
    let shown = |states: &[State]| -> Vec<Value> {
        states
            .iter()
            .filter(|state| !plan.below.contains(&state.division))
            .map(|state| {
                json!({ "id": state.division, "code": state.code, "name": state.name,
                    "parent": state.parent })
            })
            .collect()
    };
    let steps: Vec<Value> = plan
        .steps
        .iter()
        .map(|step| {
            json!({ "from": step.from, "to": step.to, "fromCode": step.from_code,
                "toCode": step.to_code, "relation": act::stored(&step.relation), "share": step.share })
        })
        .collect();
    json!({
        "version": 1,
        "change": id,
        "relation": act::stored(&change.relation),
        "effective": change.effective,
        "from": shown(&plan.closed),
        "to": shown(&plan.opened),
        "steps": steps,
    })
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
            .add(place::Column::Division.is_in(townships))
            .add(place::Column::County.ne(county));
        rekey(tx, moved, county).await?;
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
