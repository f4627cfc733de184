//! What may be: sides, terms, papers, authorities, codes, and how a change lies to what is there.

use std::collections::{BTreeSet, HashSet};

use minzheng_kit::UserError;
use uuid::Uuid;

use super::{Change, Paper, State, Target, World};
use crate::{
    model::vocabulary::{DivisionKind, DivisionLevel, LineageRelation, NamingAuthority},
    rules::{
        clocks,
        parameters::{self, Key},
    },
};

const ACT: &str = "行政区划管理条例";

pub(super) fn fault(code: &str, en: &str, zh: &str, field: &[&str], article: &str) -> UserError {
    let path: Vec<&str> = ["input", "change"]
        .into_iter()
        .chain(field.iter().copied())
        .collect();
    UserError::new(code, en, zh)
        .field(&path)
        .basis(&format!("{ACT}{article}"))
}

/// D-5, 行政区划管理条例 2: a merger has two sources or more and one target, a split one source and two targets
/// or more; a new name, kind or code, and a transfer, is one to one; an abolition has no target and a founding
/// no source. A merger into several divisions (four in, two out) is one merger for each of them; a source whose ground
/// goes to two of them is split first, on an earlier day.
pub fn sides_fit(relation: LineageRelation, sources: usize, targets: usize) -> Option<UserError> {
    use LineageRelation as R;
    let fits = match relation {
        R::Merge => sources >= 2 && targets == 1,
        R::Split => sources == 1 && targets >= 2,
        R::Rename | R::Retype | R::Recode | R::Transfer => sources == 1 && targets == 1,
        R::Abolish => sources == 1 && targets == 0,
        R::Create => sources == 0 && targets == 1,
    };
    (!fits).then(|| {
        fault(
            "SIDES_UNFIT",
            "The number of divisions before or after does not fit this kind of change.",
            "变更前后区划数量与变更类型不符。",
            &["relation"],
            "第二条",
        )
    })
}

/// D-9, 行政区划管理条例 15: carried out within 12 months of approval, or 18 where that was granted, and never
/// before approval. A day in the future is announced ahead and not served before.
pub fn term_fits(change: &Change) -> Option<UserError> {
    let last = clocks::change_due(change.approved_on, change.is_extended).day;
    let months = |key| parameters::count(key, change.approved_on);
    let (months, extra) = (months(Key::ChangeMonths), months(Key::ChangeExtraMonths));
    (change.effective < change.approved_on || change.effective > last).then(|| {
        fault(
            "TERM_UNFIT",
            &format!(
                "A change is carried out after its approval and within {months} months, {extra} more with an extension."
            ),
            &format!(
                "行政区划变更应当自批准之日起{months}个月内完成，经批准可延长{extra}个月。"
            ),
            &["effective"],
            "第十五条",
        )
    })
}

/// D-9, 行政区划管理条例 13: the papers that must lie with the application; a mere new code needs none.
pub fn papers_are_whole(relation: LineageRelation, papers: &[Paper]) -> Option<UserError> {
    use sea_orm::Iterable;
    let is_whole = Paper::iter().all(|paper| papers.contains(&paper));
    (relation != LineageRelation::Recode && !is_whole).then(|| {
        fault(
            "PAPERS_MISSING",
            "Papers that the application must have are missing.",
            "申报材料不齐全。",
            &["papers"],
            "第十三条",
        )
    })
}

/// D-9, 行政区划管理条例 6–9 and 宪法 62(13): founding, ending and renaming provinces is the National People's Congress's;
/// founding, ending, renaming and moving counties is the State Council's; towns and
/// townships the province's; of subdistricts alone, which are agencies of a government, the one that approves
/// the agency. A new code is the department's own.
pub fn authority_fits(
    relation: LineageRelation,
    level: DivisionLevel,
    kinds: &[DivisionKind],
    authority: NamingAuthority,
) -> Option<UserError> {
    use NamingAuthority as A;
    let allowed: &[A] = match (level, relation) {
        (_, LineageRelation::Recode) => &[
            A::StateCouncil,
            A::Ministry,
            A::ProvinceGovernment,
            A::PlaceNameDepartment,
        ],
        (DivisionLevel::Township, _) => {
            if kinds.iter().all(|kind| *kind == DivisionKind::Subdistrict) {
                &[A::ProvinceGovernment, A::PrefectureGovernment]
            } else {
                &[A::ProvinceGovernment]
            }
        }
        // 宪法 62(13): the founding of provinces, autonomous regions and municipalities.
        (DivisionLevel::Province, _) => &[A::NationalPeoplesCongress],
        _ => &[A::StateCouncil],
    };
    (!allowed.contains(&authority)).then(|| {
        fault(
            "AUTHORITY_UNFIT",
            "This body may not approve this change.",
            "该机关无权批准此项行政区划变更。",
            &["authority"],
            "第六条至第九条",
        )
    })
}

