//! The reference: an operation evaluated over the data by one schema, as the specification's section on
//! execution says, and nothing else. Subgraphs answer by it too, each by its own schema, strictly: what a
//! subgraph cannot know there (a field that is external and was not provided) is a complaint.

use std::collections::HashMap;

use graphql_tools::static_graphql::query::{
    Definition, Directive, Document, Field, FragmentDefinition, OperationDefinition, Selection,
    SelectionSet, TypeCondition, Value as Literal, VariableDefinition,
};
use graphql_tools::static_graphql::schema::Type;
use indexed::Indexed;
use serde_json::{Map, Value, json};

use crate::data::{Data, Datum, Thing};
use crate::schema::Schema;
use crate::values;

/// What an evaluation comes to.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// The data; null when a null went all the way up.
    pub data: Value,
    /// Where fields failed.
    pub errors: Vec<Vec<Value>>,
    /// What was asked that cannot be answered here.
    pub complaints: Vec<String>,
    /// The root fields of a mutation in the order in which they were run, with their arguments.
    pub mutated: Vec<String>,
}

/// An operation to evaluate.
pub struct Evaluation<'a> {
    schema: &'a Schema,
    data: &'a Data,
    fragments: HashMap<&'a str, &'a FragmentDefinition>,
    variables: Map<String, Value>,
    /// Whether inputs may be missing in representations because something failed.
    lenient: bool,
    told: Evaluated,
}

/// A null that may not stand here.
struct Nulled;

/// An object on the way: itself, and what was provided of it.
struct Place<'a> {
    thing: &'a Thing,
    name: &'a str,
    provided: &'a [&'a SelectionSet],
}

/// The kind, root fields and variables of an operation.
fn parts(operation: &OperationDefinition) -> (&'static str, &SelectionSet, &[VariableDefinition]) {
    match operation {
        OperationDefinition::SelectionSet(set) => ("Query", set, &[]),
        OperationDefinition::Query(query) => {
            ("Query", &query.selection_set, &query.variable_definitions)
        }
        OperationDefinition::Mutation(of) => {
            ("Mutation", &of.selection_set, &of.variable_definitions)
        }
        OperationDefinition::Subscription(of) => {
            ("Subscription", &of.selection_set, &of.variable_definitions)
        }
    }
}

/// Evaluates the only operation of a document.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn evaluate(
    schema: &Schema,
    data: &Data,
    document: &Document,
    variables: &Map<String, Value>,
    lenient: bool,
) -> Evaluated {
    let mut fragments = HashMap::new();
    let mut operation = None;
    for definition in &document.definitions {
        match definition {
            Definition::Fragment(fragment) => {
                fragments.insert(fragment.name.as_str(), fragment);
            }
            Definition::Operation(of) => operation = Some(of),
        }
    }
    let (root, set, defined) = parts(operation.expect("an operation"));
    let mut evaluation = Evaluation {
        schema,
        data,
        fragments,
        variables: values::variables(schema, defined, variables),
        lenient,
        told: Evaluated::default(),
    };
    let thing = Thing {
        ty: root.to_owned(),
        id: 0,
    };
    let place = Place {
        thing: &thing,
        name: root,
        provided: &[],
    };
    let data = evaluation.object(&place, &[set], &mut Vec::new());
    evaluation.told.data = data.unwrap_or(Value::Null);
    evaluation.told
}

