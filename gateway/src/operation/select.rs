//! An operation with its fragments inlined and every name resolved: what all later stages read.
//!
//! Built once per validated document and kept with it. Selections stand in one vector and name
//! each other by position; parents stand before children. Nothing here depends on the request:
//! `@skip`/`@include` are kept as conditions on variables, demands as indexes into a list of the
//! distinct demands, so that a request only evaluates a handful of booleans and demands.

use std::collections::HashMap;
use std::sync::Arc;

use graphql_tools::parser::Pos;
use graphql_tools::static_graphql::query::{
    Definition, Directive, Document, FragmentDefinition, OperationDefinition, Selection as Ast,
    SelectionSet, Type, TypeCondition, Value, VariableDefinition,
};

use crate::supergraph::{Demand, SchemaIndex, TypeId, TypeRef};

/// Query, mutation or subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes, root fields in series.
    Mutation,
    /// A stream of answers.
    Subscription,
}

/// A position in [`Operation::selections`].
pub type SelectionId = usize;

/// One operation of a document, ready to be authorised and planned.
#[derive(Debug)]
pub struct Operation {
    /// What kind.
    pub kind: OperationKind,
    /// Its name, if it has one.
    pub name: Option<Arc<str>>,
    /// The root type.
    pub root: TypeId,
    /// Its variables, in the order of definition.
    pub variables: Vec<Variable>,
    /// All selections, parents before children.
    pub selections: Vec<Selection>,
    /// The selections of the root.
    pub top: Vec<SelectionId>,
    /// The variables that `@skip` and `@include` look at, as positions in `variables`.
    pub conditions: Vec<usize>,
    /// The distinct demands of its fields.
    pub demands: Vec<Demand>,
    /// Whether it asks for the schema itself, by `__schema` or `__type`.
    pub introspects: bool,
    /// Whether it is a query with something in it that may be told later, by `@defer`.
    pub defers: bool,
}

/// A declared variable.
#[derive(Debug)]
pub struct Variable {
    /// Its name without `$`.
    pub name: Arc<str>,
    /// Its type.
    pub ty: TypeRef,
    /// The definition as parsed.
    pub definition: VariableDefinition,
}

/// One selection: a field or a type condition around others.
#[derive(Debug)]
pub struct Selection {
    /// The type in whose scope it stands.
    pub parent: TypeId,
    /// All must hold for it to be part of the answer.
    pub when: Vec<When>,
    /// What it is.
    pub what: What,
    /// What is selected inside.
    pub children: Vec<SelectionId>,
    /// A fragment that may be told after the rest.
    pub defer: Option<Defer>,
}

/// `@defer` of a fragment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defer {
    /// How the client names what is told later.
    pub label: Option<Arc<str>>,
    /// All must hold, or it is told with the rest.
    pub when: Vec<When>,
}

/// A condition by `@skip` or `@include`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Excluded by a literal.
    Never,
    /// The value of the condition at this position of [`Operation::conditions`] must be `is`.
    Variable {
        /// Position in `conditions`.
        condition: usize,
        /// The value needed.
        is: bool,
    },
}

/// A field, or an inlined fragment.
#[derive(Debug)]
pub enum What {
    /// A field.
    Field(Field),
    /// Only for values of this type.
    On(TypeId),
}

/// A selected field.
#[derive(Debug)]
pub struct Field {
    /// The name in the answer.
    pub key: Arc<str>,
    /// The name in the schema.
    pub name: Arc<str>,
    /// Its type.
    pub ty: TypeRef,
    /// Arguments as written.
    pub arguments: Vec<(String, Value)>,
    /// What it demands, as a position in [`Operation::demands`].
    pub demand: Option<usize>,
    /// Where it stands in the document.
    pub position: Pos,
}

/// Inlines and resolves every operation of a validated document. A name that does not resolve (which
/// validation excludes) leaves its selection out.
pub fn build(document: &Document, schema: &SchemaIndex) -> Vec<Operation> {
    let fragments: HashMap<&str, &FragmentDefinition> = document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Fragment(fragment) => Some((fragment.name.as_str(), fragment)),
            Definition::Operation(_) => None,
        })
        .collect();
    document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::Operation(operation) => one(operation, &fragments, schema),
            Definition::Fragment(_) => None,
        })
        .collect()
}

