//! The divisions of now: the embedded set, and over it the changes that were told since it was made.
//!
//! The set in the program is as old as its source. What happens afterwards is told by `places`
//! ([`DivisionChanged`]), and each subsystem keeps it ([`super::told`]); [`Divisions`] is what both together say.
//! Whoever judges by a division's code, level or parent asks here and not the embedded set, or a change would
//! lock out the officers of the divisions that it made.
//!
//! It is made by running the changes over the set in the order of their days, without I/O, and holds only what
//! differs. Asking costs a look into a small map before the one into the set; without a change, nothing more.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use uuid::Uuid;

use super::{CodeSystem, Division, Kind, Level, Step, dataset};
use crate::events::{DivisionChanged, DivisionSide};

/// How often descent is followed: more changes of one division than this are taken for a circle.
const LONGEST_DESCENT: usize = 32;

/// The divisions of now. Cloning is cheap; the default is the embedded set as it is.
#[derive(Clone, Default)]
pub struct Divisions(Option<Arc<Over>>);

impl fmt::Debug for Divisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changed = self.0.as_ref().map_or(0, |over| over.changed.len());
        write!(f, "Divisions({changed} changed)")
    }
}

/// What differs from the embedded set.
#[derive(Debug, Default)]
struct Over {
    /// Divisions as they are now; `None` for one that has ended.
    changed: HashMap<Uuid, Option<Division>>,
    /// Who bears a code now, of the divisions in `changed`.
    bearer: HashMap<String, Uuid>,
    /// Who bore a code last that it bears no more.
    former: HashMap<String, Uuid>,
    /// What holds the ground of a division that has ended.
    heirs: HashMap<Uuid, Vec<Uuid>>,
    /// What a division that has ended lay in.
    lay_in: HashMap<Uuid, Uuid>,
    /// What became of divisions that have ended, in the order of the days.
    steps: Vec<Step>,
}

impl Level {
    /// The level that a code says (GB/T 2260 and GB/T 10114): nine digits a township; of six, zeros behind a
    /// prefecture or a province.
    pub fn of_code(code: &str) -> Self {
        match code.len() {
            6 if code.ends_with("0000") => Self::Province,
            6 if code.ends_with("00") => Self::Prefecture,
            6 => Self::County,
            _ => Self::Township,
        }
    }
}

impl Over {
    fn standing<'a>(&'a self, id: &Uuid) -> Option<&'a Division> {
        match self.changed.get(id) {
            Some(now) => now.as_ref(),
            None => dataset().by_id(id),
        }
    }

    /// Gives up the code that a division bears, before it gets another one or ends.
    fn release(&mut self, id: &Uuid) {
        let Some(code) = self.standing(id).map(|division| division.code.clone()) else {
            return;
        };
        // Who took it over in the meantime keeps it.
        if self.bearer.get(&code).is_none_or(|bearer| bearer == id) {
            self.bearer.remove(&code);
        }
        self.former.insert(code, *id);
    }

    fn put(&mut self, side: &DivisionSide) {
        self.release(&side.id);
        let level = Level::of_code(&side.code);
        let kind = Kind::of(level, &side.code, &side.name);
        let division = Division {
            id: side.id,
            code: side.code.clone(),
            name: side.name.clone(),
            level,
            kind,
            system: if kind == Kind::Zone {
                CodeSystem::Nbs
            } else {
                CodeSystem::Mca
            },
            parent: side.parent,
        };
        self.heirs.remove(&side.id);
        self.bearer.insert(side.code.clone(), side.id);
        self.changed.insert(side.id, Some(division));
    }

    fn apply(&mut self, change: &DivisionChanged) {
        for before in &change.from {
            // The code before is told too: the set in the program may not know it.
            self.former.insert(before.code.clone(), before.id);
            if change.to.iter().any(|after| after.id == before.id) {
                continue;
            }
            self.release(&before.id);
            let parent = self.standing(&before.id).and_then(|was| was.parent);
            if let Some(parent) = before.parent.or(parent) {
                self.lay_in.insert(before.id, parent);
            }
            self.changed.insert(before.id, None);
            let heirs = change.to.iter().map(|after| after.id).collect();
            self.heirs.insert(before.id, heirs);
            self.steps.extend(change.to.iter().map(|after| Step {
                from: before.id,
                to: after.id,
                permille: match change.to.len() {
                    1 => Some(1_000),
                    _ => after.share_permille,
                },
                on: change.effective,
            }));
        }
        for after in change.to.iter().chain(&change.below) {
            self.put(after);
        }
    }
}

