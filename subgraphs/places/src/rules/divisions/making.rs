//! The plan of a change: the divisions themselves, then all that stands below them.

use std::collections::BTreeSet;

use chrono::Datelike;
use minzheng_kit::{UserError, divisions::division_id};
use uuid::Uuid;

use super::{
    Change, Plan, State, Step, Target, World,
    law::{check, fault, level_of, parent_of, prefix},
};
use crate::model::vocabulary::{DivisionKind, DivisionLevel, LineageRelation};

/// D-5, 行政区划管理条例: the plan of a change, or why it cannot be.
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
