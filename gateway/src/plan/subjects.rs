//! Whom a personal field concerns: selections added to the fetches, read by the projection, never
//! written to the client.
//!
//! A personal field names the way from its parent to the person ([`Personal`]). The planner's input gets
//! that selection beside the field, under names that the operation does not use ([`Hidden`]), unless the
//! client selects the very same field anyway. The projection knows for each personal value it writes
//! in which slots the ids stand ([`Mark`]), so that a request only notes what it really disclosed.

use std::collections::HashSet;
use std::sync::Arc;

use graphql_tools::parser::Pos;
use graphql_tools::static_graphql::query::{
    Field as AstField, InlineFragment, Selection as Ast, SelectionSet, TypeCondition,
};

use super::layout::{LayoutId, Layouts};
use crate::operation::{Operation, What};
use crate::supergraph::{Personal, SchemaIndex, SubjectField, TypeId};

/// Response names for selections that the client does not see.
#[derive(Debug)]
pub struct Hidden {
    /// What they begin with; no response name of the operation does.
    pub prefix: Arc<str>,
    /// Response names under which the operation asks for another field, or with arguments.
    taken: HashSet<Arc<str>>,
}

impl Hidden {
    /// Names that are free in an operation.
    #[must_use]
    pub fn of(operation: &Operation) -> Self {
        let mut prefix = "mz_".to_owned();
        let mut taken = HashSet::new();
        let fields = || {
            operation
                .selections
                .iter()
                .filter_map(|selection| match &selection.what {
                    What::Field(field) => Some(field),
                    What::On(_) => None,
                })
        };
        while fields().any(|field| field.key.starts_with(&prefix)) {
            prefix.push('_');
        }
        for field in fields() {
            if field.key != field.name || !field.arguments.is_empty() {
                taken.insert(field.key.clone());
            }
        }
        Self {
            prefix: prefix.into(),
            taken,
        }
    }

    /// The hidden name of a field.
    fn alias(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Whether a plain selection of this name, wherever it stands, is of this field.
    pub(super) fn is_plain(&self, name: &str) -> bool {
        !self.taken.contains(name)
    }

    /// Adds to the selections beside a personal field whatever leads to its subjects.
    pub(super) fn add(
        &self,
        schema: &SchemaIndex,
        parent: TypeId,
        field: &str,
        items: &mut Vec<Ast>,
    ) {
        for (on, personal) in marks_of(schema, parent, field) {
            if on == parent {
                self.select(&personal.path, items);
                continue;
            }
            let mut inside = Vec::new();
            self.select(&personal.path, &mut inside);
            let position = Pos::default();
            items.push(Ast::InlineFragment(InlineFragment {
                position,
                type_condition: Some(TypeCondition::On(schema.type_info(on).name.to_string())),
                directives: Vec::new(),
                selection_set: SelectionSet {
                    span: (position, position),
                    items: inside,
                },
            }));
        }
    }

    fn select(&self, path: &[SubjectField], items: &mut Vec<Ast>) {
        for step in path {
            let alias = self.alias(&step.name);
            let plain = self.is_plain(&step.name);
            let known = items.iter_mut().find_map(|item| match item {
                Ast::Field(field)
                    if *field.name == *step.name
                        && match &field.alias {
                            Some(known) => *known == alias,
                            None => plain,
                        } =>
                {
                    Some(field)
                }
                _ => None,
            });
            match known {
                Some(field) => self.select(&step.inside, &mut field.selection_set.items),
                None => {
                    let mut inside = Vec::new();
                    self.select(&step.inside, &mut inside);
                    let position = Pos::default();
                    items.push(Ast::Field(AstField {
                        position,
                        alias: Some(alias),
                        name: step.name.to_string(),
                        arguments: Vec::new(),
                        directives: Vec::new(),
                        selection_set: SelectionSet {
                            span: (position, position),
                            items: inside,
                        },
                    }));
                }
            }
        }
    }

    /// Where the ids of a subject stand in objects of a layout.
    fn slots(
        &self,
        path: &[SubjectField],
        layout: Option<LayoutId>,
        layouts: &Layouts,
    ) -> Vec<SubjectSlot> {
        let Some(layout) = layout else {
            return Vec::new();
        };
        let mut slots = Vec::new();
        for step in path {
            let plain = self.is_plain(&step.name).then(|| step.name.to_string());
            for key in plain.into_iter().chain([self.alias(&step.name)]) {
                if let Some(slot) = layouts.slot(layout, &key) {
                    let child = layouts.child_of(layout, &key);
                    slots.push(SubjectSlot {
                        slot,
                        inside: self.slots(&step.inside, child, layouts),
                    });
                }
            }
        }
        slots
    }

    /// The mark of a field on a type; nothing when it carries no personal data. Where the type is
    /// abstract and a value does not say which it is, all possible marks count as one.
    pub(super) fn mark(
        &self,
        schema: &SchemaIndex,
        ty: TypeId,
        field: &str,
        layout: Option<LayoutId>,
        layouts: &Layouts,
    ) -> Option<Mark> {
        let marks = marks_of(schema, ty, field);
        let (on, _) = marks.first()?;
        let mut subject = Vec::new();
        for (_, personal) in &marks {
            for slot in self.slots(&personal.path, layout, layouts) {
                if !subject.contains(&slot) {
                    subject.push(slot);
                }
            }
        }
        Some(Mark {
            coordinate: format!("{}.{field}", schema.type_info(*on).name).into(),
            reveal: marks.iter().any(|(_, personal)| personal.is_reveal()),
            told: marks.iter().any(|(_, personal)| personal.is_told()),
            subject,
        })
    }
}

/// The personal marks that a field may turn out to have: its own, or those of the possible types.
fn marks_of<'a>(
    schema: &'a SchemaIndex,
    parent: TypeId,
    field: &str,
) -> Vec<(TypeId, &'a Personal)> {
    let info = schema.type_info(parent);
    let of = |ty: TypeId| Some((ty, schema.field(ty, field)?.personal.as_ref()?));
    let mut marks: Vec<_> = of(parent).into_iter().collect();
    if info.kind.is_abstract() {
        marks.extend(info.possible_types.iter().filter_map(|ty| of(*ty)));
    }
    marks
}

/// Whether a field carries personal data on some possible type of an abstract one.
pub(super) fn may_be_personal(schema: &SchemaIndex, ty: TypeId, field: &str) -> bool {
    !marks_of(schema, ty, field).is_empty()
}

/// A personal field of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// `Type.field`.
    pub coordinate: Arc<str>,
    /// Whether it shows a full value.
    pub reveal: bool,
    /// Whether the subgraph tells the persons beside its answer.
    pub told: bool,
    /// Where the ids of the persons stand, from the field's parent.
    pub subject: Vec<SubjectSlot>,
}

/// A step towards a person, as a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectSlot {
    /// The slot.
    pub slot: u32,
    /// The steps inside; empty at an id.
    pub inside: Vec<SubjectSlot>,
}