impl Divisions {
    /// The divisions after these changes, which are in the order in which they took effect.
    pub fn after<'a>(changes: impl IntoIterator<Item = &'a DivisionChanged>) -> Self {
        let mut over: Option<Over> = None;
        for change in changes {
            over.get_or_insert_default().apply(change);
        }
        Self(over.map(Arc::new))
    }

    /// A division in use, by id.
    pub fn by_id<'a>(&'a self, id: &Uuid) -> Option<&'a Division> {
        match &self.0 {
            Some(over) => over.standing(id),
            None => dataset().by_id(id),
        }
    }

    /// What became of divisions that have ended by a change that was told, in the order of the days.
    pub fn steps(&self) -> &[Step] {
        self.0.as_ref().map_or(&[], |over| &over.steps)
    }

    /// A division that has ended, with all that it lay in when it did.
    pub(super) fn lay_within(&self, ended: &Uuid) -> BTreeSet<Uuid> {
        let mut found = BTreeSet::from([*ended]);
        let lay_in = self.0.as_ref().map(|over| &over.lay_in);
        let mut next = lay_in.and_then(|of| of.get(ended)).copied();
        while let Some(above) = next.filter(|above| found.insert(*above)) {
            let standing = self.by_id(&above).and_then(|division| division.parent);
            next = standing.or_else(|| lay_in.and_then(|of| of.get(&above)).copied());
        }
        found
    }

    /// The division that bears this code now: six digits, or nine for a township.
    pub fn by_code<'a>(&'a self, code: &str) -> Option<&'a Division> {
        let Some(over) = &self.0 else {
            return dataset().by_code(code);
        };
        if let Some(id) = over.bearer.get(code) {
            return over.standing(id);
        }
        let listed = dataset().by_code(code)?;
        // One that the set knows under this code may have another now, or be no more.
        over.standing(&listed.id)
            .filter(|division| division.code == code)
    }

    /// The divisions that hold now what this one held: itself while it lasts.
    pub fn today<'a>(&'a self, id: &Uuid) -> Vec<&'a Division> {
        let Some(over) = &self.0 else {
            return dataset().today(id);
        };
        let (mut ground, mut seen) = (vec![*id], BTreeSet::new());
        let mut found: Vec<&Division> = Vec::new();
        for _ in 0..LONGEST_DESCENT {
            let Some(next) = ground.pop() else { break };
            if !seen.insert(next) {
                continue;
            }
            if let Some(division) = over.standing(&next) {
                found.push(division);
            } else if let Some(heirs) = over.heirs.get(&next) {
                ground.extend(heirs);
            } else {
                ground.extend(dataset().today(&next).iter().map(|heir| heir.id));
            }
        }
        found.sort_unstable_by(|a, b| a.code.cmp(&b.code));
        found
    }

    /// The one division that holds now what this one held; `None` where it is several or none.
    pub fn successor<'a>(&'a self, id: &Uuid) -> Option<&'a Division> {
        match self.today(id).as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// What a code stands for now, as an officer's token or a stored row says it: the division that bears it,
    /// or else the one that bore it until a change that was told, or what alone goes on in its place.
    ///
    /// A division that is renamed, retyped or recoded is the same body under another code. One that is merged
    /// has ended, and its powers are carried on by the one that took it over (行政诉讼法 26: 继续行使其职权的
    /// 行政机关). Where it was divided among several, or abolished, the code stands for nothing: which of them an
    /// officer belongs to only a new token can say.
    pub fn meaning<'a>(&'a self, code: &str) -> Option<&'a Division> {
        if let Some(bearer) = self.by_code(code) {
            return Some(bearer);
        }
        self.successor(self.0.as_ref()?.former.get(code)?)
    }

    /// The codes that `code` or a division below it bore until a change that was told, and that nobody bears
    /// now: rows that were written under them belong here. `prefix` as [`crate::Principal::reach`] gives it.
    pub fn former_within(&self, prefix: &str) -> Vec<&str> {
        let Some(over) = &self.0 else {
            return Vec::new();
        };
        let mut codes: Vec<&str> = over
            .former
            .iter()
            .filter(|(code, _)| self.by_code(code).is_none())
            .filter(|(_, id)| {
                self.successor(id)
                    .is_some_and(|heir| heir.code.starts_with(prefix))
            })
            .map(|(code, _)| code.as_str())
            .collect();
        codes.sort_unstable();
        codes
    }

    /// The codes that lie below `prefix` by their digits but mean a division elsewhere since a change: rows that were
    /// written under them belong there. With [`Divisions::former_within`] a filter over many rows says what
    /// [`crate::Principal::oversees`] says of one.
    pub fn former_elsewhere(&self, prefix: &str) -> Vec<&str> {
        let former = self.0.iter().flat_map(|over| over.former.keys());
        let mut codes: Vec<&str> = former
            .filter(|code| code.starts_with(prefix))
            .filter(|code| {
                self.meaning(code)
                    .is_some_and(|now| !now.code.starts_with(prefix))
            })
            .map(String::as_str)
            .collect();
        codes.sort_unstable();
        codes
    }

    /// The division above; where that has ended, what alone holds its ground.
    fn above<'a>(&'a self, division: &Division) -> Option<&'a Division> {
        let parent = division.parent?;
        self.by_id(&parent).or_else(|| self.successor(&parent))
    }

    /// The divisions above, nearest first. An ended division lies in what alone holds its ground, if
    /// something does.
    pub fn ancestors<'a>(&'a self, id: &Uuid) -> Vec<&'a Division> {
        let mut above = Vec::with_capacity(4);
        let mut next = match self.by_id(id) {
            Some(division) => self.above(division),
            None => self.successor(id),
        };
        while let Some(division) = next.filter(|_| above.len() < LONGEST_DESCENT) {
            above.push(division);
            next = self.above(division);
        }
        above
    }

    /// The division and all above it, nearest first.
    pub fn upwards(&self, id: &Uuid) -> Vec<Uuid> {
        std::iter::once(*id)
            .chain(self.ancestors(id).into_iter().map(|division| division.id))
            .collect()
    }

    /// The divisions directly below, by code.
    pub fn children<'a>(&'a self, id: &Uuid) -> Vec<&'a Division> {
        let Some(over) = &self.0 else {
            return dataset().children(id).collect();
        };
        let mut under: BTreeSet<Uuid> = dataset().children(id).map(|child| child.id).collect();
        under.extend(over.changed.keys());
        for ended in over.heirs.keys() {
            under.extend(dataset().children(ended).map(|child| child.id));
        }
        let mut children: Vec<&Division> = under
            .iter()
            .filter_map(|child| self.by_id(child))
            .filter(|child| self.above(child).is_some_and(|above| above.id == *id))
            .collect();
        children.sort_unstable_by(|a, b| a.code.cmp(&b.code));
        children
    }

    /// The division above and all that stand or stood directly below it, this one among them: what adds up to a
    /// total, so that what is hidden of one cannot be had from the others. `None` for a division that nothing
    /// is above of. Those that ended by a change are members still, for their figures stay theirs (D-7).
    pub fn family(&self, id: &Uuid) -> Option<(Uuid, Vec<Uuid>)> {
        let standing = |parent: &Uuid| self.by_id(parent).or_else(|| self.successor(parent));
        let lay_in = self.0.as_ref().map(|over| &over.lay_in);
        let parent = match self.by_id(id) {
            Some(division) => self.above(division)?.id,
            None => standing(lay_in?.get(id)?)?.id,
        };
        let mut members: Vec<Uuid> = self.children(&parent).iter().map(|one| one.id).collect();
        let ended = lay_in.into_iter().flatten();
        members.extend(
            ended
                .filter(|(ended, _)| self.by_id(ended).is_none())
                .filter(|(_, above)| standing(above).is_some_and(|above| above.id == parent))
                .map(|(ended, _)| *ended),
        );
        Some((parent, members))
    }

    /// Whose figures the figures of a division are: its own while it lasts; of one that a change has ended those of
    /// what alone goes on in its place, or else of what it lay in. `None` for what ended before the embedded set was
    /// made: such figures are nobody's to ask for, for no table stands beside them ([`Divisions::family`]).
    pub fn answers_for<'a>(&'a self, id: &Uuid) -> Option<&'a Division> {
        if let Some(division) = self.by_id(id) {
            return Some(division);
        }
        let lay_in = self.0.as_ref()?.lay_in.get(id)?;
        self.successor(id)
            .or_else(|| self.by_id(lay_in))
            .or_else(|| self.successor(lay_in))
    }

    /// Whether an officer of the division with this code may act in `division`: it is that division or lies
    /// below it.
    pub fn within(&self, division: &Uuid, officer_code: &str) -> bool {
        self.meaning(officer_code)
            .is_some_and(|own| self.upwards(division).contains(&own.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::Relation;

    fn id(code: &str) -> Uuid {
        dataset().by_code(code).unwrap().id
    }

    fn side(id: Uuid, code: &str, name: &str, parent: Option<Uuid>) -> DivisionSide {
        DivisionSide {
            id,
            code: code.into(),
            name: name.into(),
            parent,
            share_permille: None,
        }
    }

    fn listed(code: &str) -> DivisionSide {
        let one = dataset().by_code(code).unwrap();
        side(one.id, code, &one.name, one.parent)
    }

    fn change(
        relation: Relation,
        from: Vec<DivisionSide>,
        to: Vec<DivisionSide>,
    ) -> DivisionChanged {
        DivisionChanged {
            change: Uuid::now_v7(),
            relation,
            effective: "2026-11-22".parse().unwrap(),
            from,
            to,
            below: Vec::new(),
        }
    }

    #[test]
    fn without_a_change_it_says_what_the_set_says() {
        let now = Divisions::after([]);
        let county = id("510118");
        assert_eq!(now.by_code("510118").unwrap().id, county);
        assert_eq!(now.upwards(&county).len(), 3);
        assert!(now.within(&county, "510100") && !now.within(&county, "510104"));
        assert!(now.by_code("510132").is_none() && now.meaning("510132").is_none());
        let below: Vec<Uuid> = dataset().children(&county).map(|d| d.id).collect();
        assert_eq!(
            now.children(&county)
                .iter()
                .map(|d| d.id)
                .collect::<Vec<_>>(),
            below
        );
    }

    /// 撤县设区 with a new code: the county is the same, its townships go along, and both codes mean it.
    #[test]
    fn a_retyped_county_is_the_same_under_its_new_code() {
        let county = id("510118");
        let town = dataset().children(&county).next().unwrap().clone();
        let mut retyped = change(
            Relation::Retype,
            vec![listed("510118")],
            vec![side(county, "510199", "新津新区", Some(id("510100")))],
        );
        let moved = format!("510199{}", &town.code[6..]);
        retyped.below = vec![side(town.id, &moved, &town.name, Some(county))];
        let now = Divisions::after([&retyped]);
        assert!(now.by_code("510118").is_none());
        for code in ["510118", "510199"] {
            assert_eq!(now.meaning(code).unwrap().id, county, "{code}");
            assert!(
                now.within(&county, code) && now.within(&town.id, code),
                "{code}"
            );
        }
        assert!(now.within(&county, "510100") && !now.within(&county, "510104"));
        let seen = now.by_id(&county).unwrap();
        assert_eq!((seen.level, seen.kind), (Level::County, Kind::District));
        assert_eq!(now.meaning(&town.code).unwrap().code, moved);
        assert!(now.former_within("510199").contains(&"510118"));
        assert!(now.former_within("5101").contains(&"510118"));
        assert!(now.former_within("510104").is_empty());
        assert!(now.former_elsewhere("510118").contains(&"510118"));
        assert!(now.former_elsewhere("5101").is_empty());
        assert_eq!(
            now.children(&county).len(),
            dataset().children(&county).count()
        );
    }

    /// 行政诉讼法 26: what took two over acts for both; the tree, the codes and old tokens lead to it.
    #[test]
    fn a_merger_into_a_new_division_is_where_both_old_codes_lead() {
        let (one, other, city) = (id("510104"), id("510105"), id("510100"));
        let new = super::super::division_id("510198");
        let merged = change(
            Relation::Merge,
            vec![listed("510104"), listed("510105")],
            vec![side(new, "510198", "锦青区", Some(city))],
        );
        let now = Divisions::after([&merged]);
        assert!(now.by_id(&one).is_none() && now.by_code("510104").is_none());
        for code in ["510104", "510105", "510198"] {
            assert_eq!(now.meaning(code).unwrap().id, new, "{code}");
            // Rows that still stand under an old division are the new one's too.
            for ground in [one, other, new] {
                assert!(now.within(&ground, code), "{code} {ground}");
            }
        }
        assert!(!now.within(&new, "510106"));
        let towns = dataset().children(&one).count() + dataset().children(&other).count();
        assert_eq!(now.children(&new).len(), towns);
        let town = dataset().children(&one).next().unwrap();
        assert_eq!(now.ancestors(&town.id).first().unwrap().id, new);
        assert!(
            now.children(&city)
                .iter()
                .all(|d| d.id != one && d.id != other)
        );
        assert_eq!(now.today(&one).len(), 1);
        assert_eq!(now.answers_for(&one).unwrap().id, new);
        // In a table of figures the ended stand beside the new one, and below nothing else.
        for member in [one, new] {
            let (above, members) = now.family(&member).unwrap();
            assert_eq!(above, city);
            assert!([one, other, new].iter().all(|one| members.contains(one)));
        }
    }

    /// Which of several successors an officer belongs to, no code can say.
    #[test]
    fn the_code_of_a_division_that_was_divided_or_abolished_means_nothing() {
        let city = Some(id("510100"));
        let halves: Vec<DivisionSide> = ["510197", "510196"]
            .map(|code| side(super::super::division_id(code), code, "演示区", city))
            .into();
        let split = change(Relation::Split, vec![listed("510106")], halves.clone());
        let now = Divisions::after([&split]);
        assert!(now.meaning("510106").is_none());
        assert!(!now.within(&id("510106"), "510106"));
        assert_eq!(now.today(&id("510106")).len(), 2);
        assert_eq!(now.answers_for(&id("510106")).unwrap().code, "510100");
        // One half is abolished, then its code is given to somebody else.
        let abolished = change(Relation::Abolish, vec![halves[0].clone()], vec![]);
        let reused = change(
            Relation::Recode,
            vec![listed("510107")],
            vec![side(id("510107"), "510197", "武侯区", city)],
        );
        let now = Divisions::after([&split, &abolished]);
        assert!(now.meaning("510197").is_none());
        assert_eq!(now.meaning("510106").unwrap().code, "510196");
        let now = Divisions::after([&split, &abolished, &reused]);
        assert_eq!(now.meaning("510197").unwrap().id, id("510107"));
        assert_eq!(now.meaning("510107").unwrap().id, id("510107"));
    }
}
