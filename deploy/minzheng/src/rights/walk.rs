//! The walk: operations that ask for every coordinate, by each way in ([`super::asked`]), and what the stages make of
//! them.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use minzheng_gateway::authorise::{self, Variant};
use minzheng_gateway::config::Limits;
use minzheng_gateway::identity::{Principal, Role};
use minzheng_gateway::operation::{Document, Variables};
use minzheng_gateway::plan::hive::HivePlanner;
use minzheng_gateway::plan::{self, Plan};
use minzheng_gateway::supergraph::{FieldInfo, Supergraph, TypeId};

use super::Given;
use super::asked::Asked;

/// How a field is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// By its name, through *every* field that leads to its type.
    Direct,
    /// Under another name, with its arguments as variables.
    Alias,
    /// In an inline fragment, on its own type.
    InlineFragment,
    /// In a named fragment, inside another.
    NamedFragment,
    /// Only if a variable says so, which it does.
    Condition,
    /// In a fragment that a query may tell later, to a client that takes an answer in parts, and under
    /// another name. What is not a query is told in one piece all the same.
    Deferred,
    /// By its name, over HTTP in a query string: queries, and subscriptions as events.
    Get,
    /// By its name, over HTTP in a list with others: queries and mutations.
    Batch,
    /// By its name, over a WebSocket: whatever there is.
    WebSocket,
}

impl Way {
    /// Those that go through the stages of the gateway without its server.
    pub(super) const NEAR: [Way; 6] = [
        Way::Direct,
        Way::Alias,
        Way::InlineFragment,
        Way::NamedFragment,
        Way::Condition,
        Way::Deferred,
    ];
}

/// What a walk by one way through the stages found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) given: Given,
    pub(super) problems: Vec<String>,
    /// The coordinates that were asked for through an abstract type that their own is one of.
    pub(super) through: BTreeSet<String>,
}

/// A step from one type to the next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Through a field.
    Field(TypeId, Arc<str>),
    /// To one of the objects that an abstract type may be.
    On(TypeId),
}

/// How many fields one operation asks for.
const AT_ONCE: usize = 40;

