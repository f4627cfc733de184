//! What a change touches, read before anything is decided.

use std::collections::HashSet;

use minzheng_kit::{Result, UserError, divisions::division_id};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

use super::Keyed;
use crate::{
    model::{
        boundary_area, division, division_version, naming_application, naming_area, place,
        place_name, vocabulary::DivisionLevel,
    },
    rules::{
        divisions::{self as law, Change, State, Target, World},
        famous, names,
        parameters::{self, Key},
        romanise, scope,
        scope::PlaceKind,
        state::NamingState,
    },
    service::{act, division_requests::DivisionChangeDraftInput},
};

/// The most divisions on one side of a change.
const MOST_SIDES: usize = 60;

/// The change of a request, with its ids read.
pub(super) fn change(draft: &DivisionChangeDraftInput) -> Result<Change> {
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
pub(super) async fn world<C: ConnectionTrait>(db: &C, change: &Change) -> Result<World> {
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

/// P-3, P-4, P-5: new names of divisions are alone in the country or province, in sound too unless that was judged,
/// and borrowed from nobody.
pub(super) async fn names_stand<C: ConnectionTrait>(
    db: &C,
    change: &Change,
    world: &World,
    is_judged: bool,
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
        let tones = parameters::value_at(Key::HomophoneTones, &target.code, change.effective) != 0;
        let level = law::level_of(change, world, target);
        let above = law::parent_of(change, world, target).and_then(|id| world.states.get(&id));
        let province = sources.first().copied().or(above).map(|one| one.province);
        let mut beside = division_version::Entity::find()
            .select_only()
            .column(division_version::Column::Name)
            .filter(division_version::Column::ValidTo.is_null())
            .filter(division_version::Column::Division.is_not_in(change.sources.iter().copied()));
        if scope::division_scope(level) == scope::Scope::Province {
            beside = beside
                .filter(division_version::Column::Level.eq(DivisionLevel::Township))
                .filter(division_version::Column::Province.eq(province));
        } else {
            beside = beside.filter(division_version::Column::Level.ne(DivisionLevel::Township));
        }
        let beside: Vec<String> = beside.into_tuple().all(db).await?;
        let kinds: Vec<_> = beside
            .iter()
            // Only names of as many characters can sound alike.
            .filter(|name| name.chars().count() == target.name.chars().count())
            .filter_map(|name| scope::conflict(&target.name, name, tones))
            .collect();
        faults.extend(
            scope::may_stand(&kinds, is_judged)
                .map(|fault| fault.field(&["input", "change", "targets", "name"])),
        );
        let (specific, _) = romanise::split(&target.name, PlaceKind::Division);
        faults.extend(names::words_are_fit(
            specific,
            &["input", "change", "targets", "name"],
        ));
        // 9(9) says famous ones never, wherever they lie; others where they lie beyond.
        if famous::is_borrowed(specific) {
            faults.extend(
                names::division_borrows(specific, &[specific])
                    .map(|fault| fault.field(&["input", "change", "targets", "name"])),
            );
            continue;
        }
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

/// How much here is keyed to these divisions.
pub(super) async fn keyed<C: ConnectionTrait>(db: &C, divisions: &[Uuid]) -> Result<Keyed> {
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
