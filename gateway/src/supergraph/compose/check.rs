//! What must hold within one subgraph before it is put together with others: its types exist, its
//! field sets name what is there, its marks make sense. Also collects which fields its keys name
//! and which external fields are of any use.

use graphql_tools::parser::query::TypeCondition;
use graphql_tools::static_graphql::query::{Selection, SelectionSet};
use graphql_tools::static_graphql::schema::{Directive, InputValue, Type};
use indexmap::IndexSet;

use super::super::demand::Demand;
use super::super::sdl;
use super::super::subject::{self, SubjectField};
use super::error::Errors;
use super::model::{Kind, Subgraph, is_root};
use crate::contract::directive::TOLD_SUBJECT;

type Fields = IndexSet<(String, String), ahash::RandomState>;

/// Checks a subgraph and completes its model.
pub(super) fn check(subgraph: &mut Subgraph, errors: &mut Errors) {
    let mut check = Check {
        subgraph,
        errors,
        keys: Fields::default(),
        extended: Fields::default(),
        used: Fields::default(),
    };
    check.references();
    check.keys();
    check.computed_fields();
    check.interfaces();
    check.marks();
    let Check {
        keys,
        extended,
        used,
        ..
    } = check;
    subgraph.key_fields = keys;
    subgraph.used_fields = used;
    // Federation 1 made the key fields of an extension external; they are resolved all the same.
    for (ty, field) in extended {
        if let Some(field) = subgraph
            .types
            .get_mut(&ty)
            .and_then(|t| t.fields.get_mut(&field))
        {
            field.external = false;
        }
    }
    let unused = subgraph.types.values().flat_map(|ty| {
        ty.fields
            .values()
            .filter(|f| f.external)
            .map(move |f| (ty.name.clone(), f.name.clone()))
    });
    for (ty, field) in unused.filter(|at| !subgraph.used_fields.contains(at)) {
        let at = format!("{ty}.{field}");
        let words = format!(
            "{at} is @external in {} but no @key, @requires, @provides or interface there uses it; \
             remove it.",
            subgraph.name
        );
        errors.in_subgraph(&subgraph.name, "EXTERNAL_UNUSED", at, words);
    }
}

struct Check<'a> {
    subgraph: &'a Subgraph,
    errors: &'a mut Errors,
    keys: Fields,
    /// Key fields of keys declared on extensions.
    extended: Fields,
    used: Fields,
}

/// What a field set is for.
#[derive(Clone, Copy, PartialEq)]
enum Purpose {
    Key,
    Requires,
    Provides,
}

impl Purpose {
    fn code(self) -> &'static str {
        match self {
            Self::Key => "KEY_INVALID_FIELDS",
            Self::Requires => "REQUIRES_INVALID_FIELDS",
            Self::Provides => "PROVIDES_INVALID_FIELDS",
        }
    }

    fn directive(self) -> &'static str {
        match self {
            Self::Key => "@key",
            Self::Requires => "@requires",
            Self::Provides => "@provides",
        }
    }
}

