//! Random operations over a schema: fields with arguments and aliases, inline and named fragments, on
//! abstract and other types, conditions, variables with and without values and defaults.
//!
//! Most of them are valid; those that are not (fields that conflict) are for the caller to pass over.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use graphql_tools::static_graphql::schema::Type;
use serde_json::{Map, Value, json};

use crate::schema::{Field, Input, Kind, Schema, Ty, base};

/// A random number generator (SplitMix64), so that a seed names an operation for ever.
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// One of so many.
    pub fn roll(&mut self, sides: usize) -> usize {
        usize::try_from(self.next() % sides.max(1) as u64).unwrap_or(0)
    }

    /// So often of a hundred times.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.roll(100) < percent
    }

    fn pick<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.roll(all.len());
        all.get(at)
    }
}

/// An operation with its variables.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The document.
    pub text: String,
    /// What is sent along.
    pub variables: Map<String, Value>,
}

struct Generator<'a> {
    schema: &'a Schema,
    dice: Dice,
    fragments: Vec<(String, String)>,
    definitions: String,
    declared: Vec<String>,
    variables: Map<String, Value>,
    /// Arguments a field was given before, so that it may be asked again under its own name.
    arguments: BTreeMap<(String, String), String>,
    aliases: usize,
    /// Fragments are deferred now and then.
    deferring: bool,
    /// Fields that may still be asked.
    left: usize,
}

/// The operation of a seed; a query with fragments that are deferred, if that is wanted.
#[must_use]
pub fn operation(schema: &Schema, seed: u64, deferring: bool) -> Asked {
    let mut generator = Generator {
        schema,
        dice: Dice(seed),
        fragments: Vec::new(),
        definitions: String::new(),
        declared: Vec::new(),
        variables: Map::new(),
        arguments: BTreeMap::new(),
        aliases: 0,
        deferring,
        left: 0,
    };
    generator.left = [8, 25, 60][generator.dice.roll(3)];
    let mutation = !deferring && schema.types.contains_key("Mutation") && generator.dice.chance(10);
    let (word, root) = if mutation {
        ("mutation", "Mutation")
    } else {
        ("query", "Query")
    };
    let depth = 3 + generator.dice.roll(5);
    let set = generator.set(root, depth);
    let variables = match generator.declared.is_empty() {
        true => String::new(),
        false => format!("({})", generator.declared.join(", ")),
    };
    Asked {
        text: format!("{word} Random{variables} {set}{}", generator.definitions),
        variables: generator.variables,
    }
}

