//! Changes of divisions (行政区划管理条例, 2019) as a plan: which versions end, which begin, who descends from
//! whom. The plan is made from what is there on the day of the change and written by the service; a rehearsal
//! is the same plan, shown and not written.
//!
//! A change of a county reaches below: its townships get the county's new code before their own three digits,
//! its new prefecture and province. A division that ends leaves nobody behind: what stood under it goes to
//! its heir (D-3).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use async_graphql::Enum;
use chrono::{Datelike, NaiveDate};
use minzheng_kit::{UserError, divisions::division_id};
use uuid::Uuid;

use super::clocks;
use crate::model::vocabulary::{DivisionKind, DivisionLevel, LineageRelation, NamingAuthority};

/// A paper that lies with the application for a change (申报材料), 行政区划管理条例 13.
#[derive(Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, sea_orm::EnumIter)]
#[graphql(name = "DivisionChangePaper")]
pub enum Paper {
    /// The reasons and the plan (变更理由和方案).
    Reasons,
    /// History, geography, population, economy and the like (基本情况及历史沿革).
    Situation,
    /// The evaluation of risks (风险评估报告).
    Risk,
    /// The experts' report (专家论证报告).
    Expert,
    /// Opinions of the people's congress, the consultative conference and the public (征求意见情况).
    Opinions,
    /// Maps of before and after (变更前后的行政区划图).
    Maps,
}

/// A division as it stands, without an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Which.
    pub division: Uuid,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Level.
    pub level: DivisionLevel,
    /// Kind.
    pub kind: DivisionKind,
    /// The division above.
    pub parent: Option<Uuid>,
    /// The prefecture it lies in; itself for a prefecture.
    pub prefecture: Option<Uuid>,
    /// The province it lies in; itself for a province.
    pub province: Uuid,
    /// Since when.
    pub from: NaiveDate,
}

/// What is there on the day: the divisions concerned, all below them, those above, and their new siblings.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// By id.
    pub states: HashMap<Uuid, State>,
    /// Ids that are or were in use.
    pub used: HashSet<Uuid>,
    /// Codes in use anywhere on the day, of those that the change asks for.
    pub codes: HashSet<String>,
}

/// A division as it is to be.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The division that goes on; none for a new one.
    pub division: Option<Uuid>,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: DivisionKind,
    /// The division above; none for the one above the first source.
    pub parent: Option<Uuid>,
    /// Of the divisions below the source those that come under it, for a split.
    pub takes: Vec<Uuid>,
    /// The part of the source that it gets, for a split.
    pub share: Option<f64>,
}

/// A change as it was approved.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happens.
    pub relation: LineageRelation,
    /// Who changes.
    pub sources: Vec<Uuid>,
    /// Into what.
    pub targets: Vec<Target>,
    /// The first day of the new state.
    pub effective: NaiveDate,
    /// Day of approval.
    pub approved_on: NaiveDate,
    /// Who approved.
    pub authority: NamingAuthority,
    /// Whether the term was made longer.
    pub is_extended: bool,
    /// What lay with the application.
    pub papers: Vec<Paper>,
}

/// A step of descent.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Before.
    pub from: Option<Uuid>,
    /// After.
    pub to: Option<Uuid>,
    /// Code before.
    pub from_code: Option<String>,
    /// Code after.
    pub to_code: Option<String>,
    /// What happened.
    pub relation: LineageRelation,
    /// The part that went.
    pub share: Option<f64>,
}

/// What a change does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// Versions that end on the day.
    pub closed: Vec<State>,
    /// Versions that begin on the day.
    pub opened: Vec<State>,
    /// Divisions that begin with it.
    pub founded: Vec<Uuid>,
    /// Divisions that are no source and change all the same, for they stand below.
    pub below: Vec<Uuid>,
    /// The steps of descent.
    pub steps: Vec<Step>,
}

const ACT: &str = "行政区划管理条例";

