//! The data: a pure function of seed, object, field and arguments, so that it is the same wherever it is
//! asked, in a subgraph or in the whole.
//!
//! An entity is one of a few of its type, met again and again by different ways; any other object is
//! known by the way to it. What the schemas leave open is decided by a hash: which entity, which type of
//! an interface, how long a list, null or not. What a representation may need (keys) is never null.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use graphql_tools::static_graphql::query::{Selection, SelectionSet, TypeCondition};
use graphql_tools::static_graphql::schema::Type;
use serde_json::{Map, Value, json};

use crate::schema::{Kind, Schema, base};

/// Entities of each type.
const ENTITIES: u64 = 5;

/// An object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Its type.
    pub ty: String,
    /// Which: an entity's number, or a hash of the way to it.
    pub id: u64,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// Nothing.
    Null,
    /// A scalar or enum value.
    Leaf(Value),
    /// An object.
    Thing(Thing),
    /// A list.
    List(Vec<Datum>),
}

/// What the schemas together say about a field of an object type.
struct Facts {
    /// Its type, not null where any subgraph says so.
    strict: Type,
    /// The types of object it may give: known to every subgraph that resolves it.
    possible: Vec<String>,
    /// The enum values that all of them know.
    values: Vec<String>,
}

/// The data of one seed.
pub struct Data {
    seed: u64,
    /// One field in so many fails; none at 0.
    failing: u64,
    fields: BTreeMap<(String, String), Facts>,
    entities: BTreeSet<String>,
    /// Fields of keys, nested ones too.
    solid: BTreeSet<(String, String)>,
    /// The interfaces of each object type, in any subgraph.
    pub interfaces: BTreeMap<String, BTreeSet<String>>,
    kinds: BTreeMap<String, Kind>,
}

impl Data {
    /// Data for subgraphs whose clients see `api`.
    #[must_use]
    pub fn new(subgraphs: &[Schema], api: &Schema) -> Self {
        let mut data = Self {
            seed: 0,
            failing: 0,
            fields: BTreeMap::new(),
            entities: BTreeSet::new(),
            solid: BTreeSet::new(),
            interfaces: BTreeMap::new(),
            kinds: BTreeMap::new(),
        };
        for ty in subgraphs
            .iter()
            .flat_map(|subgraph| subgraph.types.values())
        {
            if ty.kind == Kind::Object && !ty.interface_object {
                let known = data.interfaces.entry(ty.name.clone()).or_default();
                known.extend(ty.interfaces.iter().cloned());
            }
            data.kinds.insert(ty.name.clone(), ty.kind);
        }
        let objects: Vec<String> = data.interfaces.keys().cloned().collect();
        for object in &objects {
            data.learn(object, subgraphs, api);
        }
        data
    }

    /// The same facts, other values: of this seed, with one field in `failing` that fails.
    pub fn reseed(&mut self, seed: u64, failing: u64) {
        (self.seed, self.failing) = (seed, failing);
    }

    fn learn(&mut self, object: &str, subgraphs: &[Schema], api: &Schema) {
        for subgraph in subgraphs {
            let Some(name) = subgraph.name_of(object, &self.interfaces) else {
                continue;
            };
            let ty = subgraph.ty(name);
            for key in &ty.keys {
                self.entities.insert(object.to_owned());
                solidify(object, key, subgraph, &mut self.solid);
            }
            for (field, told) in &ty.fields {
                let name = base(&told.ty);
                let told_type = subgraph.ty(name);
                let objects: BTreeSet<String> = match told_type.kind {
                    Kind::Object if told_type.interface_object => {
                        let all = self.interfaces.iter().filter(|(_, of)| of.contains(name));
                        all.map(|(object, _)| object.clone()).collect()
                    }
                    _ => told_type.possible.clone(),
                };
                let visible = |name: &&String| api.types.contains_key(*name);
                let facts = Facts {
                    strict: told.ty.clone(),
                    possible: objects.iter().filter(visible).cloned().collect(),
                    values: told_type.values.clone(),
                };
                let place = (object.to_owned(), field.clone());
                match self.fields.get_mut(&place) {
                    None => drop(self.fields.insert(place, facts)),
                    Some(known) => {
                        known.strict = stricter(&known.strict, &facts.strict);
                        known.possible.retain(|name| facts.possible.contains(name));
                        known.values.retain(|name| facts.values.contains(name));
                    }
                }
            }
        }
        for ((of, field), facts) in &mut self.fields {
            let shown = api.types.get(base(&facts.strict)).filter(|_| of == object);
            if let Some(shown) = shown {
                facts.values.retain(|value| shown.values.contains(value));
                let bare = self.kinds.get(base(&facts.strict)).is_some_and(|kind| {
                    matches!(kind, Kind::Object | Kind::Interface | Kind::Union)
                });
                assert!(
                    !bare || !facts.possible.is_empty(),
                    "{of}.{field} can give nothing"
                );
            }
        }
    }

    fn hash(&self, thing: &Thing, field: &str, arguments: &str, salt: u64) -> u64 {
        let mut state = DefaultHasher::new();
        (self.seed, &thing.ty, thing.id, field, arguments, salt).hash(&mut state);
        state.finish()
    }

    /// Whether a field fails.
    #[must_use]
    pub fn fails(&self, thing: &Thing, field: &str, arguments: &str) -> bool {
        self.failing > 0
            && !self.solid.contains(&(thing.ty.clone(), field.to_owned()))
            && self
                .hash(thing, field, arguments, 1)
                .is_multiple_of(self.failing)
    }