impl<'a> Evaluation<'a> {
    fn object(
        &mut self,
        place: &Place<'_>,
        sets: &[&'a SelectionSet],
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        let mut collected = Indexed::default();
        for set in sets {
            self.collect(set, place.name, &mut collected);
        }
        let mut out = Map::new();
        let mut nulled = false;
        for (key, fields) in collected.0 {
            path.push(json!(key));
            // Siblings of one that failed are evaluated all the same, so that all errors are known.
            match self.field(place, &fields, path) {
                Ok(value) => drop(out.insert(key.to_owned(), value)),
                Err(Nulled) => nulled = true,
            }
            path.pop();
        }
        if nulled {
            Err(Nulled)
        } else {
            Ok(Value::Object(out))
        }
    }

    fn collect(&self, set: &'a SelectionSet, name: &str, into: &mut Indexed<'a>) {
        for selection in &set.items {
            match selection {
                Selection::Field(field) if self.included(&field.directives) => into.add(field),
                Selection::InlineFragment(fragment) if self.included(&fragment.directives) => {
                    let on = fragment
                        .type_condition
                        .as_ref()
                        .map(|TypeCondition::On(on)| on);
                    if on.is_none_or(|on| self.schema.applies(on, name)) {
                        self.collect(&fragment.selection_set, name, into);
                    }
                }
                Selection::FragmentSpread(spread) if self.included(&spread.directives) => {
                    let fragment = self.fragments[spread.fragment_name.as_str()];
                    let TypeCondition::On(on) = &fragment.type_condition;
                    if self.schema.applies(on, name) {
                        self.collect(&fragment.selection_set, name, into);
                    }
                }
                _ => {}
            }
        }
    }

    fn included(&self, directives: &[Directive]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.first().map(|(_, value)| match value {
                Literal::Variable(name) => self.variables.get(name) == Some(&Value::Bool(true)),
                value => *value == Literal::Boolean(true),
            });
            match directive.name.as_str() {
                "skip" => condition != Some(true),
                "include" => condition != Some(false),
                _ => true,
            }
        })
    }

    fn field(
        &mut self,
        place: &Place<'_>,
        fields: &[&'a Field],
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        let [first, ..] = fields else {
            return Err(Nulled);
        };
        let sets: Vec<&SelectionSet> = fields.iter().map(|field| &field.selection_set).collect();
        match first.name.as_str() {
            "__typename" => return Ok(json!(place.name)),
            "_entities" => return Ok(self.entities(first, &sets, path)),
            _ => {}
        }
        let Some(known) = self.schema.ty(place.name).fields.get(&first.name) else {
            let complaint = format!("{} has no {}", place.name, first.name);
            self.told.complaints.push(complaint);
            return Ok(Value::Null);
        };
        let given =
            place
                .provided
                .iter()
                .flat_map(|set| &set.items)
                .filter_map(|item| match item {
                    Selection::Field(field) if field.name == first.name => {
                        Some(&field.selection_set)
                    }
                    _ => None,
                });
        let mut provided: Vec<&SelectionSet> = given.collect();
        if known.external && provided.is_empty() {
            let complaint = format!("{}.{} is external here", place.name, first.name);
            self.told.complaints.push(complaint);
        }
        provided.extend(&known.provides);
        let arguments =
            values::arguments(self.schema, &known.args, &first.arguments, &self.variables);
        if place.name == "Mutation" {
            self.told.mutated.push(format!("{}{arguments}", first.name));
        }
        if self.data.fails(place.thing, &first.name, &arguments) {
            self.told.errors.push(path.clone());
            return match known.ty {
                Type::NonNullType(_) => Err(Nulled),
                _ => Ok(Value::Null),
            };
        }
        let value = self.data.value(place.thing, &first.name, &arguments);
        self.complete(&known.ty, &value, &sets, &provided, path)
    }

    fn complete(
        &mut self,
        ty: &Type,
        value: &Datum,
        sets: &[&'a SelectionSet],
        provided: &[&SelectionSet],
        path: &mut Vec<Value>,
    ) -> Result<Value, Nulled> {
        match (ty, value) {
            (Type::NonNullType(inner), value) => {
                match self.complete(inner, value, sets, provided, path)? {
                    Value::Null => Err(Nulled),
                    value => Ok(value),
                }
            }
            (_, Datum::Null) => Ok(Value::Null),
            (Type::ListType(item), Datum::List(items)) => {
                let mut out = Vec::with_capacity(items.len());
                let mut nulled = false;
                for (at, value) in items.iter().enumerate() {
                    path.push(json!(at));
                    match self.complete(item, value, sets, provided, path) {
                        Ok(value) => out.push(value),
                        Err(Nulled) => nulled = true,
                    }
                    path.pop();
                }
                Ok(if nulled {
                    Value::Null
                } else {
                    Value::Array(out)
                })
            }
            (Type::NamedType(_), Datum::Leaf(value)) => Ok(value.clone()),
            (Type::NamedType(_), Datum::Thing(thing)) => {
                let Some(name) = self.schema.name_of(&thing.ty, &self.data.interfaces) else {
                    let complaint = format!("{} is not known here", thing.ty);
                    self.told.complaints.push(complaint);
                    return Ok(Value::Null);
                };
                let place = Place {
                    thing,
                    name,
                    provided,
                };
                Ok(self.object(&place, sets, path).unwrap_or(Value::Null))
            }
            (ty, value) => {
                self.told.complaints.push(format!("{value:?} is no {ty}"));
                Ok(Value::Null)
            }
        }
    }

    /// Answers for representations. Each must be of an entity there is, and bring what the fields asked of
    /// it need.
    fn entities(
        &mut self,
        field: &'a Field,
        sets: &[&'a SelectionSet],
        path: &mut Vec<Value>,
    ) -> Value {
        let given = match field.arguments.first() {
            Some((_, Literal::Variable(name))) => self.variables.get(name).cloned(),
            _ => None,
        };
        let mut out = Vec::new();
        let given = given.unwrap_or_default();
        for (at, representation) in given.as_array().into_iter().flatten().enumerate() {
            path.push(json!(at));
            out.push(self.entity(representation, sets, path));
            path.pop();
        }
        Value::Array(out)
    }

    fn entity(&mut self, given: &Value, sets: &[&'a SelectionSet], path: &mut Vec<Value>) -> Value {
        let name = given["__typename"].as_str().unwrap_or_default();
        let found = self
            .data
            .candidates(name)
            .find(|thing| self.is(thing, given));
        let Some(thing) = found else {
            self.told.complaints.push(format!("nobody is {given}"));
            return Value::Null;
        };
        let Some(name) = self.schema.name_of(&thing.ty, &self.data.interfaces) else {
            self.told
                .complaints
                .push(format!("{given} is not known here"));
            return Value::Null;
        };
        let ty = self.schema.ty(name);
        if !ty.keys.iter().any(|key| covers(given, key)) {
            self.told.complaints.push(format!("no key in {given}"));
        }
        let mut asked = Indexed::default();
        for set in sets {
            self.collect(set, name, &mut asked);
        }
        for (_, fields) in &asked.0 {
            let requires = ty
                .fields
                .get(&fields[0].name)
                .and_then(|field| field.requires.as_ref());
            if requires.is_some_and(|set| !covers(given, set)) {
                self.told
                    .complaints
                    .push(format!("{} lacks input in {given}", fields[0].name));
            }
        }
        let place = Place {
            thing: &thing,
            name,
            provided: &[],
        };
        self.object(&place, sets, path).unwrap_or(Value::Null)
    }

    /// Whether all that a representation says is true of this entity.
    fn is(&self, thing: &Thing, given: &Value) -> bool {
        let fields = given.as_object().into_iter().flatten();
        fields
            .filter(|(name, _)| *name != "__typename")
            .all(|(name, value)| {
                let name_here = self.schema.name_of(&thing.ty, &self.data.interfaces);
                let known = name_here.and_then(|at| self.schema.ty(at).fields.get(name));
                let Some(known) = known else { return false };
                if self.lenient && value.is_null() {
                    return true;
                }
                let arguments = values::arguments(self.schema, &known.args, &[], &Map::new());
                self.same(&self.data.value(thing, name, &arguments), value)
            })
    }

    fn same(&self, datum: &Datum, given: &Value) -> bool {
        match (datum, given) {
            (_, Value::Null) if self.lenient => true,
            (Datum::Null, Value::Null) => true,
            (Datum::Leaf(value), given) => value == given,
            (Datum::List(items), Value::Array(given)) => {
                items.len() == given.len()
                    && items
                        .iter()
                        .zip(given)
                        .all(|(item, given)| self.same(item, given))
            }
            (Datum::Thing(thing), Value::Object(fields)) => {
                let typename = fields.get("__typename");
                let named = typename.is_none_or(|name| {
                    let here = self.schema.name_of(&thing.ty, &self.data.interfaces);
                    name.as_str() == here || *name == json!(thing.ty)
                });
                named && self.is(thing, given)
            }
            _ => false,
        }
    }
}

/// Whether a representation has all of a field set.
fn covers(given: &Value, set: &SelectionSet) -> bool {
    set.items.iter().all(|item| match item {
        Selection::Field(field) => match given.get(&field.name) {
            None => false,
            Some(Value::Array(items)) => items
                .iter()
                .all(|item| item.is_null() || covers(item, &field.selection_set)),
            Some(Value::Object(_)) => covers(&given[&field.name], &field.selection_set),
            Some(_) => true,
        },
        // Only for values of that type.
        Selection::InlineFragment(_) | Selection::FragmentSpread(_) => true,
    })
}

mod indexed {
    use graphql_tools::static_graphql::query::Field;

    /// Fields by response name, in the order of their first.
    #[derive(Default)]
    pub(super) struct Indexed<'a>(pub(super) Vec<(&'a str, Vec<&'a Field>)>);

    impl<'a> Indexed<'a> {
        pub(super) fn add(&mut self, field: &'a Field) {
            let key = field.alias.as_ref().unwrap_or(&field.name).as_str();
            match self.0.iter_mut().find(|(known, _)| *known == key) {
                Some((_, all)) => all.push(field),
                None => self.0.push((key, vec![field])),
            }
        }
    }
}