/// B.0.3, GB/T 10114: the code's class goes with the kind: `001–099` subdistricts, `100–199` towns, `200–399`
/// townships; above the township six digits, with zeros behind for prefectures and provinces.
pub fn code_fits(level: DivisionLevel, kind: DivisionKind, code: &str) -> Option<UserError> {
    let digits = code.bytes().all(|b| b.is_ascii_digit());
    let class = code.as_bytes().get(6);
    let fits = match level {
        DivisionLevel::Township => {
            code.len() == 9
                && !code.ends_with("000")
                && match kind {
                    DivisionKind::Subdistrict => class == Some(&b'0'),
                    DivisionKind::Town => class == Some(&b'1'),
                    DivisionKind::Township | DivisionKind::EthnicTownship => {
                        matches!(class, Some(b'2' | b'3'))
                    }
                    DivisionKind::Zone => matches!(class, Some(b'4' | b'5')),
                    _ => false,
                }
        }
        DivisionLevel::County => {
            code.len() == 6
                && !code.ends_with("00")
                && matches!(
                    kind,
                    DivisionKind::County | DivisionKind::District | DivisionKind::CountyCity
                )
        }
        DivisionLevel::Prefecture => {
            code.len() == 6
                && code.ends_with("00")
                && !code.ends_with("0000")
                && kind == DivisionKind::Prefecture
        }
        DivisionLevel::Province => {
            code.len() == 6 && code.ends_with("0000") && kind == DivisionKind::Province
        }
    };
    (!(digits && fits)).then(|| {
        fault(
            "CODE_UNFIT",
            "The code does not have the class of this kind of division.",
            "区划代码与区划类型不符。",
            &["targets", "code"],
            "第十七条",
        )
    })
}

/// B.0.3, GB/T 2260 and GB/T 10114: a code begins with the digits of the division above: whoever works there and what
/// is numbered there goes by them.
pub fn code_under(code: &str, above: Option<&State>) -> Option<UserError> {
    let above = above?;
    let begins = above.code.get(..prefix(above.level)).unwrap_or(&above.code);
    (!code.starts_with(begins)).then(|| {
        fault(
            "CODE_UNFIT",
            "The code does not begin with the digits of the division above.",
            "区划代码的前几位与上级区划代码不一致。",
            &["targets", "code"],
            "第十七条",
        )
    })
}

/// How many digits of a level's code are its own and its children's first ones.
pub(super) fn prefix(level: DivisionLevel) -> usize {
    match level {
        DivisionLevel::Province => 2,
        DivisionLevel::Prefecture => 4,
        DivisionLevel::County => 6,
        DivisionLevel::Township => 9,
    }
}

pub(super) fn rank(level: DivisionLevel) -> u8 {
    match level {
        DivisionLevel::Province => 0,
        DivisionLevel::Prefecture => 1,
        DivisionLevel::County => 2,
        DivisionLevel::Township => 3,
    }
}

/// The level that a target has: its source's, or for a founding what its code says.
pub(crate) fn level_of(change: &Change, world: &World, target: &Target) -> DivisionLevel {
    change
        .sources
        .first()
        .and_then(|id| world.states.get(id))
        .map_or_else(
            || match target.code.len() {
                9 => DivisionLevel::Township,
                _ if target.code.ends_with("0000") => DivisionLevel::Province,
                _ if target.code.ends_with("00") => DivisionLevel::Prefecture,
                _ => DivisionLevel::County,
            },
            |source| source.level,
        )
}

pub(crate) fn parent_of(change: &Change, world: &World, target: &Target) -> Option<Uuid> {
    target.parent.or_else(|| {
        let first = change.sources.first().and_then(|id| world.states.get(id))?;
        first.parent
    })
}

