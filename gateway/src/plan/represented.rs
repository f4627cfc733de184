//! The part of compilation that is about entities: which objects are represented, by what.
//!
//! Paths become slots and sets of types, the fields a subgraph requires become a template to be filled
//! from slots; what is read on the way is noted, so that the fetch waits for whoever writes it.

use std::collections::BTreeSet;

use super::compile::{Compiler, json, label, renames_of};
use super::graph::{EntitySet, Output, PathStep};
use super::layout::{LayoutId, TYPENAME};
use super::{Expect, Input, PlanError, Set, ShapeField, Step, Target, Template, TemplateField};
use crate::supergraph::TypeId;

impl Compiler<'_> {
    pub(super) fn entities(
        &mut self,
        sets: &[EntitySet],
        outputs: &[LayoutId],
    ) -> Result<(usize, Target), PlanError> {
        let data = self.layouts.create();
        let mut shape_fields = Vec::new();
        let mut inputs: Vec<Input> = Vec::new();
        let mut planned = Vec::new();
        let mut by_variable: Vec<&str> = Vec::new();
        for (set, &layout) in sets.iter().zip(outputs) {
            let all: Vec<&Output> = set.output.iter().collect();
            let shape = self.shape(&all, layout, &renames_of(&set.renames))?;
            self.layouts.key(data, &set.alias);
            let slot = self.layouts.slot(data, &set.alias).unwrap_or(TYPENAME);
            shape_fields.push(ShapeField::new(&set.alias, slot, Expect::Object(shape)));
            let input = by_variable.iter().position(|known| *known == set.variable);
            let input = match input {
                Some(input) => input,
                None => {
                    by_variable.push(&set.variable);
                    let paths = set.paths.iter().map(|path| self.path(path)).collect();
                    self.read((self.layouts.find(layout), TYPENAME));
                    let template = self.template(&set.requires, layout)?;
                    let typenames = set
                        .typenames
                        .iter()
                        .map(|(types, name)| Ok((self.types(types), json(name))))
                        .collect::<Result<_, PlanError>>()?;
                    inputs.push(Input {
                        label: label(&set.variable),
                        paths,
                        template,
                        typenames,
                    });
                    inputs.len() - 1
                }
            };
            planned.push(Set {
                alias: set.alias.as_str().into(),
                slot,
                input,
                shape,
                copies: false,
            });
        }
        let shape = self.add_shape(self.layouts.find(data), shape_fields);
        Ok((
            shape,
            Target::Entities {
                inputs,
                sets: planned,
            },
        ))
    }

    pub(super) fn path(&mut self, path: &[PathStep]) -> Vec<Step> {
        let mut at = self.layouts.find(self.root);
        let mut steps = Vec::with_capacity(path.len());
        for step in path {
            match step {
                PathStep::Key(key) => {
                    let slot = self.layouts.slot(at, key).unwrap_or(TYPENAME);
                    self.read((at, slot));
                    steps.push(Step::Key {
                        slot,
                        name: key.as_str().into(),
                    });
                    at = self.layouts.child_of(at, key).unwrap_or(at);
                }
                PathStep::Types(types) => {
                    self.read((at, TYPENAME));
                    if let Some(typed) = self.typed.last_mut() {
                        typed.insert(at);
                    }
                    steps.push(Step::Types(self.types(types)));
                }
            }
        }
        steps
    }

    /// All types whose values are values of one of the named types.
    fn types(&self, names: &[String]) -> Box<[TypeId]> {
        let mut ids = BTreeSet::new();
        for id in names.iter().filter_map(|name| self.schema.ty(name)) {
            ids.insert(id);
            ids.extend(self.schema.type_info(id).possible_types.iter().copied());
        }
        ids.into_iter().collect()
    }

    fn template(&mut self, requires: &[Output], at: LayoutId) -> Result<Template, PlanError> {
        let mut template = Template::default();
        let mut known: Vec<String> = Vec::new();
        self.template_fields(requires, at, None, &mut known, &mut template)?;
        Ok(template)
    }

    fn template_fields(
        &mut self,
        requires: &[Output],
        at: LayoutId,
        types: Option<&[TypeId]>,
        known: &mut Vec<String>,
        template: &mut Template,
    ) -> Result<(), PlanError> {
        for output in requires {
            match output {
                Output::Field {
                    key,
                    name,
                    children,
                    ..
                } => {
                    // An aliased input is kept under its own name, or else under the alias.
                    let kept = [name, key]
                        .into_iter()
                        .find(|n| self.layouts.slot(at, n).is_some());
                    let slot = kept.and_then(|n| self.layouts.slot(at, n));
                    if let Some(slot) = slot {
                        self.read((self.layouts.find(at), slot));
                    }
                    let inside = match kept.and_then(|n| self.layouts.child_of(at, n)) {
                        Some(child) if !children.is_empty() => {
                            Some(self.template(children, child)?)
                        }
                        _ => None,
                    };
                    let position = known.iter().position(|k| k == key).unwrap_or_else(|| {
                        known.push(key.clone());
                        known.len() - 1
                    });
                    template.fields.push(TemplateField {
                        types: types.map(Box::from),
                        label: label(key),
                        key: u32::try_from(position).map_err(|_| PlanError::TooLarge)?,
                        slot,
                        typename: name == "__typename",
                        inside,
                    });
                }
                Output::On {
                    condition,
                    children,
                } => {
                    self.read((self.layouts.find(at), TYPENAME));
                    let types = self.types(std::slice::from_ref(condition));
                    self.template_fields(children, at, Some(&types), known, template)?;
                }
            }
        }
        Ok(())
    }
}