    /// The value of a field; `arguments` is their canonical form.
    ///
    /// # Panics
    /// When no subgraph has the field.
    #[must_use]
    pub fn value(&self, thing: &Thing, field: &str, arguments: &str) -> Datum {
        let place = (thing.ty.clone(), field.to_owned());
        let facts = self.fields.get(&place);
        let facts = facts.unwrap_or_else(|| panic!("nobody has {}.{field}", thing.ty));
        let hash = self.hash(thing, field, arguments, 2);
        self.of_type(&facts.strict, facts, hash, self.solid.contains(&place))
    }

    fn of_type(&self, ty: &Type, facts: &Facts, hash: u64, solid: bool) -> Datum {
        let (bare, never_null) = match ty {
            Type::NonNullType(inner) => (&**inner, true),
            other => (other, false),
        };
        let dice = mix(hash, 3);
        if !never_null && !solid && dice.is_multiple_of(8) {
            return Datum::Null;
        }
        match bare {
            Type::ListType(item) => {
                let length = if solid { 1 + dice % 2 } else { dice / 8 % 4 };
                let items =
                    (0..length).map(|at| self.of_type(item, facts, mix(hash, 10 + at), solid));
                Datum::List(items.collect())
            }
            Type::NamedType(name) => self.named(name, facts, dice),
            Type::NonNullType(_) => Datum::Null,
        }
    }

    fn named(&self, name: &str, facts: &Facts, hash: u64) -> Datum {
        let dice = mix(hash, 4);
        let pick = |length: usize| usize::try_from(dice % length as u64).unwrap_or(0);
        match self.kinds.get(name) {
            Some(Kind::Enum) => match facts.values.len() {
                0 => Datum::Null,
                length => Datum::Leaf(json!(facts.values[pick(length)])),
            },
            Some(Kind::Object | Kind::Interface | Kind::Union) => {
                let ty = facts.possible[pick(facts.possible.len())].clone();
                let id = if self.entities.contains(&ty) {
                    hash % ENTITIES
                } else {
                    hash
                };
                Datum::Thing(Thing { ty, id })
            }
            _ => Datum::Leaf(scalar(name, dice)),
        }
    }

    /// The entities that a representation's `__typename` may mean.
    pub fn candidates(&self, name: &str) -> impl Iterator<Item = Thing> {
        let types = self.interfaces.iter().filter(move |(object, interfaces)| {
            self.entities.contains(*object) && (*object == name || interfaces.contains(name))
        });
        types.flat_map(|(object, _)| {
            (0..ENTITIES).map(|id| Thing {
                ty: object.clone(),
                id,
            })
        })
    }
}

/// Marks the fields of a key, nested ones too.
fn solidify(
    object: &str,
    set: &SelectionSet,
    subgraph: &Schema,
    solid: &mut BTreeSet<(String, String)>,
) {
    for selection in &set.items {
        match selection {
            Selection::Field(field) => {
                solid.insert((object.to_owned(), field.name.clone()));
                let inside = subgraph
                    .types
                    .get(object)
                    .and_then(|ty| ty.fields.get(&field.name));
                for possible in inside
                    .into_iter()
                    .flat_map(|told| &subgraph.ty(base(&told.ty)).possible)
                {
                    solidify(possible, &field.selection_set, subgraph, solid);
                }
            }
            Selection::InlineFragment(fragment) => {
                let on = fragment
                    .type_condition
                    .as_ref()
                    .map(|TypeCondition::On(name)| name);
                if on.is_none_or(|name| subgraph.applies(name, object)) {
                    solidify(object, &fragment.selection_set, subgraph, solid);
                }
            }
            Selection::FragmentSpread(_) => {}
        }
    }
}

/// Not null where either says so.
fn stricter(one: &Type, other: &Type) -> Type {
    match (one, other) {
        (Type::NonNullType(a), Type::NonNullType(b)) => Type::NonNullType(Box::new(stricter(a, b))),
        (Type::NonNullType(a), b) | (b, Type::NonNullType(a)) => {
            Type::NonNullType(Box::new(stricter(a, b)))
        }
        (Type::ListType(a), Type::ListType(b)) => Type::ListType(Box::new(stricter(a, b))),
        (named, _) => named.clone(),
    }
}

fn mix(hash: u64, salt: u64) -> u64 {
    let mut state = DefaultHasher::new();
    (hash, salt).hash(&mut state);
    state.finish()
}

/// A value of a scalar: of a custom one, any JSON.
fn scalar(name: &str, dice: u64) -> Value {
    let words = [
        "",
        "a",
        "民政",
        "\"quoted\" \\ \n",
        "🙂 \u{7f}",
        "{\"x\":[null]}",
        "\u{1}\t",
    ];
    let word = words[usize::try_from(dice % 7).unwrap_or(0)];
    let text = json!(format!("{word}{:x}", dice >> 16));
    match name {
        "Int" => json!(i32::try_from(dice >> 33).unwrap_or(0) - (1 << 30)),
        "Float" => json!(f64::from(u32::try_from(dice >> 40).unwrap_or(0)) / 8.0 - 1000.0),
        "Boolean" => json!(dice & 1 == 1),
        "String" | "ID" => text,
        _ => match dice % 11 {
            0 => json!(dice >> 20),
            1 => json!([text, 1, null, [true]]),
            2 => {
                let inside: Map<String, Value> =
                    [("key".to_owned(), text), ("n".to_owned(), Value::Null)]
                        .into_iter()
                        .collect();
                json!({ "a": inside, "__typename": "Nobody" })
            }
            _ => text,
        },
    }
}