impl Generator<'_> {
    fn set(&mut self, of: &str, depth: usize) -> String {
        let mut out = "{ ".to_owned();
        let count = 1 + self.dice.roll(if depth > 2 { 4 } else { 6 });
        let before = out.len();
        for _ in 0..count {
            self.selection(of, depth, &mut out);
        }
        if out.len() == before {
            out.push_str("__typename ");
        }
        out.push_str("} ");
        out
    }

    fn selection(&mut self, of: &str, depth: usize, out: &mut String) {
        let schema = self.schema;
        let ty = schema.ty(of);
        match self.dice.roll(100) {
            0..72 if ty.kind != Kind::Union => self.field(ty, depth, out),
            72..80 => {
                let alias = if self.dice.chance(20) { "typed: " } else { "" };
                let _ = write!(out, "{alias}__typename ");
            }
            80..90 if depth > 0 && !self.fragments.is_empty() => {
                let all = self.fragments.clone();
                if let Some((name, on)) = self.dice.pick(&all)
                    && self.overlap(of, on)
                {
                    let marks = self.marks();
                    let _ = write!(out, "...{name} {marks}");
                }
            }
            _ if depth > 0 && self.left > 0 => self.fragment(of, depth - 1, out),
            _ => {}
        }
    }

    /// A fragment on the type itself, or one that has values in common with it.
    fn fragment(&mut self, of: &str, depth: usize, out: &mut String) {
        let schema = self.schema;
        let others: Vec<&str> = schema
            .types
            .values()
            .filter(|ty| matches!(ty.kind, Kind::Object | Kind::Interface | Kind::Union))
            .filter(|ty| !ty.name.starts_with("__") && self.overlap(of, &ty.name))
            .map(|ty| ty.name.as_str())
            .collect();
        let on = self.dice.pick(&others).copied().unwrap_or(of);
        if self.dice.chance(40) {
            // Named only when it is complete, so that it does not contain itself.
            let set = self.set(on, depth);
            let name = format!("F{}", self.fragments.len());
            let _ = write!(self.definitions, "fragment {name} on {on} {set}");
            self.fragments.push((name.clone(), on.to_owned()));
            let marks = self.marks();
            let _ = write!(out, "...{name} {marks}");
        } else {
            let on = match of == on && self.dice.chance(50) {
                true => String::new(),
                false => format!("on {on} "),
            };
            let bare = if on.is_empty() { of } else { on[3..].trim() };
            let (marks, set) = (self.marks(), self.set(bare, depth));
            let _ = write!(out, "... {on}{marks}{set}");
        }
    }

    fn overlap(&self, one: &str, other: &str) -> bool {
        let (one, other) = (self.schema.ty(one), self.schema.ty(other));
        one.possible.intersection(&other.possible).next().is_some()
    }

    fn condition(&mut self) -> String {
        if !self.dice.chance(8) {
            return String::new();
        }
        let word = if self.dice.chance(50) {
            "skip"
        } else {
            "include"
        };
        let value = match self.dice.roll(3) {
            0 => self.dice.chance(50).to_string(),
            _ => {
                let ty = Type::NonNullType(Box::new(Type::NamedType("Boolean".to_owned())));
                let value = json!(self.dice.chance(50));
                self.variable(&ty, value)
            }
        };
        format!("@{word}(if: {value}) ")
    }

    /// What stands at a fragment: a condition, and whether it is deferred.
    fn marks(&mut self) -> String {
        let mut marks = self.condition();
        if self.deferring && self.dice.chance(40) {
            self.aliases += 1;
            let number = self.aliases;
            marks.push_str(&match self.dice.roll(6) {
                0 => "@defer(if: false) ".to_owned(),
                1..=3 => format!("@defer(label: \"L{number}\") "),
                _ => "@defer ".to_owned(),
            });
        }
        marks
    }

    fn field(&mut self, ty: &Ty, depth: usize, out: &mut String) {
        if self.left == 0 {
            return;
        }
        let composite = |field: &Field| {
            let kind = self.schema.ty(base(&field.ty)).kind;
            matches!(kind, Kind::Object | Kind::Interface | Kind::Union)
        };
        // Deep operations are what joins subgraphs.
        let deep = depth > 0 && self.dice.chance(45);
        let all: Vec<(&String, &Field)> = ty
            .fields
            .iter()
            .filter(|(name, field)| {
                !name.starts_with("__")
                    && (depth > 0 || !composite(field))
                    && (!deep || composite(field))
            })
            .collect();
        let Some((name, field)) = self.dice.pick(&all).copied() else {
            return;
        };
        self.left -= 1;
        let place = (ty.name.clone(), name.clone());
        let known = self.arguments.get(&place).cloned();
        let (alias, arguments) = match known {
            Some(known) if self.dice.chance(70) => (self.dice.chance(10), known),
            known => {
                let arguments = self.arguments_of(field);
                let differs = known.is_some_and(|known| known != arguments);
                let own = self.dice.chance(15);
                if !differs && !own {
                    self.arguments.insert(place, arguments.clone());
                }
                (differs || own, arguments)
            }
        };
        if alias {
            self.aliases += 1;
            let _ = write!(out, "a{}: ", self.aliases);
        }
        let condition = self.condition();
        let _ = write!(out, "{name}{arguments} {condition}");
        let inner = base(&field.ty);
        if composite(field) {
            let set = self.set(inner, depth.saturating_sub(1));
            out.push_str(&set);
        }
    }

    fn arguments_of(&mut self, field: &Field) -> String {
        let mut given = Vec::new();
        for (name, input) in &field.args {
            let required = input.default.is_none() && matches!(input.ty, Type::NonNullType(_));
            if required || self.dice.chance(30) {
                let value = self.value(&input.ty, 0);
                let text = match self.dice.chance(40) {
                    true => self.variable_for(input, value),
                    false => self.literal(&value, &input.ty),
                };
                given.push(format!("{name}: {text}"));
            }
        }
        if given.is_empty() {
            String::new()
        } else {
            format!("({})", given.join(", "))
        }
    }

    /// A variable for an argument, now and then with a default or without a value.
    fn variable_for(&mut self, input: &Input, value: Value) -> String {
        let name = self.variable(&input.ty, value);
        let nullable = !matches!(input.ty, Type::NonNullType(_));
        if self.dice.chance(15) {
            let default = self.value(&input.ty, 1);
            let default = self.plain(&default, &input.ty);
            if let Some(declared) = self.declared.last_mut() {
                let _ = write!(declared, " = {default}");
            }
            if self.dice.chance(50) {
                self.variables.remove(&name[1..]);
            }
        } else if nullable && self.dice.chance(20) {
            self.variables.remove(&name[1..]);
        }
        name
    }

    fn variable(&mut self, ty: &Type, value: Value) -> String {
        let name = format!("v{}", self.declared.len());
        self.declared.push(format!("${name}: {ty}"));
        self.variables.insert(name.clone(), value);
        format!("${name}")
    }

    /// A value of an input type, as JSON.
    fn value(&mut self, ty: &Type, depth: usize) -> Value {
        match ty {
            Type::NonNullType(inner) => loop {
                let value = self.value(inner, depth);
                if !value.is_null() {
                    return value;
                }
            },
            _ if self.dice.chance(8) => Value::Null,
            Type::ListType(item) => {
                let count = self.dice.roll(if depth > 2 { 2 } else { 4 });
                (0..count).map(|_| self.value(item, depth + 1)).collect()
            }
            Type::NamedType(name) => self.named(name, depth),
        }
    }

    fn named(&mut self, name: &str, depth: usize) -> Value {
        let schema = self.schema;
        let ty = schema.ty(name);
        match (ty.kind, name) {
            (Kind::Enum, _) => self
                .dice
                .pick(&ty.values)
                .map_or(Value::Null, |value| json!(value)),
            (Kind::Input, _) if ty.one_of => {
                let all: Vec<(&String, &Input)> = ty.inputs.iter().collect();
                let Some((name, input)) = self.dice.pick(&all).copied() else {
                    return Value::Null;
                };
                let never_null = Type::NonNullType(Box::new(input.ty.clone()));
                json!({ name: self.value(&never_null, depth + 1) })
            }
            (Kind::Input, _) => {
                let mut fields = Map::new();
                for (name, input) in &ty.inputs {
                    let required =
                        input.default.is_none() && matches!(input.ty, Type::NonNullType(_));
                    if required || (depth < 3 && self.dice.chance(35)) {
                        fields.insert(name.clone(), self.value(&input.ty, depth + 1));
                    }
                }
                fields.into()
            }
            (_, "Int") => json!(self.dice.roll(2001) as i64 - 1000),
            (_, "Float") => match self.dice.chance(30) {
                true => json!(self.dice.roll(100)),
                false => json!(self.dice.roll(1000) as f64 / 8.0 - 50.0),
            },
            (_, "Boolean") => json!(self.dice.chance(50)),
            _ => {
                let words = [
                    "",
                    "a",
                    "民政",
                    "two words",
                    "\"",
                    "\\",
                    "line\nbreak",
                    "🙂",
                    "510000",
                ];
                json!(self.dice.pick(&words))
            }
        }
    }

    /// A value as a literal; parts of it may become variables.
    fn literal(&mut self, value: &Value, ty: &Type) -> String {
        match (value, ty) {
            (value, Type::NonNullType(inner)) if !self.dice.chance(8) => self.literal(value, inner),
            (value, ty) if self.dice.chance(4) => self.variable(ty, value.clone()),
            (Value::Array(items), Type::ListType(item)) => match items.as_slice() {
                [one] if !one.is_null() && !one.is_array() && self.dice.chance(30) => {
                    self.literal(one, item)
                }
                items => {
                    let items: Vec<String> = items
                        .iter()
                        .map(|value| self.literal(value, item))
                        .collect();
                    format!("[{}]", items.join(", "))
                }
            },
            (Value::Object(fields), Type::NamedType(name)) => {
                let schema = self.schema;
                let one_of = schema.ty(name).one_of;
                let mut all = Vec::new();
                for (field, value) in fields {
                    if let Some(input) = schema.ty(name).inputs.get(field) {
                        let text = match one_of {
                            true => self.plain(value, &input.ty),
                            false => self.literal(value, &input.ty),
                        };
                        all.push(format!("{field}: {text}"));
                    }
                }
                format!("{{{}}}", all.join(", "))
            }
            (value, ty) => self.plain(value, ty),
        }
    }

    /// A value as a literal without variables.
    fn plain(&self, value: &Value, ty: &Type) -> String {
        match (value, ty) {
            (value, Type::NonNullType(inner)) => self.plain(value, inner),
            (Value::Array(items), Type::ListType(item)) => {
                let items: Vec<String> =
                    items.iter().map(|value| self.plain(value, item)).collect();
                format!("[{}]", items.join(", "))
            }
            (Value::Object(fields), Type::NamedType(name)) => {
                let known = &self.schema.ty(name).inputs;
                let field = |(name, value)| {
                    Some(format!(
                        "{name}: {}",
                        self.plain(value, &known.get(name)?.ty)
                    ))
                };
                let fields: Vec<String> = fields.iter().filter_map(field).collect();
                format!("{{{}}}", fields.join(", "))
            }
            (Value::String(text), Type::NamedType(name))
                if self.schema.ty(name).kind == Kind::Enum =>
            {
                text.clone()
            }
            (value, _) => value.to_string(),
        }
    }
}
