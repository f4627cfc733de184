//! The projection: a program that writes the client's answer from the slots the fetches filled.
//!
//! Compiled once per plan. Fields of one response name are merged, `@skip`/`@include` are decided,
//! and where what is selected depends on the runtime type there is one list of fields per possible
//! type. Running it ([`execute::project`](crate::execute::project)) looks up no name.
//!
//! Invariant: the order is that of the client's selection; the number of operations is bounded.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};

use super::compile::label;
use super::deferred::{Deferred, Finder, MOST_DEFERRED};
use super::layout::{LayoutId, Layouts, TYPENAME};
use super::subjects::{Hidden, Mark, may_be_personal};
use super::{PlanError, Step};
use crate::authorise::Variant;
use crate::error::write_json_string;
use crate::operation::{Field, Operation, SelectionId, What};
use crate::supergraph::{SchemaIndex, TypeId, TypeKind, TypeRef};

/// More operations than this are not compiled.
const MOST_OPERATIONS: usize = 100_000;

/// The program of a whole answer.
#[derive(Debug)]
pub struct Projection {
    /// Programs of objects, named by position.
    pub objects: Vec<ObjectProgram>,
    /// The root's.
    pub root: usize,
    /// The personal fields among the writes; none in most operations.
    pub marks: Vec<Mark>,
}

/// How an object is written.
#[derive(Debug)]
pub struct ObjectProgram {
    /// By runtime type, sorted; empty when the type does not matter.
    pub by_type: Vec<(TypeId, Vec<Write>)>,
    /// For any other type, or when the type does not matter.
    pub otherwise: Vec<Write>,
    /// The layout of the objects; none when nothing fetches them.
    pub layout: Option<LayoutId>,
}

/// Writes one field.
#[derive(Debug)]
pub struct Write {
    /// `,"key":`
    label: Box<[u8]>,
    /// The response name.
    pub key: Arc<str>,
    /// Where the value comes from.
    pub from: From,
    /// What it must be.
    pub expected: Expected,
    /// The position of its mark in [`Projection::marks`] when it is personal data.
    pub mark: Option<u32>,
}

impl Write {
    /// `"key":`, with a comma before it unless it is the first of its object.
    #[inline]
    #[must_use]
    pub fn label(&self, first: bool) -> &[u8] {
        self.label.get(usize::from(first)..).unwrap_or_default()
    }
}

/// Where a written value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum From {
    /// A slot of the object; none: nothing fetches it.
    Slot(Option<u32>),
    /// The object's type, else the slot's, else this JSON.
    Typename(Option<u32>, Option<Box<[u8]>>),
    /// Refused: null.
    Refused,
    /// The introspection answer of this position in [`Plan::introspection`](super::Plan).
    Introspection(usize),
}

/// What a value must be for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Null is excluded: it makes the parent null instead.
    pub non_null: bool,
    /// The kind.
    pub kind: Kind,
}

/// What a value must be when it is not null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A leaf.
    Leaf(Leaf),
    /// An object, written by this program.
    Object(usize),
    /// A list of such.
    List(Box<Expected>),
}

/// How a leaf is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaf {
    /// Any JSON.
    Custom,
    /// A number without fraction.
    Int,
    /// A number.
    Float,
    /// A string.
    String,
    /// True or false.
    Boolean,
    /// A string; a number is written as one.
    Id,
    /// One of the values of this type that clients may see.
    Enum(TypeId),
}

/// What is told later, with the slots on the way to its objects.
pub type OnTheWay = (Deferred, Vec<(LayoutId, u32)>);

/// The compiled projection and what was refused in it.
#[derive(Debug)]
pub struct Projected {
    /// The program.
    pub projection: Projection,
    /// Paths of refused fields, by response names.
    pub cuts: Vec<Vec<Arc<str>>>,
    /// The coordinates of those fields, each once.
    pub refused: Vec<Arc<str>>,
    /// What is told later, with the slots on the way to it; the fetches are not known here.
    pub deferred: Vec<OnTheWay>,
}

/// Compiles the projection of an operation for a variant.
///
/// # Errors
/// [`PlanError::TooLarge`] when the program would be.
pub fn compile(
    operation: &Operation,
    variant: &Variant,
    schema: &SchemaIndex,
    layouts: &mut Layouts,
    hidden: &Hidden,
) -> Result<Projected, PlanError> {
    let mut compiler = Compiler {
        operation,
        variant,
        schema,
        layouts,
        objects: Vec::new(),
        known: HashMap::new(),
        operations: 0,
        introspection: 0,
        path: Vec::new(),
        cuts: IndexSet::new(),
        refused: IndexSet::new(),
        hidden,
        marks: Vec::new(),
    };
    // The root's layout is the first that was made.
    let root = compiler.object(operation.top.clone(), operation.root, Some(0))?;
    let cuts = std::mem::take(&mut compiler.cuts).into_iter().collect();
    let deferred = compiler.deferred()?;
    Ok(Projected {
        cuts,
        deferred,
        refused: compiler.refused.into_iter().collect(),
        projection: Projection {
            objects: compiler.objects,
            root,
            marks: compiler.marks,
        },
    })
}

