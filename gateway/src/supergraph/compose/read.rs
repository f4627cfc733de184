//! From a subgraph's SDL to the composer's model of it.

use graphql_tools::parser::schema::TypeExtension;
use graphql_tools::static_graphql::query::SelectionSet;
use graphql_tools::static_graphql::schema::{
    Definition, Directive, Document, Field, InputValue, Type, TypeDefinition,
};

use super::super::sdl;
use super::SubgraphSdl;
use super::error::Errors;
use super::field_set;
use super::links::{Links, Marks};
use super::model::{FieldDef, Key, Kind, Ordered, Override, Subgraph, TypeDef};

/// Reads one subgraph. What is wrong goes into `errors`; `None` when nothing can be made of it.
pub(super) fn read(input: &SubgraphSdl, graph: String, errors: &mut Errors) -> Option<Subgraph> {
    let document = match sdl::parse(&input.sdl) {
        Ok(document) => document,
        Err(reason) => {
            let words = format!("The schema of {} cannot be parsed: {reason}.", input.name);
            errors.in_subgraph(&input.name, "INVALID_GRAPHQL", "", words);
            return None;
        }
    };
    let links = Links::read(&document, &input.name, errors)?;
    let mut reader = Reader {
        subgraph: &input.name,
        links: &links,
        renamed: renamed_roots(&document),
        errors,
        types: Ordered::default(),
    };
    for definition in &document.definitions {
        match definition {
            Definition::TypeDefinition(ty) => reader.definition(ty),
            Definition::TypeExtension(ty) => reader.extension(ty),
            Definition::SchemaDefinition(_) | Definition::DirectiveDefinition(_) => {}
        }
    }
    let types = reader.types;
    let carried = document
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            Definition::DirectiveDefinition(d) if links.is_carried(&d.name) => {
                Some((d.name.clone(), d.clone()))
            }
            _ => None,
        })
        .collect();
    Some(Subgraph {
        name: input.name.clone(),
        graph,
        url: input.url.clone(),
        types,
        carried,
        links: links.carried_links(),
        key_fields: Default::default(),
        used_fields: Default::default(),
    })
}

/// Root types under other names than the supergraph's: (local, common).
fn renamed_roots(document: &Document) -> Vec<(String, &'static str)> {
    let mut renamed = Vec::new();
    for definition in &document.definitions {
        if let Definition::SchemaDefinition(schema) = definition {
            let roots = [&schema.query, &schema.mutation, &schema.subscription];
            for (local, common) in roots.into_iter().zip(super::model::ROOTS) {
                if let Some(local) = local
                    && local != common
                {
                    renamed.push((local.clone(), common));
                }
            }
        }
    }
    renamed
}

struct Reader<'a> {
    subgraph: &'a str,
    links: &'a Links,
    renamed: Vec<(String, &'static str)>,
    errors: &'a mut Errors,
    types: Ordered<TypeDef>,
}

