//! Which directive of a subgraph is which: `@link` imports, their renames and prefixes.

use std::collections::{HashMap, HashSet};

use graphql_tools::static_graphql::schema::{Definition, Directive, Document, Value};

use super::super::sdl;
use super::error::Errors;

/// Federation's directives that we compose. `@context` and `@fromContext` are missing on purpose.
const FEDERATION: [&str; 17] = [
    "key",
    "requires",
    "provides",
    "external",
    "extends",
    "shareable",
    "override",
    "inaccessible",
    "tag",
    "interfaceObject",
    "composeDirective",
    "authenticated",
    "requiresScopes",
    "policy",
    "cost",
    "listSize",
    "link",
];

/// Specifications of a single directive that may be linked on their own.
const SINGLE: [&str; 5] = [
    "tag",
    "inaccessible",
    "authenticated",
    "requiresScopes",
    "policy",
];

/// Our own directives: plain names, carried into the supergraph without an import.
pub(super) const OURS: [&str; 6] = [
    "cacheControl",
    "cacheInvalidate",
    "personal",
    "inputScopes",
    "cost",
    "listSize",
];

/// Federation's directives that are written into the supergraph as they are.
const TRAVELLING: [&str; 7] = [
    "tag",
    "inaccessible",
    "authenticated",
    "requiresScopes",
    "policy",
    "cost",
    "listSize",
];

/// Directives that protect. Under these names nothing else is accepted: whoever writes one without
/// importing it believes a field to be protected that is not.
const PROTECTING: [&str; 4] = ["authenticated", "requiresScopes", "policy", "inaccessible"];

/// Directives of GraphQL itself.
const BUILT_IN: [&str; 5] = ["skip", "include", "deprecated", "specifiedBy", "oneOf"];

/// What a directive name means in one subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A directive of federation, by its own name.
    Federation(&'static str),
    /// Kept under the name it has.
    Kept,
    /// Defined by the subgraph for its own use; not part of the supergraph.
    Private,
    /// Neither defined nor imported.
    Unknown,
}

/// The imports of one subgraph.
#[derive(Debug, Default)]
pub(super) struct Links {
    federation: HashMap<String, &'static str>,
    /// Names of types that come with a specification (`FieldSet`, `federation__Scope`, …).
    scalars: HashSet<String>,
    prefixes: Vec<String>,
    composed: HashSet<String>,
    defined: HashSet<String>,
    carried_links: Vec<Directive>,
}

impl Links {
    /// Reads the `@link`s of a subgraph; `None` when it does not link federation.
    pub(super) fn read(document: &Document, subgraph: &str, errors: &mut Errors) -> Option<Self> {
        let mut links = Self::default();
        let mut found = false;
        let on_schema: Vec<&Directive> = document
            .definitions
            .iter()
            .filter_map(|definition| match definition {
                Definition::SchemaDefinition(schema) => Some(&schema.directives),
                _ => None,
            })
            .flatten()
            .collect();
        for link in on_schema.iter().filter(|d| d.name == "link") {
            let Some((spec, version)) = sdl::string_argument(link, "url").and_then(specification)
            else {
                continue;
            };
            if spec == "federation" {
                if !version.starts_with("v2") {
                    let words = format!(
                        "The subgraph {subgraph} links federation {version}; only version 2 can be \
                         composed."
                    );
                    errors.in_subgraph(subgraph, "UNSUPPORTED_LINKED_FEATURE", "", words);
                    return None;
                }
                found = true;
                links.read_federation(link, subgraph, errors);
            } else if let Some(single) = SINGLE.iter().find(|name| **name == spec) {
                let local = sdl::string_argument(link, "as").unwrap_or(single);
                links.bind(local, single, subgraph, errors);
                links.read_imports(link, &[single], subgraph, errors);
            }
        }
        for definition in &document.definitions {
            if let Definition::DirectiveDefinition(directive) = definition {
                links.defined.insert(directive.name.clone());
            }
        }
        links.read_composed(&on_schema, subgraph, errors);
        if !found {
            let words = format!(
                "The subgraph {subgraph} has no @link to the federation specification; schemas of \
                 Federation 1 are not composed."
            );
            errors.in_subgraph(subgraph, "FEDERATION_NOT_LINKED", "", words);
            return None;
        }
        Some(links)
    }

    fn read_federation(&mut self, link: &Directive, subgraph: &str, errors: &mut Errors) {
        let prefix = sdl::string_argument(link, "as").unwrap_or("federation");
        self.prefixes.push(format!("{prefix}__"));
        for name in FEDERATION {
            self.federation.insert(format!("{prefix}__{name}"), name);
        }
        self.read_imports(link, &FEDERATION, subgraph, errors);
    }