pub(super) struct Walk<'a> {
    supergraph: &'a Supergraph,
    principals: &'a [(Role, Arc<Principal>)],
    planner: HivePlanner,
    limits: Limits,
    /// For each role, the shortest way to each type that it may go; last, a way that anyone might try.
    ways: Vec<HashMap<TypeId, Vec<Step>>>,
    /// The same by queries only.
    queries: Vec<HashMap<TypeId, Vec<Step>>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        supergraph: &'a Supergraph,
        principals: &'a [(Role, Arc<Principal>)],
    ) -> Self {
        let names = supergraph.subgraphs.iter().map(|s| s.name.to_string());
        let planner = HivePlanner::new(&supergraph.document, names.collect()).unwrap();
        let mut walk = Self {
            supergraph,
            principals,
            planner,
            limits: Limits::default(),
            ways: Vec::new(),
            queries: Vec::new(),
        };
        walk.ways = walk.ways_from(&walk.roots());
        walk.queries = walk.ways_from(&[supergraph.schema.query()]);
        walk
    }

    fn ways_from(&self, roots: &[TypeId]) -> Vec<HashMap<TypeId, Vec<Step>>> {
        let of = |(_, principal): &(Role, Arc<Principal>)| {
            self.shortest(roots, |field| authorise::meets(principal, &field.demand))
        };
        let mut ways: Vec<_> = self.principals.iter().map(of).collect();
        ways.push(self.shortest(roots, |_| true));
        ways
    }

    fn roots(&self) -> Vec<TypeId> {
        let schema = &self.supergraph.schema;
        [
            Some(schema.query()),
            schema.mutation(),
            schema.subscription(),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn fields(&self, ty: TypeId) -> Vec<&FieldInfo> {
        let info = self.supergraph.schema.type_info(ty);
        info.fields
            .values()
            .filter(|field| !field.inaccessible)
            .collect()
    }

    /// The shortest way from a root to each type, through the fields that `may` allows.
    fn shortest(
        &self,
        roots: &[TypeId],
        may: impl Fn(&FieldInfo) -> bool,
    ) -> HashMap<TypeId, Vec<Step>> {
        let schema = &self.supergraph.schema;
        let mut found: HashMap<TypeId, Vec<Step>> = HashMap::new();
        let mut pending = VecDeque::new();
        for &root in roots {
            found.insert(root, Vec::new());
            pending.push_back(root);
        }
        while let Some(ty) = pending.pop_front() {
            let here = found[&ty].clone();
            let mut reach = |to: TypeId, step: Step| {
                let info = schema.type_info(to);
                if info.kind.is_composite() && !info.inaccessible && !found.contains_key(&to) {
                    let mut steps = here.clone();
                    steps.push(step);
                    found.insert(to, steps);
                    pending.push_back(to);
                }
            };
            for field in self.fields(ty).into_iter().filter(|field| may(field)) {
                reach(field.ty.base(), Step::Field(ty, field.name.clone()));
            }
            let info = schema.type_info(ty);
            if info.kind.is_abstract() {
                for member in &info.possible_types {
                    reach(*member, Step::On(*member));
                }
            }
        }
        found
    }

    /// The types that clients can come to, in a fixed order.
    fn types(&self) -> Vec<TypeId> {
        let mut types: Vec<TypeId> = self.ways[self.principals.len()].keys().copied().collect();
        types.sort_unstable();
        types
    }

    /// Every coordinate that clients can name.
    pub(super) fn coordinates(&self) -> BTreeSet<String> {
        let schema = &self.supergraph.schema;
        let mut all = BTreeSet::new();
        for info in schema.types() {
            let named = info.kind.is_composite() && !info.name.starts_with("__");
            if named && !info.inaccessible {
                for field in self.fields(info.id) {
                    all.insert(format!("{}.{}", info.name, field.name));
                }
            }
        }
        all
    }

    /// The ways to a type: for the direct way through every field that leads to it, else the shortest.
    /// One list for each role, because each goes where it may.
    fn approaches(&self, ty: TypeId, way: Way) -> Vec<Vec<Vec<Step>>> {
        let anyone = self.principals.len();
        let roles = 0..anyone;
        let best = |to: TypeId, role: usize| {
            self.ways[role]
                .get(&to)
                .or_else(|| self.ways[anyone].get(&to))
                .cloned()
        };
        if way != Way::Direct || self.roots().contains(&ty) {
            return vec![roles.filter_map(|role| best(ty, role)).collect()];
        }
        let mut all = Vec::new();
        for of in self.types() {
            if !self.is_member(ty, of) {
                continue;
            }
            let each = roles.clone().filter_map(|role| {
                let mut steps = best(of, role)?;
                steps.push(Step::On(ty));
                Some(steps)
            });
            all.push(each.collect());
        }
        for from in self.types() {
            for field in self.fields(from) {
                if field.ty.base() != ty {
                    continue;
                }
                let step = Step::Field(from, field.name.clone());
                let each = roles.clone().filter_map(|role| {
                    let mut steps = best(from, role)?;
                    steps.push(step.clone());
                    Some(steps)
                });
                all.push(each.collect());
            }
        }
        all
    }

    /// Whether a type is one of those that an abstract one may be.
    fn is_member(&self, ty: TypeId, of: TypeId) -> bool {
        let info = self.supergraph.schema.type_info(of);
        info.kind.is_abstract() && info.possible_types.contains(&ty)
    }

    /// Every coordinate of a type that clients come to through an abstract one.
    pub(super) fn coordinates_of_members(&self) -> BTreeSet<String> {
        let types = self.types();
        let is_some = |ty: &TypeId| types.iter().any(|of| self.is_member(*ty, *of));
        let mut all = BTreeSet::new();
        for ty in types.iter().copied().filter(is_some) {
            let name = &self.supergraph.schema.type_info(ty).name;
            let fields = self.fields(ty).into_iter();
            all.extend(fields.map(|field| format!("{name}.{}", field.name)));
        }
        all
    }

    /// Asks for everything by one way.
    pub(super) fn by(&self, way: Way) -> Found {
        let mut found = Found::default();
        for ty in self.types() {
            let info = self.supergraph.schema.type_info(ty);
            let fields = self.fields(ty);
            let at_once = self.at_once(ty);
            for approach in self.approaches(ty, way) {
                for some in fields.chunks(at_once) {
                    let mut plans: HashMap<(String, Variant), Result<Plan, String>> =
                        HashMap::new();
                    if approach
                        .iter()
                        .any(|steps| matches!(steps.last(), Some(Step::On(_))))
                    {
                        let coordinates = some.iter().map(|f| format!("{}.{}", info.name, f.name));
                        found.through.extend(coordinates);
                    }
                    for (role, steps) in approach.iter().enumerate() {
                        let asked = Asked::of(self.supergraph, way, (steps, ty), some, 0);
                        self.judge(way, role, &asked, &mut plans, &mut found);
                    }
                }
            }
            for field in &fields {
                let coordinate = format!("{}.{}", info.name, field.name);
                found.given.entry(coordinate).or_insert([false; 8]);
            }
        }
        found
    }

    /// How many fields of a type one operation asks for: a subscription has one root field.
    fn at_once(&self, ty: TypeId) -> usize {
        match self.supergraph.schema.subscription() == Some(ty) {
            true => 1,
            false => AT_ONCE,
        }
    }

    /// What each role asks over HTTP, by the place of the role: every field of every type, by a query where the
    /// role comes to the type by one.
    pub(super) fn over_http(&self) -> Vec<Vec<Asked>> {
        let anyone = self.principals.len();
        let mut all: Vec<Vec<Asked>> = (0..anyone).map(|_| Vec::new()).collect();
        let mut serial = 0;
        for ty in self.types() {
            let fields = self.fields(ty);
            for some in fields.chunks(self.at_once(ty)) {
                serial += 1;
                for (role, asked) in all.iter_mut().enumerate() {
                    let ways = [
                        &self.queries[role],
                        &self.ways[role],
                        &self.queries[anyone],
                        &self.ways[anyone],
                    ];
                    let steps = ways.iter().find_map(|ways| ways.get(&ty)).unwrap();
                    asked.push(Asked::of(
                        self.supergraph,
                        Way::Get,
                        (steps, ty),
                        some,
                        serial,
                    ));
                }
            }
        }
        all
    }

    /// Runs an operation through the stages for one role and notes what of it is given.
    fn judge(
        &self,
        way: Way,
        role: usize,
        asked: &Asked,
        plans: &mut HashMap<(String, Variant), Result<Plan, String>>,
        found: &mut Found,
    ) {
        let schema = &self.supergraph.schema;
        let document = match Document::prepare(&asked.text, self.supergraph, &self.limits) {
            Ok(document) => document,
            Err(errors) => {
                let told = &errors[0].message;
                found.problems.push(format!("{told}: {}", asked.text));
                return;
            }
        };
        let operation = document.choose(None).unwrap();
        let variables = match Variables::coerce(operation, &asked.variables, schema) {
            Ok(variables) => variables,
            Err(errors) => {
                found
                    .problems
                    .push(format!("{}: {}", errors[0].message, asked.text));
                return;
            }
        };
        let principal = &self.principals[role].1;
        let mut variant = Variant::of(operation, principal, &variables);
        if way == Way::Deferred {
            variant = variant.in_parts(operation);
        }
        let plan = plans
            .entry((asked.text.clone(), variant.clone()))
            .or_insert_with(|| {
                plan::make(operation, &variant, self.supergraph, &self.planner)
                    .map_err(|error| error.to_string())
            });
        let plan = match plan {
            Ok(plan) => plan,
            Err(error) => {
                found.problems.push(format!("{error}: {}", asked.text));
                return;
            }
        };
        let later = plan.deferred.iter().flat_map(|part| &part.cuts);
        let cuts: HashSet<Vec<&str>> = plan
            .cuts
            .iter()
            .chain(later)
            .map(|path| path.iter().map(|key| &**key).collect())
            .collect();
        for leaf in &asked.leaves {
            let path: Vec<&str> = leaf.path.iter().map(String::as_str).collect();
            let cut = (1..=path.len()).any(|length| cuts.contains(&path[..length]));
            let entry = found.given.entry(leaf.coordinate.clone()).or_default();
            entry[role] |= !cut;
            if variant.in_parts && !cut && plan.deferred.is_empty() {
                let problem = format!("{} was not deferred: {}", leaf.coordinate, asked.text);
                found.problems.push(problem);
            }
            // What is refused causes no fetch; what is given is fetched.
            if let Some(mark) = &leaf.mark {
                let fetched = plan.fetches.iter().any(|fetch| {
                    fetch
                        .prefix
                        .windows(mark.len())
                        .any(|part| part == mark.as_bytes())
                });
                if fetched == cut {
                    let verdict = if cut {
                        "refused and yet fetched"
                    } else {
                        "given and never fetched"
                    };
                    found.problems.push(format!(
                        "{} is {verdict} for {}: {}",
                        leaf.coordinate,
                        self.principals[role].0.as_str(),
                        asked.text
                    ));
                }
            }
        }
    }
}