fn one(
    ast: &OperationDefinition,
    fragments: &HashMap<&str, &FragmentDefinition>,
    schema: &SchemaIndex,
) -> Option<Operation> {
    let (kind, root, name, variables, set) = match ast {
        OperationDefinition::SelectionSet(set) => (
            OperationKind::Query,
            Some(schema.query()),
            None,
            &[][..],
            set,
        ),
        OperationDefinition::Query(q) => (
            OperationKind::Query,
            Some(schema.query()),
            q.name.as_deref(),
            q.variable_definitions.as_slice(),
            &q.selection_set,
        ),
        OperationDefinition::Mutation(m) => (
            OperationKind::Mutation,
            schema.mutation(),
            m.name.as_deref(),
            m.variable_definitions.as_slice(),
            &m.selection_set,
        ),
        OperationDefinition::Subscription(s) => (
            OperationKind::Subscription,
            schema.subscription(),
            s.name.as_deref(),
            s.variable_definitions.as_slice(),
            &s.selection_set,
        ),
    };
    let root = root?;
    let variables = variables
        .iter()
        .filter_map(|definition| {
            Some(Variable {
                name: definition.name.as_str().into(),
                ty: type_ref(&definition.var_type, schema)?,
                definition: definition.clone(),
            })
        })
        .collect();
    let mut builder = Builder {
        operation: Operation {
            kind,
            name: name.map(Arc::from),
            root,
            variables,
            selections: Vec::new(),
            top: Vec::new(),
            conditions: Vec::new(),
            demands: Vec::new(),
            introspects: false,
            defers: false,
        },
        fragments,
        schema,
    };
    let top = builder.set(set, root, &[root]);
    builder.operation.top = top;
    // The specification leaves it to the server whether anything is told later; a mutation's payload and
    // an event are told whole.
    builder.operation.defers &= kind == OperationKind::Query;
    Some(builder.operation)
}

/// The type a type expression of a document names.
pub fn type_ref(ty: &Type, schema: &SchemaIndex) -> Option<TypeRef> {
    Some(match ty {
        Type::NamedType(name) => TypeRef::Named(schema.ty(name)?),
        Type::ListType(inner) => TypeRef::List(Box::new(type_ref(inner, schema)?)),
        Type::NonNullType(inner) => TypeRef::NonNull(Box::new(type_ref(inner, schema)?)),
    })
}

struct Builder<'a> {
    operation: Operation,
    fragments: &'a HashMap<&'a str, &'a FragmentDefinition>,
    schema: &'a SchemaIndex,
}