/// D-5, D-9, 行政区划管理条例: all refusals of a change against what is there.
pub fn check(change: &Change, world: &World) -> Vec<UserError> {
    let mut faults: Vec<UserError> = [
        sides_fit(change.relation, change.sources.len(), change.targets.len()),
        term_fits(change),
        papers_are_whole(change.relation, &change.papers),
    ]
    .into_iter()
    .flatten()
    .collect();
    let sources: Vec<&State> = change
        .sources
        .iter()
        .filter_map(|id| world.states.get(id))
        .collect();
    let distinct: BTreeSet<Uuid> = change.sources.iter().copied().collect();
    let begun = sources.iter().all(|source| source.from < change.effective);
    if sources.len() != change.sources.len() || distinct.len() != change.sources.len() || !begun {
        // D-1: what is to end must be there, once, and have no later version announced.
        faults.push(fault(
            "SOURCE_NOT_IN_FORCE",
            "A division that changes must be in force, and no later change of it announced.",
            "变更的区划应当现行有效，且没有已公布的后续变更。",
            &["sourceIds"],
            "第二条",
        ));
    }
    if sources
        .windows(2)
        .any(|pair| pair[0].level != pair[1].level)
    {
        faults.push(fault(
            "LEVELS_UNFIT",
            "Divisions of different levels do not change into each other.",
            "不同级别的区划不能合并变更。",
            &["sourceIds"],
            "第二条",
        ));
    }
    if let Some(level) = sources.first().map(|source| source.level).or_else(|| {
        change
            .targets
            .first()
            .map(|target| level_of(change, world, target))
    }) {
        let kinds: Vec<DivisionKind> = sources
            .iter()
            .map(|source| source.kind)
            .chain(change.targets.iter().map(|target| target.kind))
            .collect();
        faults.extend(authority_fits(
            change.relation,
            level,
            &kinds,
            change.authority,
        ));
    }
    faults.extend(targets_fit(change, world));
    faults.extend(nobody_left(change, world));
    faults
}

/// D-2: a live code belongs to one division; D-3, D-4: every division stands under one that is alive and of a
/// higher level.
fn targets_fit(change: &Change, world: &World) -> Vec<UserError> {
    let mut faults = Vec::new();
    let own: HashSet<&str> = change
        .sources
        .iter()
        .filter_map(|id| world.states.get(id))
        .map(|source| source.code.as_str())
        .collect();
    let mut asked = HashSet::new();
    for target in &change.targets {
        let level = level_of(change, world, target);
        faults.extend(code_fits(level, target.kind, &target.code));
        let is_taken = world.codes.contains(&target.code) && !own.contains(target.code.as_str());
        if is_taken || !asked.insert(&target.code) {
            faults.push(fault(
                "CODE_TAKEN",
                "This code belongs to another division on that day.",
                "该代码当日已被其他区划使用。",
                &["targets", "code"],
                "第十七条",
            ));
        }
        let kept = target
            .division
            .is_none_or(|id| change.sources.contains(&id));
        if !kept {
            faults.push(fault(
                "TARGET_UNFIT",
                "A division that goes on must be one of those that change.",
                "保留的区划应当是变更前的区划之一。",
                &["targets", "divisionId"],
                "第二条",
            ));
        }
        let parent = parent_of(change, world, target).and_then(|id| world.states.get(&id));
        faults.extend(code_under(&target.code, parent));
        let stands = match (level, parent) {
            (DivisionLevel::Province, None) => true,
            (_, Some(parent)) => {
                rank(parent.level) < rank(level) && !change.sources.contains(&parent.division)
            }
            (_, None) => false,
        };
        if !stands {
            faults.push(fault(
                "PARENT_UNFIT",
                "The division above must be in force on that day and of a higher level.",
                "上级区划应当当日有效且级别更高。",
                &["targets", "parentId"],
                "第三条",
            ));
        }
        if target.name.trim().is_empty() || target.name.chars().count() > 30 {
            faults.push(fault(
                "NAME_LENGTH",
                "The name is missing or too long.",
                "区划名称缺失或者过长。",
                &["targets", "name"],
                "第四条",
            ));
        }
    }
    let one_to_one = !matches!(
        change.relation,
        LineageRelation::Merge | LineageRelation::Split | LineageRelation::Create
    );
    if one_to_one
        && change.targets.iter().any(|target| {
            target.division.is_some() && target.division != change.sources.first().copied()
        })
    {
        faults.push(fault(
            "TARGET_UNFIT",
            "Such a change keeps the division itself.",
            "此类变更保留原区划。",
            &["targets", "divisionId"],
            "第二条",
        ));
    }
    faults
}

/// D-3: a division that ends leaves nobody under it: an abolished one has nothing below, and a split says where
/// each goes.
fn nobody_left(change: &Change, world: &World) -> Vec<UserError> {
    let mut faults = Vec::new();
    let below = |id: Uuid| {
        world
            .states
            .values()
            .filter(move |state| state.parent == Some(id))
            .map(|state| state.division)
            .collect::<BTreeSet<_>>()
    };
    let Some(source) = change.sources.first().copied() else {
        return faults;
    };
    let orphaned = match change.relation {
        LineageRelation::Abolish => !below(source).is_empty(),
        LineageRelation::Split => {
            let mut taken = BTreeSet::new();
            let once = change
                .targets
                .iter()
                .flat_map(|target| &target.takes)
                .all(|id| taken.insert(*id));
            !once || taken != below(source)
        }
        _ => false,
    };
    if orphaned {
        faults.push(fault(
            "BELOW_UNASSIGNED",
            "Say for each division below where it goes.",
            "应当逐一说明下级区划的归属。",
            &["targets", "takes"],
            "第二条",
        ));
    }
    faults
}
