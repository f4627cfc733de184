//! Every state of two authorities and two competing couples, with `stateright`.
//!
//! **The network** is a set that only grows: each message ever sent may be delivered at any time,
//! any number of times, in any order, or never. That is loss, duplication, delay and reordering in
//! one. **A crash** loses what is not written; since a step is one transaction and its messages may
//! never be delivered, a crash between any two steps needs no action of its own, except that a
//! start raises the epoch (`Start`), and that the disk may be an older one (`Backup`, `Restore`).
//!
//! Provinces and messages are numbered once, and each step of a province is computed once: a state
//! is two province numbers and a set of message numbers, so that the whole space can be walked
//! without optimising. The number of starts and restores is the only bound.

use super::super::event::{AuthorityEvent, CoordinatorEvent, Standing, StationEvent};
use super::super::message::{Act, Message};
use super::super::{At, AuthorityId, Broken, Effect, RecordId, TxnId};
use super::world::{Province, Step, Wish, txn, unrest, uuid, violation};
use stateright::{Checker, Model, Property};
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::sync::Mutex;

const X: AuthorityId = AuthorityId(51);
const Y: AuthorityId = AuthorityId(35);
const BOTH: [AuthorityId; 2] = [X, Y];
const WORDS: usize = 16;

/// A state: what is on the two disks, what has ever been sent, and which faults are left.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    provinces: [u32; 2],
    sent: [u64; WORDS],
    starts: u8,
    restores: u8,
    backup: Option<(u8, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Happening {
    Deliver(u16),
    /// A coordinator's timer, before and after the soft expiry.
    Coordinator(u8, u8, bool),
    /// A holder's timer after the soft expiry.
    Holder(u8, u8),
    /// The couple leaves.
    WalkOut(u8, u8),
    Start(u8),
    Backup(u8),
    Restore(u8),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Envelope {
    from: AuthorityId,
    to: AuthorityId,
    message: Message,
}

/// Numbers things in the order in which they are first seen.
struct Numbers<T> {
    all: Vec<T>,
    ids: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash> Numbers<T> {
    fn new() -> Self {
        Self {
            all: Vec::new(),
            ids: HashMap::new(),
        }
    }

    fn of(&mut self, thing: T) -> u32 {
        if let Some(id) = self.ids.get(&thing) {
            return *id;
        }
        let id = self.all.len() as u32;
        self.all.push(thing.clone());
        self.ids.insert(thing, id);
        id
    }
}

type Outcome = (u32, Vec<u16>);

struct Tables {
    provinces: Numbers<Province>,
    envelopes: Numbers<Envelope>,
    steps: HashMap<(u32, Happening, u8), Outcome>,
    judged: HashMap<[u32; 2], (Option<&'static str>, Option<&'static str>)>,
}

struct Small {
    tables: Mutex<Tables>,
    first: State,
    txns: Vec<TxnId>,
    broken: Option<Broken>,
}

struct Scene {
    wishes: Vec<Wish>,
    persons: Vec<(AuthorityId, usize, Standing)>,
    starts: u8,
    restores: u8,
    broken: Option<Broken>,
}

impl Small {
    fn new(scene: &Scene) -> Self {
        let mut tables = Tables {
            provinces: Numbers::new(),
            envelopes: Numbers::new(),
            steps: HashMap::new(),
            judged: HashMap::new(),
        };
        let mut sent = [0; WORDS];
        let provinces = BOTH.map(|id| {
            let mut province = Province::new(id);
            province.serve(&BOTH);
            for (_, number, base) in scene.persons.iter().filter(|p| p.0 == id) {
                province.settle_person(*number, *base);
            }
            for wish in scene.wishes.iter().filter(|w| w.coordinator == id) {
                let step = Step::Coordinator(wish.txn, wish.begin());
                let left = province.run(step, At(0), scene.broken);
                for number in post(&mut tables, id, left.out) {
                    set(&mut sent, number);
                }
            }
            tables.provinces.of(province)
        });
        Self {
            tables: Mutex::new(tables),
            first: State {
                provinces,
                sent,
                starts: scene.starts,
                restores: scene.restores,
                backup: None,
            },
            txns: scene.wishes.iter().map(|wish| wish.txn).collect(),
            broken: scene.broken,
        }
    }

    fn late() -> At {
        At(0).plus(super::super::event::SOFT_EXPIRY)
    }

    /// The steps that this makes a province take.
    fn steps(&self, tables: &Tables, province: &Province, what: Happening, boot: u8) -> Vec<Step> {
        match what {
            Happening::Deliver(number) => {
                let envelope = &tables.envelopes.all[usize::from(number)];
                province.steps(envelope.from, &envelope.message)
            }
            Happening::Coordinator(_, index, _) => {
                let txn = self.txns[usize::from(index)];
                vec![Step::Coordinator(txn, CoordinatorEvent::Due)]
            }
            Happening::WalkOut(_, index) => {
                let txn = self.txns[usize::from(index)];
                vec![Step::Coordinator(txn, CoordinatorEvent::WalkOut)]
            }
            Happening::Holder(_, index) => {
                let txn = self.txns[usize::from(index)];
                vec![Step::Authority(txn, AuthorityEvent::Due)]
            }
            Happening::Start(_) | Happening::Restore(_) => {
                let peers = BTreeSet::from(BOTH);
                let boot = uuid(8, u64::from(boot));
                vec![Step::Station(StationEvent::Start { boot, peers })]
            }
            Happening::Backup(_) => Vec::new(),
        }
    }

    fn outcome(&self, id: u32, what: Happening, boot: u8) -> Outcome {
        let mut tables = self.tables.lock().unwrap();
        if let Some(outcome) = tables.steps.get(&(id, what, boot)) {
            return outcome.clone();
        }
        let mut province = tables.provinces.all[id as usize].clone();
        let early = matches!(
            what,
            Happening::Deliver(_) | Happening::Coordinator(_, _, false)
        );
        let now = if early { At(0) } else { Self::late() };
        let own = province.station.id;
        let mut sent = Vec::new();
        for step in self.steps(&tables, &province, what, boot) {
            let left = province.run(step, now, self.broken);
            sent.extend(post(&mut tables, own, left.out));
        }
        let outcome = (tables.provinces.of(province), sent);
        tables.steps.insert((id, what, boot), outcome.clone());
        outcome
    }

    fn judged(&self, state: &State) -> (Option<&'static str>, Option<&'static str>) {
        let mut tables = self.tables.lock().unwrap();
        if let Some(judged) = tables.judged.get(&state.provinces) {
            return *judged;
        }
        let both = state.provinces.map(|id| &tables.provinces.all[id as usize]);
        let judged = (
            violation(both.iter().copied(), &BTreeSet::new()),
            unrest(both.iter().copied()),
        );
        tables.judged.insert(state.provinces, judged);
        judged
    }

    fn happenings(&self, state: &State) -> Vec<Happening> {
        let mut all = Vec::new();
        for (word, bits) in state.sent.iter().enumerate() {
            let mut bits = *bits;
            while bits != 0 {
                all.push(Happening::Deliver(
                    (word * 64) as u16 + bits.trailing_zeros() as u16,
                ));
                bits &= bits - 1;
            }
        }
        for node in 0..2 {
            for index in 0..self.txns.len() as u8 {
                all.push(Happening::Coordinator(node, index, false));
                all.push(Happening::Coordinator(node, index, true));
                all.push(Happening::Holder(node, index));
                all.push(Happening::WalkOut(node, index));
            }
        }
        all
    }

    fn after(&self, state: &State, what: Happening) -> State {
        let mut next = state.clone();
        let node = match what {
            Happening::Deliver(number) => {
                let tables = self.tables.lock().unwrap();
                let to = tables.envelopes.all[usize::from(number)].to;
                usize::from(to == Y)
            }
            Happening::Coordinator(node, ..)
            | Happening::Holder(node, _)
            | Happening::WalkOut(node, _)
            | Happening::Start(node)
            | Happening::Backup(node)
            | Happening::Restore(node) => usize::from(node),
        };
        let mut boot = 0;
        match what {
            Happening::Backup(_) => {
                next.backup = Some((node as u8, state.provinces[node]));
                return next;
            }
            Happening::Start(_) => {
                next.starts -= 1;
                boot = 2 * next.starts + 1;
            }
            Happening::Restore(_) => {
                next.restores -= 1;
                boot = 2 * next.restores + 2;
                next.provinces[node] = state.backup.unwrap().1;
                next.backup = None;
            }
            _ => {}
        }
        let (province, sent) = self.outcome(next.provinces[node], what, boot);
        next.provinces[node] = province;
        for number in sent {
            set(&mut next.sent, number);
        }
        next
    }

    /// Nothing but a further fault would change anything.
    fn at_rest(&self, state: &State) -> bool {
        self.happenings(state)
            .into_iter()
            .all(|what| self.after(state, what) == *state)
    }
}

fn post(tables: &mut Tables, from: AuthorityId, left: Vec<Effect>) -> Vec<u16> {
    left.into_iter()
        .filter_map(|effect| match effect {
            Effect::Send { to, message } => {
                let number = tables.envelopes.of(Envelope { from, to, message });
                assert!((number as usize) < WORDS * 64, "more messages than bits");
                Some(number as u16)
            }
            _ => None,
        })
        .collect()
}

fn set(bits: &mut [u64; WORDS], number: u16) {
    bits[usize::from(number / 64)] |= 1 << (number % 64);
}

impl Model for Small {
    type State = State;
    type Action = Happening;

    fn init_states(&self) -> Vec<State> {
        vec![self.first.clone()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Happening>) {
        actions.extend(self.happenings(state));
        for node in 0..2 {
            if state.starts > 0 {
                actions.push(Happening::Start(node));
            }
            if state.restores > 0 && state.backup.is_none() {
                actions.push(Happening::Backup(node));
            }
            if state.restores > 0 && state.backup.is_some_and(|(of, _)| of == node) {
                actions.push(Happening::Restore(node));
            }
        }
    }

    fn next_state(&self, state: &State, action: Happening) -> Option<State> {
        let next = self.after(state, action);
        (next != *state).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("at every moment", |model: &Self, state: &State| {
                model.judged(state).0.is_none()
            }),
            Property::always("at rest", |model: &Self, state: &State| {
                model.judged(state).1.is_none() || !model.at_rest(state)
            }),
            Property::sometimes("somebody succeeds", |model: &Self, state: &State| {
                let tables = model.tables.lock().unwrap();
                let mut both = state
                    .provinces
                    .iter()
                    .map(|id| &tables.provinces.all[*id as usize]);
                model.judged_done(&mut both)
            }),
        ]
    }
}

impl Small {
    fn judged_done<'a>(&self, both: &mut impl Iterator<Item = &'a Province>) -> bool {
        both.any(|province| !province.registered.is_empty())
    }
}

/// What the walk found.
#[derive(Debug)]
struct Walk {
    states: usize,
    rule: Option<&'static str>,
    succeeds: bool,
}

fn walk(scene: &Scene) -> Walk {
    let started = std::time::Instant::now();
    let checker = Small::new(scene).checker().spawn_dfs().join();
    let found = checker.discoveries();
    let bad = ["at every moment", "at rest"].into_iter().find_map(|name| {
        let path = found.get(name)?;
        let judged = checker.model().judged(path.last_state());
        judged.0.or(judged.1)
    });
    let walk = Walk {
        states: checker.unique_state_count(),
        rule: bad,
        succeeds: found.contains_key("somebody succeeds"),
    };
    let tables = checker.model().tables.lock().unwrap();
    println!(
        "{:>9} states, {:>5} messages, {:>6} disks, {:?}, {:.1?}",
        walk.states,
        tables.envelopes.all.len(),
        tables.provinces.all.len(),
        walk.rule,
        started.elapsed()
    );
    walk
}

fn record(number: u64) -> RecordId {
    RecordId(uuid(1, number))
}

/// Two couples that want the same woman; each registry is in another province.
fn couples(deciders: [AuthorityId; 2]) -> Scene {
    let wish = |number: u64, coordinator, man: usize, da| Wish {
        txn: txn(At(0), number, BOTH, da),
        act: Act::Marry {
            record: record(number),
        },
        coordinator,
        parties: [(X, man), (Y, 1)],
        routing_epoch: 1,
    };
    Scene {
        wishes: vec![wish(1, X, 1, deciders[0]), wish(2, Y, 2, deciders[1])],
        persons: vec![
            (X, 1, Standing::Free),
            (X, 2, Standing::Free),
            (Y, 1, Standing::Free),
        ],
        starts: 0,
        restores: 0,
        broken: None,
    }
}

/// One couple that applies for divorce in two provinces at once.
fn divorces(deciders: [AuthorityId; 2]) -> Scene {
    let married = Standing::Married { record: record(9) };
    let wish = |number: u64, coordinator, da| Wish {
        txn: txn(At(0), number, BOTH, da),
        act: Act::ApplyDivorce {
            record: record(9),
            application: record(number),
        },
        coordinator,
        parties: [(X, 1), (Y, 1)],
        routing_epoch: 1,
    };
    Scene {
        wishes: vec![wish(1, X, deciders[0]), wish(2, Y, deciders[1])],
        persons: vec![(X, 1, married), (Y, 1, married)],
        starts: 0,
        restores: 0,
        broken: None,
    }
}

fn holds(scene: &Scene) -> usize {
    let walk = walk(scene);
    assert_eq!(walk.rule, None);
    assert!(walk.succeeds, "nobody can ever marry: nothing was tested");
    walk.states
}

const ROLES: [[AuthorityId; 2]; 4] = [[X, X], [X, Y], [Y, X], [Y, Y]];

#[test]
fn two_couples_and_two_authorities_hold_the_invariants_in_every_state() {
    for deciders in [[Y, X], [Y, Y]] {
        holds(&couples(deciders));
    }
}

#[test]
fn two_divorce_applications_hold_the_invariants_in_every_state() {
    holds(&divorces([Y, X]));
}

#[test]
#[ignore = "a minute with optimising; figures in the module doc of `tests`"]
fn every_choice_of_deciders_holds_the_invariants_in_every_state() {
    for deciders in ROLES {
        holds(&couples(deciders));
        holds(&divorces(deciders));
    }
}

#[test]
fn every_start_at_every_moment_holds_the_invariants() {
    let mut scene = couples([X, Y]);
    scene.wishes.truncate(1);
    scene.starts = 1;
    holds(&scene);
}

#[test]
fn an_older_disk_at_every_moment_holds_the_invariants() {
    let mut scene = couples([X, Y]);
    scene.wishes.truncate(1);
    scene.restores = 1;
    holds(&scene);
}

#[test]
#[ignore = "minutes; run with optimising, figures in the module doc of `tests`"]
fn the_large_space_holds_the_invariants() {
    let mut scene = couples([X, Y]);
    scene.wishes.truncate(1);
    scene.starts = 2;
    holds(&scene);
    for deciders in ROLES {
        let mut scene = couples(deciders);
        scene.starts = 1;
        holds(&scene);
        let mut scene = couples(deciders);
        scene.restores = 1;
        holds(&scene);
    }
}

#[test]
fn each_broken_rule_is_caught_in_the_full_state_space() {
    for broken in [
        Broken::SelfExpiringHold,
        Broken::CancelWithoutProof,
        Broken::NoTombstone,
        Broken::NoFence,
    ] {
        let mut scene = couples([X, Y]);
        scene.broken = Some(broken);
        if broken == Broken::NoFence {
            // Only a life that has ended makes a fence matter; one couple is enough for it.
            scene.restores = 1;
            scene.wishes.truncate(1);
        }
        let walk = walk(&scene);
        assert!(walk.rule.is_some(), "{broken:?} was not caught");
    }
}