impl Reader<'_> {
    fn name(&self, local: &str) -> String {
        let renamed = self.renamed.iter().find(|(name, _)| name == local);
        renamed.map_or(local, |(_, common)| common).to_owned()
    }

    fn ty(&self, ty: &Type) -> Type {
        match ty {
            Type::NamedType(name) => Type::NamedType(self.name(name)),
            Type::ListType(inner) => Type::ListType(Box::new(self.ty(inner))),
            Type::NonNullType(inner) => Type::NonNullType(Box::new(self.ty(inner))),
        }
    }

    fn marks(&mut self, directives: &[Directive], coordinate: &str) -> Marks {
        let marks = self.links.sort(directives);
        for name in &marks.unknown {
            let words = format!(
                "{coordinate} carries @{name}, which is neither defined by the subgraph {} for itself nor \
                 imported by @link, so that it would mean nothing.",
                self.subgraph
            );
            self.errors
                .in_subgraph(self.subgraph, "UNKNOWN_DIRECTIVE", coordinate, words);
        }
        marks
    }

    fn field_set(
        &mut self,
        directive: &Directive,
        coordinate: &str,
        code: &'static str,
    ) -> Option<SelectionSet> {
        let parsed = match sdl::string_argument(directive, "fields") {
            Some(text) => field_set::parse(text),
            None => Err("it has no field set.".to_owned()),
        };
        match parsed {
            Ok(set) => Some(set),
            Err(reason) => {
                let words = format!("@{} on {coordinate} is invalid: {reason}", directive.name);
                self.errors
                    .in_subgraph(self.subgraph, code, coordinate, words);
                None
            }
        }
    }

    fn inputs(&mut self, values: &[InputValue], parent: &str) -> Vec<InputValue> {
        values
            .iter()
            .map(|value| {
                let coordinate = format!("{parent}.{}", value.name);
                InputValue {
                    value_type: self.ty(&value.value_type),
                    directives: self.marks(&value.directives, &coordinate).kept,
                    ..value.clone()
                }
            })
            .collect()
    }

    fn definition(&mut self, definition: &TypeDefinition) {
        let directives = sdl::directives_of(definition);
        let name = sdl::name_of(definition);
        match definition {
            TypeDefinition::Scalar(t) => {
                self.declare(
                    name,
                    Kind::Scalar,
                    &t.description,
                    directives,
                    false,
                    |_, _, _| {},
                );
            }
            TypeDefinition::Object(t) => {
                self.declare(
                    name,
                    Kind::Object,
                    &t.description,
                    directives,
                    false,
                    |r, ty, m| {
                        r.add_fields(ty, &t.fields, &t.implements_interfaces, m);
                    },
                );
            }
            TypeDefinition::Interface(t) => {
                self.declare(
                    name,
                    Kind::Interface,
                    &t.description,
                    directives,
                    false,
                    |r, ty, m| {
                        r.add_fields(ty, &t.fields, &t.implements_interfaces, m);
                    },
                );
            }
            TypeDefinition::Union(t) => {
                self.declare(
                    name,
                    Kind::Union,
                    &t.description,
                    directives,
                    false,
                    |r, ty, _| {
                        ty.members.extend(t.types.iter().map(|m| r.name(m)));
                    },
                );
            }
            TypeDefinition::Enum(t) => {
                self.declare(
                    name,
                    Kind::Enum,
                    &t.description,
                    directives,
                    false,
                    |r, ty, _| {
                        r.add_values(ty, &t.values);
                    },
                );
            }
            TypeDefinition::InputObject(t) => {
                self.declare(
                    name,
                    Kind::Input,
                    &t.description,
                    directives,
                    false,
                    |r, ty, _| {
                        r.add_inputs(ty, &t.fields);
                    },
                );
            }
        }
    }

    fn extension(&mut self, extension: &TypeExtension<'static, String>) {
        let none = &None;
        match extension {
            TypeExtension::Scalar(t) => {
                self.declare(
                    &t.name,
                    Kind::Scalar,
                    none,
                    &t.directives,
                    true,
                    |_, _, _| {},
                );
            }
            TypeExtension::Object(t) => {
                self.declare(
                    &t.name,
                    Kind::Object,
                    none,
                    &t.directives,
                    true,
                    |r, ty, m| {
                        r.add_fields(ty, &t.fields, &t.implements_interfaces, m);
                    },
                );
            }
            TypeExtension::Interface(t) => {
                self.declare(
                    &t.name,
                    Kind::Interface,
                    none,
                    &t.directives,
                    true,
                    |r, ty, m| {
                        r.add_fields(ty, &t.fields, &t.implements_interfaces, m);
                    },
                );
            }
            TypeExtension::Union(t) => {
                self.declare(
                    &t.name,
                    Kind::Union,
                    none,
                    &t.directives,
                    true,
                    |r, ty, _| {
                        ty.members.extend(t.types.iter().map(|m| r.name(m)));
                    },
                );
            }
            TypeExtension::Enum(t) => {
                self.declare(
                    &t.name,
                    Kind::Enum,
                    none,
                    &t.directives,
                    true,
                    |r, ty, _| {
                        r.add_values(ty, &t.values);
                    },
                );
            }
            TypeExtension::InputObject(t) => {
                self.declare(
                    &t.name,
                    Kind::Input,
                    none,
                    &t.directives,
                    true,
                    |r, ty, _| {
                        r.add_inputs(ty, &t.fields);
                    },
                );
            }
        }
    }

    /// Adds one declaration of a type, be it the definition or an extension.
    fn declare(
        &mut self,
        name: &str,
        kind: Kind,
        description: &Option<String>,
        directives: &[Directive],
        extension: bool,
        body: impl FnOnce(&mut Self, &mut TypeDef, &Marks),
    ) {
        if self.links.is_machinery(name) {
            return;
        }
        let name = self.name(name);
        let marks = self.marks(directives, &name);
        let extension = extension || marks.has("extends");
        let mut ty = self.types.shift_remove(&name).unwrap_or_else(|| TypeDef {
            name: name.clone(),
            kind,
            description: None,
            extension: true,
            interface_object: false,
            keys: Vec::new(),
            implements: Vec::new(),
            fields: Ordered::default(),
            inputs: Ordered::default(),
            members: Vec::new(),
            values: Vec::new(),
            directives: Vec::new(),
        });
        if ty.kind != kind {
            let words = format!(
                "{name} is declared as {} and as {} in the subgraph {}.",
                ty.kind.noun(),
                kind.noun(),
                self.subgraph
            );
            self.errors
                .in_subgraph(self.subgraph, "TYPE_KIND_MISMATCH", &name, words);
        }
        ty.extension &= extension;
        ty.interface_object |= marks.has("interfaceObject");
        ty.description = ty.description.or_else(|| description.clone());
        for (_, directive) in marks.federation.iter().filter(|(n, _)| *n == "key") {
            if let Some(set) = self.field_set(directive, &name, "KEY_INVALID_FIELDS") {
                ty.keys.push(Key {
                    set,
                    resolvable: sdl::bool_argument(directive, "resolvable").unwrap_or(true),
                    on_extension: extension,
                });
            }
        }
        ty.directives.extend(marks.kept.iter().cloned());
        body(self, &mut ty, &marks);
        self.types.insert(name, ty);
    }

    fn add_fields(
        &mut self,
        ty: &mut TypeDef,
        fields: &[Field],
        interfaces: &[String],
        on_type: &Marks,
    ) {
        for interface in interfaces {
            let interface = self.name(interface);
            if !ty.implements.contains(&interface) {
                ty.implements.push(interface);
            }
        }
        for field in fields {
            // What every subgraph has for the gateway is not part of the supergraph.
            if ty.name == "Query" && matches!(field.name.as_str(), "_entities" | "_service") {
                continue;
            }
            let coordinate = format!("{}.{}", ty.name, field.name);
            let marks = self.marks(&field.directives, &coordinate);
            let requires = marks
                .get("requires")
                .and_then(|d| self.field_set(d, &coordinate, "REQUIRES_INVALID_FIELDS"));
            let provides = marks
                .get("provides")
                .and_then(|d| self.field_set(d, &coordinate, "PROVIDES_INVALID_FIELDS"));
            let overrides = marks.get("override").map(|d| Override {
                from: sdl::string_argument(d, "from")
                    .unwrap_or_default()
                    .to_owned(),
                label: sdl::string_argument(d, "label").map(str::to_owned),
            });
            let found = FieldDef {
                name: field.name.clone(),
                description: field.description.clone(),
                args: self.inputs(&field.arguments, &coordinate),
                ty: self.ty(&field.field_type),
                external: marks.has("external") || on_type.has("external"),
                shareable: marks.has("shareable") || on_type.has("shareable"),
                requires,
                provides,
                overrides,
                directives: marks.kept,
            };
            if ty.fields.insert(field.name.clone(), found).is_some() {
                self.twice(&coordinate);
            }
        }
    }

    fn add_inputs(&mut self, ty: &mut TypeDef, fields: &[InputValue]) {
        for field in self.inputs(fields, &ty.name) {
            let coordinate = format!("{}.{}", ty.name, field.name);
            if ty.inputs.insert(field.name.clone(), field).is_some() {
                self.twice(&coordinate);
            }
        }
    }

    fn add_values(
        &mut self,
        ty: &mut TypeDef,
        values: &[graphql_tools::static_graphql::schema::EnumValue],
    ) {
        for value in values {
            let coordinate = format!("{}.{}", ty.name, value.name);
            if ty.values.iter().any(|v| v.name == value.name) {
                self.twice(&coordinate);
                continue;
            }
            let mut value = value.clone();
            value.directives = self.marks(&value.directives, &coordinate).kept;
            ty.values.push(value);
        }
    }

    fn twice(&mut self, coordinate: &str) {
        let words = format!(
            "{coordinate} is declared twice in the subgraph {}.",
            self.subgraph
        );
        self.errors
            .in_subgraph(self.subgraph, "INVALID_GRAPHQL", coordinate, words);
    }
}
