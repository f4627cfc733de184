//! The directives of the join specification on types: which subgraph has a type, by which keys,
//! with which interfaces and members.

use graphql_tools::static_graphql::schema::{Directive, Value};

use super::super::field_set;
use super::super::model::is_root;
use super::super::sources::Sources;
use super::marks::plain;

/// An argument list under construction.
pub(super) struct Join(Directive);

impl Join {
    pub(super) fn new(name: &str) -> Self {
        Self(plain(name))
    }

    pub(super) fn graph(self, sources: &Sources<'_>, graph: usize) -> Self {
        self.value("graph", Value::Enum(sources.graph(graph).to_owned()))
    }

    pub(super) fn text(self, name: &str, text: Option<String>) -> Self {
        match text {
            Some(text) => self.value(name, Value::String(text)),
            None => self,
        }
    }

    /// Written only when it holds, or only when it does not, as the specification's defaults are.
    pub(super) fn flag(self, name: &str, value: bool, default: bool) -> Self {
        if value == default {
            self
        } else {
            self.value(name, Value::Boolean(value))
        }
    }

    fn value(mut self, name: &str, value: Value) -> Self {
        self.0.arguments.push((name.to_owned(), value));
        self
    }

    pub(super) fn done(self) -> Directive {
        self.0
    }
}

/// `@join__type`, one per subgraph and key. Every subgraph has a query type, if only for the
/// gateway's own fields, so that the planner may enter each of them by the query root.
pub(super) fn types(sources: &Sources<'_>, name: &str) -> Vec<Directive> {
    let mut directives = Vec::new();
    if name == "Query" {
        let all = 0..sources.subgraphs.len();
        return all
            .map(|graph| Join::new("join__type").graph(sources, graph).done())
            .collect();
    }
    for (graph, ty) in sources.of_type(name) {
        let join = || Join::new("join__type").graph(sources, graph);
        if ty.keys.is_empty() || is_root(name) {
            directives.push(
                join()
                    .flag("isInterfaceObject", ty.interface_object, false)
                    .done(),
            );
        }
        for key in ty.keys.iter().filter(|_| !is_root(name)) {
            directives.push(
                join()
                    .text("key", Some(field_set::print(&key.set)))
                    .flag("extension", key.on_extension, false)
                    .flag("resolvable", key.resolvable, true)
                    .flag("isInterfaceObject", ty.interface_object, false)
                    .done(),
            );
        }
    }
    directives
}

/// `@join__implements`, one per subgraph and interface.
pub(super) fn implements(sources: &Sources<'_>, name: &str) -> Vec<Directive> {
    let mut directives = Vec::new();
    for (graph, ty) in sources.of_type(name) {
        let mut interfaces: Vec<&String> = ty.implements.iter().collect();
        interfaces.sort_unstable();
        for interface in interfaces {
            directives.push(
                Join::new("join__implements")
                    .graph(sources, graph)
                    .text("interface", Some(interface.clone()))
                    .done(),
            );
        }
    }
    directives
}

/// `@join__unionMember`, one per subgraph and member.
pub(super) fn members(sources: &Sources<'_>, name: &str) -> Vec<Directive> {
    let mut directives = Vec::new();
    for (graph, ty) in sources.of_type(name) {
        let mut members: Vec<&String> = ty.members.iter().collect();
        members.sort_unstable();
        for member in members {
            directives.push(
                Join::new("join__unionMember")
                    .graph(sources, graph)
                    .text("member", Some(member.clone()))
                    .done(),
            );
        }
    }
    directives
}
