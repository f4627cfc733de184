//! The planner's input: the part of an operation that has to be fetched.
//!
//! Refused and skipped selections are left out, and so are introspection and the root's
//! `__typename`, which the gateway answers itself. A mutation becomes one operation per root field, so
//! that they can be run in series whatever the planner thinks of order. An operation of which nothing
//! has to be fetched becomes none. Beside each personal field stands what leads to its subjects.

use std::sync::Arc;

use graphql_tools::parser::Pos;
use graphql_tools::static_graphql::query::{
    Field as AstField, InlineFragment, Mutation, OperationDefinition, Query, Selection as Ast,
    SelectionSet, Subscription, TypeCondition, VariableDefinition,
};
use indexmap::IndexMap;

use super::subjects::Hidden;
use crate::authorise::Variant;
use crate::operation::{Field, Operation, OperationKind, SelectionId, What};
use crate::supergraph::SchemaIndex;

/// What is to be planned, and what is not.
#[derive(Debug, Default)]
pub struct Input {
    /// Operations to plan: none, one, or one per root field of a mutation and one per fragment that is
    /// deferred at the root of a query, so that it does not hold up the rest.
    pub operations: Vec<OperationDefinition>,
    /// `__schema` and `__type` at the root, one per response name.
    pub introspection: Vec<AstField>,
}

/// Prepares an operation for the planner.
#[must_use]
pub fn input(
    operation: &Operation,
    variant: &Variant,
    schema: &SchemaIndex,
    hidden: &Hidden,
) -> Input {
    let writer = Writer {
        operation,
        variant,
        schema,
        hidden,
    };
    // By response name, with the deferred fragment that alone asks for it.
    let mut fields: IndexMap<Arc<str>, (Option<SelectionId>, Vec<Ast>)> = IndexMap::new();
    let mut introspection: IndexMap<Arc<str>, AstField> = IndexMap::new();
    for (id, deferred) in writer.root_fields(&operation.top) {
        let selection = &operation.selections[id];
        let What::Field(field) = &selection.what else {
            continue;
        };
        match &*field.name {
            "__typename" => {}
            "__schema" | "__type" => {
                let ast = writer.field(field, &selection.children);
                match introspection.get_mut(&field.key) {
                    Some(known) => known.selection_set.items.extend(ast.selection_set.items),
                    None => {
                        introspection.insert(field.key.clone(), ast);
                    }
                }
            }
            _ if variant.cuts(selection) => {}
            _ => {
                let (of, items) = fields
                    .entry(field.key.clone())
                    .or_insert((deferred, Vec::new()));
                // Asked for by several, it is asked once, with the first answer.
                if *of != deferred {
                    *of = None;
                }
                items.push(Ast::Field(writer.field(field, &selection.children)));
            }
        }
    }
    let operations = if operation.kind == OperationKind::Mutation {
        fields
            .into_values()
            .map(|(_, items)| writer.operation(items))
            .collect()
    } else {
        let mut groups: IndexMap<Option<SelectionId>, Vec<Ast>> = IndexMap::new();
        for (deferred, items) in fields.into_values() {
            groups.entry(deferred).or_default().extend(items);
        }
        groups
            .into_values()
            .map(|items| writer.operation(items))
            .collect()
    };
    Input {
        operations,
        introspection: introspection.into_values().collect(),
    }
}

struct Writer<'a> {
    operation: &'a Operation,
    variant: &'a Variant,
    schema: &'a SchemaIndex,
    hidden: &'a Hidden,
}