fn fault(code: &str, en: &str, zh: &str, field: &[&str], article: &str) -> UserError {
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
/// no source.
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
    let last = clocks::change_due(change.approved_on, change.is_extended);
    (change.effective < change.approved_on || change.effective > last).then(|| {
        fault(
            "TERM_UNFIT",
            "A change is carried out after its approval and within 12 months, or 18 with an extension.",
            "行政区划变更应当自批准之日起12个月内完成，经批准可延长6个月。",
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

/// D-9, 行政区划管理条例 6–9: founding, ending, renaming and moving counties is the State Council's; towns and
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

/// How many digits of a level's code are its own and its children's first ones.
fn prefix(level: DivisionLevel) -> usize {
    match level {
        DivisionLevel::Province => 2,
        DivisionLevel::Prefecture => 4,
        DivisionLevel::County => 6,
        DivisionLevel::Township => 9,
    }
}

fn rank(level: DivisionLevel) -> u8 {
    match level {
        DivisionLevel::Province => 0,
        DivisionLevel::Prefecture => 1,
        DivisionLevel::County => 2,
        DivisionLevel::Township => 3,
    }
}

/// The level that a target has: its source's, or for a founding what its code says.
fn level_of(change: &Change, world: &World, target: &Target) -> DivisionLevel {
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

fn parent_of(change: &Change, world: &World, target: &Target) -> Option<Uuid> {
    target.parent.or_else(|| {
        let first = change.sources.first().and_then(|id| world.states.get(id))?;
        first.parent
    })
}

/// All refusals of a change against what is there.
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

/// The plan of a change, or why it cannot be.
///
/// # Errors
/// All refusals.
pub fn plan(change: &Change, world: &World) -> Result<Plan, Vec<UserError>> {
    let faults = check(change, world);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut making = Making {
        change,
        world,
        plan: Plan::default(),
        taken: world.codes.iter().cloned().collect(),
        faults: Vec::new(),
    };
    making.make();
    if making.faults.is_empty() {
        Ok(making.plan)
    } else {
        Err(making.faults)
    }
}

struct Making<'a> {
    change: &'a Change,
    world: &'a World,
    plan: Plan,
    taken: BTreeSet<String>,
    faults: Vec<UserError>,
}

impl Making<'_> {
    fn make(&mut self) {
        let change = self.change;
        let sources: Vec<State> = change
            .sources
            .iter()
            .filter_map(|id| self.world.states.get(id).cloned())
            .collect();
        let targets: Vec<State> = change
            .targets
            .iter()
            .filter_map(|target| self.target(target))
            .collect();
        self.plan.closed.extend(sources.iter().cloned());
        self.plan.opened.extend(targets.iter().cloned());
        self.steps(&sources, &targets);
        for (n, source) in sources.iter().enumerate() {
            for child in self.children(source.division) {
                let heir = if change.relation == LineageRelation::Split {
                    change
                        .targets
                        .iter()
                        .position(|target| target.takes.contains(&child.division))
                        .and_then(|at| targets.get(at))
                } else {
                    targets.first()
                };
                if let Some(heir) = heir {
                    self.move_below(&child, &sources[n], heir);
                }
            }
        }
    }

    fn children(&self, of: Uuid) -> Vec<State> {
        let mut below: Vec<State> = self
            .world
            .states
            .values()
            .filter(|state| {
                state.parent == Some(of) && !self.change.sources.contains(&state.division)
            })
            .cloned()
            .collect();
        below.sort_by(|a, b| a.code.cmp(&b.code));
        below
    }

    fn target(&mut self, target: &Target) -> Option<State> {
        let change = self.change;
        let level = level_of(change, self.world, target);
        let keeps = match change.relation {
            LineageRelation::Merge | LineageRelation::Split | LineageRelation::Create => {
                target.division
            }
            _ => change.sources.first().copied(),
        };
        let division = keeps.unwrap_or_else(|| self.new_id(&target.code));
        if keeps.is_none() {
            self.plan.founded.push(division);
        }
        self.taken.insert(target.code.clone());
        let parent =
            parent_of(change, self.world, target).and_then(|id| self.world.states.get(&id));
        let state = State {
            division,
            code: target.code.clone(),
            name: target.name.trim().to_owned(),
            level,
            kind: target.kind,
            parent: None,
            prefecture: None,
            province: division,
            from: change.effective,
        };
        Some(placed(state, parent))
    }

    /// The id of a division is that of its first code; where that code was borne before by another one, the
    /// year goes with it, as in the embedded history.
    fn new_id(&self, code: &str) -> Uuid {
        let plain = division_id(code);
        if !self.world.used.contains(&plain) {
            return plain;
        }
        let year = self.change.effective.year();
        let dated = division_id(&format!("{code}@{year}"));
        if self.world.used.contains(&dated) {
            division_id(&format!("{code}@{}", self.change.effective))
        } else {
            dated
        }
    }

    fn steps(&mut self, sources: &[State], targets: &[State]) {
        let relation = self.change.relation;
        let step = |from: Option<&State>, to: Option<&State>, share| Step {
            from: from.map(|s| s.division),
            to: to.map(|s| s.division),
            from_code: from.map(|s| s.code.clone()),
            to_code: to.map(|s| s.code.clone()),
            relation,
            share,
        };
        match relation {
            LineageRelation::Create => {
                let steps = targets.iter().map(|to| step(None, Some(to), None));
                self.plan.steps.extend(steps);
            }
            LineageRelation::Abolish => {
                let steps = sources.iter().map(|from| step(Some(from), None, None));
                self.plan.steps.extend(steps);
            }
            LineageRelation::Transfer => {
                // The division itself goes on under a new code; a part of what was above went over.
                for (from, to) in sources.iter().zip(targets) {
                    self.plan.steps.push(Step {
                        relation: LineageRelation::Recode,
                        ..step(Some(from), Some(to), None)
                    });
                    let above = |state: &State| {
                        state
                            .parent
                            .and_then(|id| self.world.states.get(&id))
                            .cloned()
                    };
                    let (old, new) = (above(from), above(to));
                    if old.as_ref().map(|s| s.division) != new.as_ref().map(|s| s.division) {
                        self.plan.steps.push(step(old.as_ref(), new.as_ref(), None));
                    }
                }
            }
            _ => {
                for from in sources {
                    for (at, to) in targets.iter().enumerate() {
                        let share = self.change.targets.get(at).and_then(|target| target.share);
                        let share = (relation == LineageRelation::Split)
                            .then_some(share)
                            .flatten();
                        self.plan.steps.push(step(Some(from), Some(to), share));
                    }
                }
            }
        }
    }

    /// What stands below goes along: under its new parent, with the parent's code before its own digits. A
    /// code that is taken there becomes the next free one of its class.
    fn move_below(&mut self, child: &State, old: &State, new: &State) {
        let (old_prefix, new_prefix) = (
            &old.code[..prefix(old.level).min(old.code.len())],
            &new.code[..prefix(new.level).min(new.code.len())],
        );
        let code = match child.code.strip_prefix(old_prefix) {
            Some(own) if old_prefix != new_prefix => self.free_code(new_prefix, own, child),
            _ => Some(child.code.clone()),
        };
        let Some(code) = code else {
            self.faults.push(fault(
                "CODE_TAKEN",
                "A division below finds no free code.",
                "下级区划没有可用的代码。",
                &["targets", "code"],
                "第十七条",
            ));
            return;
        };
        let moved = placed(
            State {
                code,
                from: self.change.effective,
                ..child.clone()
            },
            Some(new),
        );
        let unchanged = State {
            from: child.from,
            ..moved.clone()
        };
        if unchanged != *child {
            self.plan.below.push(child.division);
            self.plan.closed.push(child.clone());
            self.plan.opened.push(moved.clone());
            if moved.code != child.code {
                self.plan.steps.push(Step {
                    from: Some(child.division),
                    to: Some(child.division),
                    from_code: Some(child.code.clone()),
                    to_code: Some(moved.code.clone()),
                    relation: LineageRelation::Recode,
                    share: None,
                });
            }
        }
        for grandchild in self.children(child.division) {
            self.move_below(&grandchild, child, &moved);
        }
    }

    fn free_code(&mut self, prefix: &str, own: &str, child: &State) -> Option<String> {
        let wished = format!("{prefix}{own}");
        if self.taken.insert(wished.clone()) {
            return Some(wished);
        }
        let class: Vec<u32> = match child.kind {
            DivisionKind::Subdistrict => (1..100).collect(),
            DivisionKind::Town => (100..200).collect(),
            DivisionKind::Township | DivisionKind::EthnicTownship => (200..400).collect(),
            DivisionKind::Zone if child.level == DivisionLevel::Township => (400..600).collect(),
            // Counties under a new prefecture number on in two digits.
            _ => (1..100).collect(),
        };
        let width = own.len();
        let free = class
            .into_iter()
            .map(|number| format!("{prefix}{number:0width$}"))
            .find(|code| !self.taken.contains(code))?;
        self.taken.insert(free.clone());
        Some(free)
    }
}

/// A state with what follows from the division above it.
fn placed(state: State, parent: Option<&State>) -> State {
    let prefecture = match state.level {
        DivisionLevel::Prefecture => Some(state.division),
        DivisionLevel::Province => None,
        DivisionLevel::County | DivisionLevel::Township => parent.and_then(|p| p.prefecture),
    };
    State {
        parent: parent.map(|p| p.division),
        prefecture,
        province: parent.map_or(state.province, |p| p.province),
        ..state
    }
}

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
    fn holds(&self, day: NaiveDate) -> bool {
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

/// D-6: following lineage forward from a division ends at one live division at least. `heirs` gives the whole
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

/// D-8: what a part of a division gets of a figure of before. Parts that lie side by side get whole numbers
/// that add up to the figure again.
pub fn rebased(figure: i64, part: Part) -> i64 {
    // A hair more, so that 0.1 + 0.2 counts as 0.3.
    let below = |share: f64| (figure as f64 * share + 1e-9).floor() as i64;
    below(part.1) - below(part.0)
}

/// D-8: the part of a part: what lies from and to in `inner`, seen from the whole that `outer` is a part of.
pub fn within(outer: Part, inner: Part) -> Part {
    let width = inner.1 - inner.0;
    (inner.0 + outer.0 * width, inner.0 + outer.1 * width)
}

/// D-8: the parts of a division that was split, in the order of its heirs; `None` where a share is not known.
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

#[cfg(test)]
mod tests;