impl Check<'_> {
    fn error(&mut self, code: &'static str, at: &str, words: String) {
        self.errors
            .in_subgraph(&self.subgraph.name, code, at, words);
    }

    /// Every type that is named is defined.
    fn references(&mut self) {
        let subgraph = self.subgraph;
        let mut named: Vec<(String, &str)> = Vec::new();
        for ty in subgraph.types.values() {
            for field in ty.fields.values() {
                named.push((
                    format!("{}.{}", ty.name, field.name),
                    sdl::base_name(&field.ty),
                ));
                for argument in &field.args {
                    let at = format!("{}.{}({}:)", ty.name, field.name, argument.name);
                    named.push((at, sdl::base_name(&argument.value_type)));
                }
            }
            for input in ty.inputs.values() {
                let at = format!("{}.{}", ty.name, input.name);
                named.push((at, sdl::base_name(&input.value_type)));
            }
            for name in ty.members.iter().chain(&ty.implements) {
                named.push((ty.name.clone(), name));
            }
        }
        for (at, name) in named {
            if !subgraph.types.contains_key(name) && !sdl::BUILT_IN_SCALARS.contains(&name) {
                let words = format!(
                    "{at} names the type {name}, which the subgraph {} does not define.",
                    subgraph.name
                );
                self.error("INVALID_GRAPHQL", &at, words);
            }
        }
    }

    fn keys(&mut self) {
        let subgraph = self.subgraph;
        for ty in subgraph.types.values() {
            if ty.interface_object && ty.keys.is_empty() {
                let words = format!("{0} is an @interfaceObject and needs a @key.", ty.name);
                self.error("INTERFACE_OBJECT_USAGE_ERROR", &ty.name, words);
            }
            if !matches!(ty.kind, Kind::Object | Kind::Interface) || is_root(&ty.name) {
                if !ty.keys.is_empty() {
                    let words = format!("{} cannot have a @key.", ty.name);
                    self.error("KEY_UNSUPPORTED", &ty.name, words);
                }
                continue;
            }
            for key in &ty.keys {
                let mut named = Fields::default();
                self.field_set(&ty.name, &key.set, Purpose::Key, &ty.name, &mut named);
                if key.on_extension {
                    self.extended.extend(named.iter().cloned());
                }
                self.used.extend(named.iter().cloned());
                self.keys.extend(named);
                if ty.kind == Kind::Interface {
                    self.key_on_implementations(&ty.name, &key.set);
                }
            }
        }
    }

    /// An entity interface can only be looked up if everything that implements it can.
    fn key_on_implementations(&mut self, interface: &str, set: &SelectionSet) {
        let subgraph = self.subgraph;
        let text = super::field_set::print(set);
        for ty in subgraph.types.values() {
            if ty.kind == Kind::Object
                && ty.implements.iter().any(|i| i == interface)
                && !ty
                    .keys
                    .iter()
                    .any(|k| super::field_set::print(&k.set) == text)
            {
                let words = format!(
                    "{} implements {interface}, which has @key(fields: \"{text}\"), and needs the \
                     same key.",
                    ty.name
                );
                self.error("INTERFACE_KEY_NOT_ON_IMPLEMENTATION", &ty.name, words);
            }
        }
    }

    /// `@requires` and `@provides`.
    fn computed_fields(&mut self) {
        let subgraph = self.subgraph;
        for ty in subgraph.types.values() {
            for field in ty.fields.values() {
                let at = format!("{}.{}", ty.name, field.name);
                if let Some(set) = &field.requires {
                    let mut named = Fields::default();
                    self.field_set(&ty.name, set, Purpose::Requires, &at, &mut named);
                    self.some_external(&named, Purpose::Requires, &at);
                    self.used.extend(named);
                }
                if let Some(set) = &field.provides {
                    let returned = sdl::base_name(&field.ty);
                    let mut named = Fields::default();
                    self.field_set(returned, set, Purpose::Provides, &at, &mut named);
                    self.some_external(&named, Purpose::Provides, &at);
                    self.used.extend(named);
                }
            }
        }
    }

    /// A field set that names nothing external says nothing.
    fn some_external(&mut self, named: &Fields, purpose: Purpose, at: &str) {
        let subgraph = self.subgraph;
        let found: Vec<_> = named
            .iter()
            .filter_map(|(ty, field)| subgraph.field(ty, field))
            .collect();
        if !found.is_empty() && !found.iter().any(|f| f.external || f.shareable) {
            let code = match purpose {
                Purpose::Provides => "PROVIDES_FIELDS_MISSING_EXTERNAL",
                _ => "REQUIRES_FIELDS_MISSING_EXTERNAL",
            };
            let words = format!(
                "{} on {at} names only fields that are not @external; mark what comes from \
                 elsewhere, or remove it.",
                purpose.directive()
            );
            self.error(code, at, words);
        }
    }

    /// Walks a field set over a type, reports what is wrong and collects the fields it names.
    fn field_set(
        &mut self,
        ty: &str,
        set: &SelectionSet,
        purpose: Purpose,
        at: &str,
        named: &mut Fields,
    ) {
        let subgraph = self.subgraph;
        let directive = purpose.directive();
        for item in &set.items {
            match item {
                Selection::Field(selected) if selected.name == "__typename" => {}
                Selection::Field(selected) => {
                    let Some(field) = subgraph.field(ty, &selected.name) else {
                        let words = format!(
                            "{directive} on {at} names {ty}.{}, which the subgraph {} does not \
                             have.",
                            selected.name, subgraph.name
                        );
                        self.error(purpose.code(), at, words);
                        continue;
                    };
                    named.insert((ty.to_owned(), selected.name.clone()));
                    named.extend(self.counterparts(ty, &selected.name));
                    if purpose == Purpose::Key && !field.args.is_empty() {
                        let words = format!(
                            "@key on {at} names {ty}.{}, which has arguments.",
                            selected.name
                        );
                        self.error("KEY_FIELDS_HAS_ARGS", at, words);
                    }
                    let returned = sdl::base_name(&field.ty);
                    let kind = subgraph.types.get(returned).map(|t| t.kind);
                    let composite =
                        matches!(kind, Some(Kind::Object | Kind::Interface | Kind::Union));
                    if purpose == Purpose::Key
                        && matches!(kind, Some(Kind::Interface | Kind::Union))
                    {
                        let words = format!(
                            "@key on {at} names {ty}.{}, which is {}.",
                            selected.name,
                            kind.map_or("abstract", Kind::noun)
                        );
                        self.error("KEY_FIELDS_SELECT_INVALID_TYPE", at, words);
                    }
                    if composite == selected.selection_set.items.is_empty() {
                        let words = format!(
                            "{directive} on {at} must {} below {ty}.{}.",
                            if composite {
                                "select fields"
                            } else {
                                "select nothing"
                            },
                            selected.name
                        );
                        self.error(purpose.code(), at, words);
                        continue;
                    }
                    self.field_set(returned, &selected.selection_set, purpose, at, named);
                }
                Selection::InlineFragment(fragment) => {
                    let on = match &fragment.type_condition {
                        Some(TypeCondition::On(name)) => name.as_str(),
                        None => ty,
                    };
                    if !subgraph.types.contains_key(on) {
                        let words = format!(
                            "{directive} on {at} names the type {on}, which the subgraph {} does \
                             not define.",
                            subgraph.name
                        );
                        self.error(purpose.code(), at, words);
                        continue;
                    }
                    self.field_set(on, &fragment.selection_set, purpose, at, named);
                }
                Selection::FragmentSpread(_) => {
                    let words = format!("{directive} on {at} cannot hold a fragment spread.");
                    self.error(purpose.code(), at, words);
                }
            }
        }
    }

    /// The fields behind a field of an interface: those of its objects.
    fn counterparts(&self, interface: &str, field: &str) -> Vec<(String, String)> {
        let implements =
            |ty: &&super::model::TypeDef| ty.implements.iter().any(|name| name == interface);
        let objects = self.subgraph.types.values().filter(implements);
        objects
            .map(|ty| (ty.name.clone(), field.to_owned()))
            .collect()
    }

    /// An external field that an interface asks for is of use.
    fn interfaces(&mut self) {
        let subgraph = self.subgraph;
        for ty in subgraph.types.values() {
            for interface in ty
                .implements
                .iter()
                .filter_map(|name| subgraph.types.get(name))
            {
                if interface.kind != Kind::Interface {
                    let words = format!(
                        "{} implements {}, which is {}.",
                        ty.name,
                        interface.name,
                        interface.kind.noun()
                    );
                    self.error("INVALID_GRAPHQL", &ty.name, words);
                    continue;
                }
                for field in interface.fields.keys() {
                    self.used.insert((ty.name.clone(), field.clone()));
                    if !ty.fields.contains_key(field) {
                        let at = format!("{}.{field}", ty.name);
                        let words = format!(
                            "{} implements {} in the subgraph {} but lacks the field {field}.",
                            ty.name, interface.name, subgraph.name
                        );
                        self.error("INTERFACE_FIELD_NO_IMPLEM", &at, words);
                    }
                }
            }
        }
    }

    /// Our own directives have what they need, and `@override` names another subgraph.
    fn marks(&mut self) {
        let subgraph = self.subgraph;
        for ty in subgraph.types.values() {
            self.demands(&ty.name, &ty.directives);
            for input in ty.inputs.values() {
                self.demands(&format!("{}.{}", ty.name, input.name), &input.directives);
            }
            for field in ty.fields.values() {
                let at = format!("{}.{}", ty.name, field.name);
                self.demands(&at, &field.directives);
                for argument in &field.args {
                    self.demands(&format!("{at}({}:)", argument.name), &argument.directives);
                }
                if let Some(personal) = sdl::directive(&field.directives, "personal") {
                    self.personal(personal, &ty.name, &at);
                }
                if let Some(overrides) = &field.overrides {
                    if overrides.from == subgraph.name {
                        let words =
                            format!("{at} overrides itself: @override names its own subgraph.");
                        self.error("OVERRIDE_FROM_SELF_ERROR", &at, words);
                    }
                    if field.external || field.requires.is_some() && ty.kind == Kind::Interface {
                        let words = format!("{at} is @external and cannot be an @override.");
                        self.error("OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE", &at, words);
                    }
                }
            }
        }
    }

    /// A demand that cannot be read would shut its field for everyone; better say so now.
    fn demands(&mut self, at: &str, directives: &[Directive]) {
        if Demand::of(directives)
            .and(&Demand::of_input(directives))
            .is_unreadable()
        {
            let words = format!(
                "The scopes or policies that {at} demands are not a list of lists of names with at \
                 least one list."
            );
            self.error("INVALID_GRAPHQL", at, words);
        }
    }

    /// Without a subject a disclosure could not say whom it concerns.
    fn personal(&mut self, directive: &Directive, parent: &str, at: &str) {
        let text = |name| {
            sdl::string_argument(directive, name)
                .map(str::trim)
                .unwrap_or_default()
        };
        if text("subject") == TOLD_SUBJECT && parent == "Mutation" && !text("category").is_empty() {
            return;
        }
        let path = subject::parse(text("subject")).filter(|_| !text("category").is_empty());
        let Some(path) = path else {
            let words = format!(
                "@personal on {at} needs a category, and as subject the selection of plain fields \
                 from the field's parent to the person."
            );
            return self.error("PERSONAL_WITHOUT_SUBJECT", at, words);
        };
        if is_root(parent) || !self.leads_to_ids(parent, &path) {
            let words = format!(
                "The subject of @personal on {at}, \"{}\", must lead from {parent}, which is no root \
                 type, to an id, through fields that need no argument.",
                text("subject")
            );
            self.error("PERSONAL_WITHOUT_SUBJECT", at, words);
        }
    }

    fn leads_to_ids(&self, parent: &str, path: &[SubjectField]) -> bool {
        path.iter().all(|step| {
            let Some(field) = self.subgraph.field(parent, &step.name) else {
                return false;
            };
            let base = sdl::base_name(&field.ty);
            let composite =
                self.subgraph.types.get(base).is_some_and(|ty| {
                    matches!(ty.kind, Kind::Object | Kind::Interface | Kind::Union)
                });
            let needed = |argument: &InputValue| {
                argument.default_value.is_none()
                    && matches!(argument.value_type, Type::NonNullType(_))
            };
            !field.args.iter().any(needed)
                && if composite {
                    !step.inside.is_empty() && self.leads_to_ids(base, &step.inside)
                } else {
                    step.inside.is_empty() && matches!(base, "ID" | "String")
                }
        })
    }
}