struct Compiler<'a> {
    operation: &'a Operation,
    variant: &'a Variant,
    schema: &'a SchemaIndex,
    layouts: &'a mut Layouts,
    objects: Vec<ObjectProgram>,
    known: HashMap<(Vec<SelectionId>, TypeId, Option<LayoutId>), usize>,
    operations: usize,
    introspection: usize,
    path: Vec<Arc<str>>,
    cuts: IndexSet<Vec<Arc<str>>>,
    refused: IndexSet<Arc<str>>,
    hidden: &'a Hidden,
    marks: Vec<Mark>,
}

impl Compiler<'_> {
    /// The programs of the deferred fragments.
    fn deferred(&mut self) -> Result<Vec<OnTheWay>, PlanError> {
        if !self.variant.in_parts {
            return Ok(Vec::new());
        }
        let mut finder = Finder::new(self.operation, self.variant, self.schema, self.layouts);
        finder.find();
        let found = finder.found;
        if found.len() > MOST_DEFERRED {
            return Err(PlanError::TooLarge);
        }
        let mut all = Vec::with_capacity(found.len());
        for found in found {
            self.path = found
                .path
                .iter()
                .filter_map(|step| match step {
                    Step::Key { name, .. } => Some(name.clone()),
                    Step::Types(_) => None,
                })
                .collect();
            let program = self.object(found.children, found.on, found.layout)?;
            let cuts = std::mem::take(&mut self.cuts).into_iter().collect();
            let deferred = Deferred {
                label: found.label,
                inside: found.inside,
                path: found.path,
                program,
                cuts,
                fetches: Vec::new(),
            };
            all.push((deferred, found.way));
        }
        Ok(all)
    }

    /// The program for objects of a static type with these selections.
    fn object(
        &mut self,
        ids: Vec<SelectionId>,
        ty: TypeId,
        layout: Option<LayoutId>,
    ) -> Result<usize, PlanError> {
        let layout = layout.map(|id| self.layouts.find(id));
        let key = (ids, ty, layout);
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let (ids, ..) = &key;
        let info = self.schema.type_info(ty);
        let mut by_type = Vec::new();
        if info.kind.is_abstract() && self.depends_on_type(ids, ty) {
            for object in &info.possible_types {
                by_type.push((*object, self.writes(ids, *object, layout)?));
            }
        }
        let otherwise = self.writes(ids, ty, layout)?;
        self.objects.push(ObjectProgram {
            by_type,
            otherwise,
            layout,
        });
        let program = self.objects.len() - 1;
        self.known.insert(key, program);
        Ok(program)
    }

    /// Whether a fragment among the selections applies to some values of the type only, or a field is
    /// personal data of some.
    fn depends_on_type(&self, ids: &[SelectionId], ty: TypeId) -> bool {
        ids.iter().any(|id| {
            let selection = &self.operation.selections[*id];
            match selection.what {
                What::Field(ref field) => may_be_personal(self.schema, ty, &field.name),
                What::On(on) => {
                    self.variant.includes(selection)
                        && (!self.schema.is_subtype(ty, on)
                            || self.depends_on_type(&selection.children, ty))
                }
            }
        })
    }

    /// The fields selected on a value of this type, merged by response name.
    fn collect(
        &self,
        ids: &[SelectionId],
        ty: TypeId,
        fields: &mut IndexMap<Arc<str>, Vec<SelectionId>>,
    ) {
        for &id in ids {
            let selection = &self.operation.selections[id];
            if !self.variant.includes(selection) {
                continue;
            }
            match &selection.what {
                What::Field(field) => fields.entry(field.key.clone()).or_default().push(id),
                // What is deferred is told by a program of its own.
                What::On(_) if self.variant.defers(selection).is_some() => {}
                What::On(on) if self.schema.is_subtype(ty, *on) => {
                    self.collect(&selection.children, ty, fields);
                }
                What::On(_) => {}
            }
        }
    }

    fn writes(
        &mut self,
        ids: &[SelectionId],
        ty: TypeId,
        layout: Option<LayoutId>,
    ) -> Result<Vec<Write>, PlanError> {
        let mut fields = IndexMap::new();
        self.collect(ids, ty, &mut fields);
        self.operations += fields.len();
        if self.operations > MOST_OPERATIONS {
            return Err(PlanError::TooLarge);
        }
        let root = self.path.is_empty();
        let mut writes = Vec::with_capacity(fields.len());
        for (key, group) in fields {
            let What::Field(field) = &self.operation.selections[group[0]].what else {
                continue;
            };
            // The object's own field may exclude null where the interface's does not.
            let declared = match self.schema.field(ty, &field.name) {
                Some(info) => info.ty.clone(),
                None => field.ty.clone(),
            };
            self.path.push(key.clone());
            let kept = self.kept(layout, &key, field);
            let slot = layout.and_then(|id| self.layouts.slot(id, kept));
            let (from, expected) = if group
                .iter()
                .any(|id| self.variant.cuts(&self.operation.selections[*id]))
            {
                self.cuts.insert(self.path.clone());
                let parent = &self.schema.type_info(ty).name;
                self.refused
                    .insert(format!("{parent}.{}", field.name).into());
                (From::Refused, self.leaf(&declared))
            } else if &*field.name == "__typename" {
                let info = self.schema.type_info(ty);
                let name = (info.kind == TypeKind::Object || root).then(|| json(&info.name));
                (
                    From::Typename(slot.filter(|s| *s != TYPENAME), name),
                    self.leaf(&declared),
                )
            } else if root && matches!(&*field.name, "__schema" | "__type") {
                self.introspection += 1;
                (
                    From::Introspection(self.introspection - 1),
                    self.leaf(&declared),
                )
            } else {
                let mut children = Vec::new();
                for id in &group {
                    children.extend(&self.operation.selections[*id].children);
                }
                let child = layout.and_then(|id| self.layouts.child_of(id, kept));
                (From::Slot(slot), self.expected(&declared, children, child)?)
            };
            self.path.pop();
            let mark = match from {
                From::Slot(_) => self.mark(ty, &field.name, layout),
                _ => None,
            };
            writes.push(Write {
                label: [b",", &*label(&key)].concat().into(),
                key,
                from,
                expected,
                mark,
            });
        }
        Ok(writes)
    }

    /// The name under which a field's values are kept: its response name, or its own where the planner took
    /// what it had asked for anyway (a key) for the same field under another name.
    fn kept<'f>(&self, layout: Option<LayoutId>, key: &'f str, field: &'f Field) -> &'f str {
        let known = |name: &str| layout.is_some_and(|id| self.layouts.slot(id, name).is_some());
        let plain = field.arguments.is_empty() && self.hidden.is_plain(&field.name);
        match !known(key) && plain && known(&field.name) {
            true => &field.name,
            false => key,
        }
    }

    /// The position of a field's mark, if it is personal data.
    fn mark(&mut self, ty: TypeId, field: &str, layout: Option<LayoutId>) -> Option<u32> {
        let mark = self
            .hidden
            .mark(self.schema, ty, field, layout, self.layouts)?;
        let known = self.marks.iter().position(|known| *known == mark);
        let at = known.unwrap_or_else(|| {
            self.marks.push(mark);
            self.marks.len() - 1
        });
        u32::try_from(at).ok()
    }

    fn expected(
        &mut self,
        ty: &TypeRef,
        children: Vec<SelectionId>,
        layout: Option<LayoutId>,
    ) -> Result<Expected, PlanError> {
        let kind = match ty.nullable() {
            TypeRef::List(item) => Kind::List(Box::new(self.expected(item, children, layout)?)),
            named => {
                let id = named.base();
                if self.schema.type_info(id).kind.is_composite() {
                    Kind::Object(self.object(children, id, layout)?)
                } else {
                    Kind::Leaf(self.leaf_of(id))
                }
            }
        };
        Ok(Expected {
            non_null: ty.is_non_null(),
            kind,
        })
    }

    /// What a value must be whose inside is not looked at.
    fn leaf(&self, ty: &TypeRef) -> Expected {
        Expected {
            non_null: ty.is_non_null(),
            kind: Kind::Leaf(Leaf::Custom),
        }
    }

    fn leaf_of(&self, id: TypeId) -> Leaf {
        let info = self.schema.type_info(id);
        match (info.kind, &*info.name) {
            (TypeKind::Enum, _) => Leaf::Enum(id),
            (_, "Int") => Leaf::Int,
            (_, "Float") => Leaf::Float,
            (_, "String") => Leaf::String,
            (_, "Boolean") => Leaf::Boolean,
            (_, "ID") => Leaf::Id,
            _ => Leaf::Custom,
        }
    }
}

fn json(name: &str) -> Box<[u8]> {
    let mut out = Vec::with_capacity(name.len() + 2);
    write_json_string(&mut out, name);
    out.into()
}