    /// Reads what a link imports, under its own names or others.
    fn read_imports(
        &mut self,
        link: &Directive,
        offered: &[&'static str],
        subgraph: &str,
        errors: &mut Errors,
    ) {
        let Some(Value::List(imports)) = sdl::argument(link, "import") else {
            return;
        };
        for import in imports {
            let Some((name, local)) = imported(import) else {
                continue;
            };
            match name.strip_prefix('@') {
                None => {
                    self.scalars.insert(local.to_owned());
                }
                Some("context" | "fromContext") => {
                    let words = format!(
                        "The subgraph {subgraph} imports {name}, which is not composed: pass the \
                         value as an argument or by @requires instead."
                    );
                    errors.in_subgraph(subgraph, "UNSUPPORTED_LINKED_FEATURE", name, words);
                }
                Some(bare) => match offered.iter().find(|known| **known == bare) {
                    Some(known) => {
                        self.bind(local.trim_start_matches('@'), known, subgraph, errors);
                    }
                    None => {
                        let words = format!(
                            "The subgraph {subgraph} imports {name}, which the linked specification \
                             does not have."
                        );
                        errors.in_subgraph(subgraph, "INVALID_LINK_DIRECTIVE_USAGE", name, words);
                    }
                },
            }
        }
    }

    /// Gives a directive its local name, which must not already mean another: a demand that hides
    /// behind the name of a harmless directive would be lost.
    fn bind(&mut self, local: &str, known: &'static str, subgraph: &str, errors: &mut Errors) {
        let reserved = OURS.contains(&local)
            || BUILT_IN.contains(&local)
            || FEDERATION.contains(&local)
            || local == "link";
        let before = self.federation.insert(local.to_owned(), known);
        if (reserved && local != known) || before.is_some_and(|before| before != known) {
            let words = format!(
                "The subgraph {subgraph} imports @{known} as @{local}, which means something else; \
                 choose another name."
            );
            errors.in_subgraph(subgraph, "INVALID_LINK_DIRECTIVE_USAGE", local, words);
        }
    }

    fn read_composed(&mut self, on_schema: &[&Directive], subgraph: &str, errors: &mut Errors) {
        for directive in on_schema {
            if self.meaning(&directive.name) != Meaning::Federation("composeDirective") {
                continue;
            }
            let name = sdl::string_argument(directive, "name").unwrap_or_default();
            let bare = name.trim_start_matches('@').to_owned();
            if !name.starts_with('@') || !self.defined.contains(&bare) {
                let words = format!(
                    "@composeDirective names \"{name}\", which the subgraph {subgraph} does not \
                     define; write it with its @ and define it."
                );
                errors.in_subgraph(subgraph, "DIRECTIVE_COMPOSITION_ERROR", name, words);
                continue;
            }
            self.composed.insert(bare);
        }
        for link in on_schema.iter().filter(|d| d.name == "link") {
            let imports: Vec<&str> = sdl::strings_argument(link, "import");
            let brings = |name: &&str| {
                let bare = name.trim_start_matches('@');
                self.composed.contains(bare) && !self.federation.contains_key(bare)
            };
            if imports.iter().any(brings) {
                self.carried_links.push((*link).clone());
            }
        }
    }

    /// What a directive means here.
    pub(super) fn meaning(&self, directive: &str) -> Meaning {
        // `@cost` and `@listSize` mean the same whether they come from federation or are ours.
        if OURS.contains(&directive) {
            return Meaning::Kept;
        }
        if let Some(name) = self.federation.get(directive) {
            return Meaning::Federation(name);
        }
        if BUILT_IN.contains(&directive) || self.composed.contains(directive) {
            return Meaning::Kept;
        }
        if directive == "link" {
            return Meaning::Private;
        }
        if PROTECTING.contains(&directive) {
            return Meaning::Unknown;
        }
        if self.defined.contains(directive) {
            Meaning::Private
        } else {
            Meaning::Unknown
        }
    }

    /// Sorts directives by what they mean.
    pub(super) fn sort(&self, directives: &[Directive]) -> Marks {
        let mut marks = Marks::default();
        for directive in directives {
            match self.meaning(&directive.name) {
                Meaning::Federation(name) if TRAVELLING.contains(&name) => {
                    let mut kept = directive.clone();
                    kept.name = name.to_owned();
                    marks.kept.push(kept);
                }
                Meaning::Federation(name) => marks.federation.push((name, directive.clone())),
                Meaning::Kept => marks.kept.push(directive.clone()),
                Meaning::Private => {}
                Meaning::Unknown => marks.unknown.push(directive.name.clone()),
            }
        }
        marks
    }

    /// Whether the definition of a directive goes into the supergraph.
    pub(super) fn is_carried(&self, directive: &str) -> bool {
        OURS.contains(&directive) || self.composed.contains(directive)
    }

    /// Whether a type is machinery: it comes with a specification, or every subgraph has it.
    pub(super) fn is_machinery(&self, ty: &str) -> bool {
        matches!(ty, "_Any" | "_Entity" | "_Service" | "_FieldSet")
            || self.scalars.contains(ty)
            || self
                .prefixes
                .iter()
                .any(|prefix| ty.starts_with(prefix.as_str()))
            || sdl::is_machinery(ty)
    }

    /// The links that bring carried directives.
    pub(super) fn carried_links(&self) -> Vec<Directive> {
        self.carried_links.clone()
    }
}

/// The directives of a type declaration or field, sorted by what they mean.
#[derive(Default)]
pub(super) struct Marks {
    /// Federation's, to be read into the model.
    pub(super) federation: Vec<(&'static str, Directive)>,
    /// What travels on, under its own name.
    pub(super) kept: Vec<Directive>,
    /// Names that mean nothing here.
    pub(super) unknown: Vec<String>,
}

impl Marks {
    pub(super) fn has(&self, name: &str) -> bool {
        self.federation.iter().any(|(n, _)| *n == name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Directive> {
        self.federation
            .iter()
            .find(|(n, _)| *n == name)
            .map(|(_, d)| d)
    }
}

/// The name and version of an Apollo specification by its address.
fn specification(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("https://specs.apollo.dev/")?
        .trim_end_matches('/')
        .split_once('/')
}

/// The name of an import and the name it gets here.
fn imported(import: &Value) -> Option<(&str, &str)> {
    match import {
        Value::String(name) => Some((name.as_str(), name.as_str())),
        Value::Object(entries) => {
            let entry = |key: &str| {
                entries.iter().find_map(|(k, v)| match v {
                    Value::String(text) if k == key => Some(text.as_str()),
                    _ => None,
                })
            };
            let name = entry("name")?;
            Some((name, entry("as").unwrap_or(name)))
        }
        _ => None,
    }
}
