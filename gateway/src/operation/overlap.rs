//! *Field Selection Merging* (specification 5.3.2), in bounded time.
//!
//! The textbook rule compares every pair of fields and takes quadratic time and worse. Here fields
//! are grouped by response name, and a group is checked against its first member only, which is
//! enough because "same shape" and "same name and arguments" are equivalences:
//!
//! - *shape*: all fields of one response name at one place of the answer, whatever their parent
//!   types, must have types of one shape, down to the leaves;
//! - *identity*: fields whose parents can be one object (the same object type, or any abstract
//!   type) must also be the same field with the same arguments, down to the leaves.
//!
//! Merged sets are remembered, and the work is counted: beyond the budget the document is refused as
//! too large rather than half-checked.

use std::collections::{HashMap, HashSet};

use graphql_tools::static_graphql::query::Value;

use super::select::{Field, Operation, SelectionId, What};
use crate::supergraph::{SchemaIndex, TypeId, TypeKind, TypeRef};

/// Two fields that cannot be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// The field seen first.
    pub one: SelectionId,
    /// The field that contradicts it.
    pub other: SelectionId,
    /// How they differ.
    pub reason: Reason,
}

/// Why two fields of one response name cannot be merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Different fields.
    Fields,
    /// The same field with different arguments.
    Arguments,
    /// Types of different shape.
    Types,
}

/// The check would take more work than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMuchWork;

/// Every conflict of an operation, each pair once.
///
/// # Errors
/// [`TooMuchWork`] when `budget` steps do not suffice.
pub fn conflicts(
    operation: &Operation,
    schema: &SchemaIndex,
    budget: usize,
) -> Result<Vec<Conflict>, TooMuchWork> {
    let mut check = Check {
        operation,
        schema,
        budget,
        found: Vec::new(),
        shapes: HashSet::new(),
        identities: HashSet::new(),
    };
    let top = check.fields(&operation.top)?;
    check.shape(&top)?;
    check.identity(&top)?;
    Ok(check.found)
}

struct Check<'a> {
    operation: &'a Operation,
    schema: &'a SchemaIndex,
    budget: usize,
    found: Vec<Conflict>,
    /// Merged sets already checked, by the fields they hold.
    shapes: HashSet<Vec<SelectionId>>,
    identities: HashSet<Vec<SelectionId>>,
}

impl<'a> Check<'a> {
    fn spend(&mut self, steps: usize) -> Result<(), TooMuchWork> {
        self.budget = self.budget.checked_sub(steps).ok_or(TooMuchWork)?;
        Ok(())
    }

    fn field(&self, id: SelectionId) -> Option<(&'a Field, TypeId)> {
        let selection = &self.operation.selections[id];
        match &selection.what {
            What::Field(field) => Some((field, selection.parent)),
            What::On(_) => None,
        }
    }

    /// The fields of a selection set, through inline fragments, in order.
    fn fields(&mut self, set: &[SelectionId]) -> Result<Vec<SelectionId>, TooMuchWork> {
        let mut fields = Vec::with_capacity(set.len());
        let mut pending: Vec<SelectionId> = set.iter().rev().copied().collect();
        while let Some(id) = pending.pop() {
            self.spend(1)?;
            let selection = &self.operation.selections[id];
            match selection.what {
                What::Field(_) => fields.push(id),
                What::On(_) => pending.extend(selection.children.iter().rev()),
            }
        }
        Ok(fields)
    }

    fn groups(&self, fields: &[SelectionId]) -> Vec<Vec<SelectionId>> {
        let mut by_key: HashMap<&str, usize> = HashMap::new();
        let mut groups: Vec<Vec<SelectionId>> = Vec::new();
        for &id in fields {
            if let Some((field, _)) = self.field(id) {
                let group = *by_key.entry(&field.key).or_insert_with(|| {
                    groups.push(Vec::new());
                    groups.len() - 1
                });
                groups[group].push(id);
            }
        }
        groups
    }

    fn children(&mut self, group: &[SelectionId]) -> Result<Vec<SelectionId>, TooMuchWork> {
        let mut all = Vec::new();
        for &id in group {
            let set = &self.operation.selections[id].children;
            all.extend(self.fields(set)?);
        }
        Ok(all)
    }

    fn shape(&mut self, fields: &[SelectionId]) -> Result<(), TooMuchWork> {
        self.spend(fields.len())?;
        for group in self.groups(fields) {
            let Some((first, _)) = self.field(group[0]) else {
                continue;
            };
            for &id in &group[1..] {
                if let Some((other, _)) = self.field(id)
                    && !same_shape(&first.ty, &other.ty, self.schema)
                {
                    self.report(group[0], id, Reason::Types);
                }
            }
            if self.shapes.insert(group.clone()) {
                let children = self.children(&group)?;
                if !children.is_empty() {
                    self.shape(&children)?;
                }
            }
        }
        Ok(())
    }

    fn identity(&mut self, fields: &[SelectionId]) -> Result<(), TooMuchWork> {
        self.spend(fields.len())?;
        for group in self.groups(fields) {
            for part in self.by_parent(&group) {
                self.spend(part.len())?;
                let Some((first, _)) = self.field(part[0]) else {
                    continue;
                };
                for &id in &part[1..] {
                    let Some((other, _)) = self.field(id) else {
                        continue;
                    };
                    if first.name != other.name {
                        self.report(part[0], id, Reason::Fields);
                    } else if !same_arguments(&first.arguments, &other.arguments) {
                        self.report(part[0], id, Reason::Arguments);
                    }
                }
                if self.identities.insert(part.clone()) {
                    let children = self.children(&part)?;
                    if !children.is_empty() {
                        self.identity(&children)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Splits a group so that each part holds what may be selected on one object: one part per object
    /// type among the parents, each with all fields on abstract parents.
    fn by_parent(&self, group: &[SelectionId]) -> Vec<Vec<SelectionId>> {
        let parent = |id: SelectionId| self.operation.selections[id].parent;
        let concrete = |id: SelectionId| self.schema.type_info(parent(id)).kind == TypeKind::Object;
        let mut objects: Vec<TypeId> = group
            .iter()
            .copied()
            .filter(|id| concrete(*id))
            .map(parent)
            .collect();
        objects.sort_unstable();
        objects.dedup();
        if objects.len() <= 1 {
            return vec![group.to_vec()];
        }
        objects
            .into_iter()
            .map(|object| {
                let here = |id: &SelectionId| !concrete(*id) || parent(*id) == object;
                group.iter().copied().filter(here).collect()
            })
            .collect()
    }

    fn report(&mut self, one: SelectionId, other: SelectionId, reason: Reason) {
        let conflict = Conflict { one, other, reason };
        if self.found.len() < 20 && !self.found.contains(&conflict) {
            self.found.push(conflict);
        }
    }
}

fn same_shape(one: &TypeRef, other: &TypeRef, schema: &SchemaIndex) -> bool {
    match (one, other) {
        (TypeRef::NonNull(a), TypeRef::NonNull(b)) | (TypeRef::List(a), TypeRef::List(b)) => {
            same_shape(a, b, schema)
        }
        (TypeRef::Named(a), TypeRef::Named(b)) => {
            let composite = |id: TypeId| schema.type_info(id).kind.is_composite();
            a == b || (composite(*a) && composite(*b))
        }
        _ => false,
    }
}

fn same_arguments(one: &[(String, Value)], other: &[(String, Value)]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .all(|(name, value)| other.iter().any(|(n, v)| n == name && v == value))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#[path = "overlap_tests.rs"]
mod tests;