impl Writer<'_> {
    /// The included fields of the root, through fragments, in order, with the outermost deferred fragment
    /// that each stands in.
    fn root_fields(&self, ids: &[SelectionId]) -> Vec<(SelectionId, Option<SelectionId>)> {
        let mut fields = Vec::new();
        let mut pending: Vec<_> = ids.iter().rev().map(|id| (*id, None)).collect();
        while let Some((id, around)) = pending.pop() {
            let selection = &self.operation.selections[id];
            if !self.variant.includes(selection) {
                continue;
            }
            match selection.what {
                What::Field(_) => fields.push((id, around)),
                What::On(_) => {
                    let deferred = self.variant.defers(selection).map(|_| id);
                    let around = around.or(deferred);
                    pending.extend(selection.children.iter().rev().map(|id| (*id, around)));
                }
            }
        }
        fields
    }

    fn operation(&self, items: Vec<Ast>) -> OperationDefinition {
        let position = Pos::default();
        let selection_set = SelectionSet {
            span: (position, position),
            items,
        };
        let variable_definitions: Vec<VariableDefinition> = self
            .operation
            .variables
            .iter()
            .map(|v| v.definition.clone())
            .collect();
        let directives = Vec::new();
        match self.operation.kind {
            OperationKind::Mutation => OperationDefinition::Mutation(Mutation {
                position,
                name: None,
                variable_definitions,
                directives,
                selection_set,
            }),
            OperationKind::Subscription => OperationDefinition::Subscription(Subscription {
                position,
                name: None,
                variable_definitions,
                directives,
                selection_set,
            }),
            OperationKind::Query => OperationDefinition::Query(Query {
                position,
                name: None,
                variable_definitions,
                directives,
                selection_set,
            }),
        }
    }

    fn field(&self, field: &Field, children: &[SelectionId]) -> AstField {
        let base = self.schema.type_info(field.ty.base());
        let mut items = self.set(children);
        // An object of which nothing is left is still asked for: it may be null. Where its type may be a
        // hidden one it has to be known. Where only fragments depend on it the planner asks itself; to
        // ask here would count as a selection, and can forbid the only subgraph that has all the rest.
        let ask = base.kind.is_composite()
            && (items.is_empty() || (base.kind.is_abstract() && base.hides_some(self.schema)));
        if ask && !items.iter().any(is_typename) {
            items.insert(0, Ast::Field(typename(field.position)));
        }
        AstField {
            position: field.position,
            alias: (field.key != field.name).then(|| field.key.to_string()),
            name: field.name.to_string(),
            arguments: field.arguments.clone(),
            directives: Vec::new(),
            selection_set: SelectionSet {
                span: (field.position, field.position),
                items,
            },
        }
    }

    fn set(&self, ids: &[SelectionId]) -> Vec<Ast> {
        let mut items = Vec::with_capacity(ids.len());
        let mut personal = Vec::new();
        for &id in ids {
            let selection = &self.operation.selections[id];
            if !self.variant.includes(selection) || self.variant.cuts(selection) {
                continue;
            }
            match &selection.what {
                What::Field(field) => {
                    items.push(Ast::Field(self.field(field, &selection.children)));
                    personal.push((selection.parent, &field.name));
                }
                What::On(on) => {
                    let inside = self.set(&selection.children);
                    if inside.is_empty() {
                        continue;
                    }
                    let position = Pos::default();
                    items.push(Ast::InlineFragment(InlineFragment {
                        position,
                        type_condition: Some(TypeCondition::On(
                            self.schema.type_info(*on).name.to_string(),
                        )),
                        directives: Vec::new(),
                        selection_set: SelectionSet {
                            span: (position, position),
                            items: inside,
                        },
                    }));
                }
            }
        }
        // After the client's own selections, so that theirs are used where they serve.
        for (parent, field) in personal {
            self.hidden.add(self.schema, parent, field, &mut items);
        }
        items
    }
}

fn is_typename(item: &Ast) -> bool {
    matches!(item, Ast::Field(field) if field.name == "__typename" && field.alias.is_none())
}

fn typename(position: Pos) -> AstField {
    AstField {
        position,
        alias: None,
        name: "__typename".to_owned(),
        arguments: Vec::new(),
        directives: Vec::new(),
        selection_set: SelectionSet {
            span: (position, position),
            items: Vec::new(),
        },
    }
}