impl Builder<'_> {
    /// `reachable`: the object types that a value here can have, by the type conditions around it.
    fn set(
        &mut self,
        set: &SelectionSet,
        parent: TypeId,
        reachable: &[TypeId],
    ) -> Vec<SelectionId> {
        set.items
            .iter()
            .filter_map(|selection| self.selection(selection, parent, reachable))
            .collect()
    }

    fn selection(
        &mut self,
        ast: &Ast,
        parent: TypeId,
        reachable: &[TypeId],
    ) -> Option<SelectionId> {
        match ast {
            Ast::Field(field) => {
                let info = self.schema.field(parent, &field.name)?;
                self.operation.introspects |= matches!(&*info.name, "__schema" | "__type");
                let mut demand = self.schema.demand_within(parent, info, reachable);
                for (name, value) in &field.arguments {
                    if let Some(argument) = info.args.get(name.as_str()) {
                        demand = demand.and(&argument.demand);
                        demand = demand.and(&input_demand(value, &argument.ty, self.schema));
                    }
                }
                let what = Field {
                    key: match &field.alias {
                        Some(alias) => alias.as_str().into(),
                        None => info.name.clone(),
                    },
                    name: info.name.clone(),
                    ty: info.ty.clone(),
                    arguments: field.arguments.clone(),
                    demand: self.demand(demand),
                    position: field.position,
                };
                let base = info.ty.base();
                let when = self.when(&field.directives);
                let id = self.push(parent, when, What::Field(what));
                let inside = &self.schema.type_info(base).possible_types;
                let children = self.set(&field.selection_set, base, inside);
                self.operation.selections[id].children = children;
                Some(id)
            }
            Ast::InlineFragment(fragment) => {
                let on = match &fragment.type_condition {
                    Some(TypeCondition::On(name)) => self.schema.ty(name)?,
                    None => parent,
                };
                let inside = self.schema.narrowed(reachable, on);
                let set = &fragment.selection_set;
                self.fragment(parent, on, &fragment.directives, set, &inside)
            }
            Ast::FragmentSpread(spread) => {
                let fragment = *self.fragments.get(spread.fragment_name.as_str())?;
                let TypeCondition::On(name) = &fragment.type_condition;
                let on = self.schema.ty(name)?;
                let inside = self.schema.narrowed(reachable, on);
                let set = &fragment.selection_set;
                self.fragment(parent, on, &spread.directives, set, &inside)
            }
        }
    }

    fn fragment(
        &mut self,
        parent: TypeId,
        on: TypeId,
        directives: &[Directive],
        set: &SelectionSet,
        reachable: &[TypeId],
    ) -> Option<SelectionId> {
        let when = self.when(directives);
        let id = self.push(parent, when, What::On(on));
        let defer = self.deferred(directives);
        self.operation.defers |= defer.is_some();
        self.operation.selections[id].defer = defer;
        let children = self.set(set, on, reachable);
        self.operation.selections[id].children = children;
        Some(id)
    }

    fn push(&mut self, parent: TypeId, when: Vec<When>, what: What) -> SelectionId {
        self.operation.selections.push(Selection {
            parent,
            when,
            what,
            children: Vec::new(),
            defer: None,
        });
        self.operation.selections.len() - 1
    }

    fn demand(&mut self, demand: Demand) -> Option<usize> {
        if demand.is_none() {
            return None;
        }
        let demands = &mut self.operation.demands;
        Some(
            demands
                .iter()
                .position(|known| *known == demand)
                .unwrap_or_else(|| {
                    demands.push(demand);
                    demands.len() - 1
                }),
        )
    }

    fn when(&mut self, directives: &[Directive]) -> Vec<When> {
        let mut all = Vec::new();
        for directive in directives {
            let needed = match directive.name.as_str() {
                "skip" => false,
                "include" => true,
                _ => continue,
            };
            all.extend(self.condition(directive, needed));
        }
        all
    }

    /// The condition in a directive's `if`; nothing when it always holds.
    fn condition(&mut self, directive: &Directive, needed: bool) -> Option<When> {
        let condition = directive.arguments.iter().find(|(name, _)| name == "if");
        match condition {
            Some((_, Value::Boolean(value))) if *value == needed => None,
            Some((_, Value::Variable(name))) => {
                let operation = &mut self.operation;
                let variable = operation.variables.iter().position(|v| *v.name == **name);
                let Some(variable) = variable else {
                    return Some(When::Never);
                };
                let conditions = &mut operation.conditions;
                let condition = conditions
                    .iter()
                    .position(|c| *c == variable)
                    .unwrap_or_else(|| {
                        conditions.push(variable);
                        conditions.len() - 1
                    });
                Some(When::Variable {
                    condition,
                    is: needed,
                })
            }
            _ => Some(When::Never),
        }
    }

    /// `@defer`, unless a literal says that it does not apply.
    fn deferred(&mut self, directives: &[Directive]) -> Option<Defer> {
        let directive = directives.iter().find(|one| one.name == "defer")?;
        let argument = |name: &str| directive.arguments.iter().find(|(known, _)| known == name);
        let label = match argument("label") {
            Some((_, Value::String(label))) => Some(label.as_str().into()),
            _ => None,
        };
        let mut when = Vec::new();
        if argument("if").is_some() {
            when.extend(self.condition(directive, true));
        }
        (!when.contains(&When::Never)).then_some(Defer { label, when })
    }
}

/// What the fields of an input object written in the document demand (`@inputScopes`).
fn input_demand(value: &Value, ty: &TypeRef, schema: &SchemaIndex) -> Demand {
    match value {
        Value::List(items) => {
            let item = ty.item().unwrap_or(ty);
            items.iter().fold(Demand::default(), |all, v| {
                all.and(&input_demand(v, item, schema))
            })
        }
        Value::Object(fields) => {
            let info = schema.type_info(ty.base());
            fields.iter().fold(Demand::default(), |all, (name, value)| {
                match info.input_fields.get(name.as_str()) {
                    Some(field) => all
                        .and(&field.demand)
                        .and(&input_demand(value, &field.ty, schema)),
                    None => all,
                }
            })
        }
        _ => Demand::default(),
    }
}
