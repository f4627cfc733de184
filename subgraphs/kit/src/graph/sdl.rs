//! From async-graphql's SDL to a federation 2.9 subgraph's SDL.
//!
//! The text is parsed, what federation defines or every subgraph has is dropped, what all subgraphs
//! share is marked `@shareable`, and the rest is printed again in a fixed order: header, our
//! directives, then types by name with fields as declared.

mod write;

use std::collections::BTreeSet;

use async_graphql::Positioned;
use async_graphql::parser::{
    parse_schema,
    types::{ConstDirective, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition},
};

use write::{write_directive_definition, write_header, write_type};

/// Federation's directives, by name; their definitions come with the `@link`.
const FEDERATION: [&str; 14] = [
    "authenticated",
    "composeDirective",
    "external",
    "inaccessible",
    "interfaceObject",
    "key",
    "override",
    "policy",
    "provides",
    "requires",
    "requiresScopes",
    "shareable",
    "tag",
    "extends",
];

/// Directives that GraphQL itself defines.
const BUILT_IN: [&str; 5] = ["deprecated", "include", "oneOf", "skip", "specifiedBy"];

/// Our directives; they are carried through composition.
const OURS: [&str; 6] = [
    "cacheControl",
    "cacheInvalidate",
    "cost",
    "inputScopes",
    "listSize",
    "personal",
];

/// Where our directives are specified: a name, not an address that anyone fetches.
const OUR_SPECIFICATION: &str = "https://directives.minzheng.invalid/minzheng/v1.0";

/// The subgraph's SDL from async-graphql's; `None` if that text cannot be parsed.
pub(super) fn subgraph(exported: &str) -> Option<String> {
    let document = parse_schema(exported).ok()?;
    let mut types = Vec::new();
    let mut definitions = Vec::new();
    for definition in document.definitions {
        match definition {
            TypeSystemDefinition::Type(ty) => {
                let mut ty = ty.node;
                if ty.name.node.starts_with('_') {
                    continue;
                }
                clean(&mut ty);
                types.push(ty);
            }
            TypeSystemDefinition::Directive(directive) => definitions.push(directive.node),
            TypeSystemDefinition::Schema(_) => {}
        }
    }
    types.sort_by(|a, b| a.name.node.cmp(&b.name.node));
    definitions.sort_by(|a, b| a.name.node.cmp(&b.name.node));
    definitions.retain(|d| {
        let name = d.name.node.as_str();
        !FEDERATION.contains(&name) && !BUILT_IN.contains(&name)
    });
    if !definitions.iter().any(|d| d.name.node == "cacheControl") {
        types.retain(|ty| ty.name.node != "CacheControlScope");
    }
    let mut used = BTreeSet::new();
    types
        .iter()
        .for_each(|ty| collect_directives(ty, &mut used));
    let mut out = String::with_capacity(exported.len());
    write_header(&mut out, &used).ok()?;
    for definition in &definitions {
        write_directive_definition(&mut out, definition).ok()?;
    }
    for ty in &types {
        write_type(&mut out, ty).ok()?;
    }
    Some(out.trim_end().to_owned() + "\n")
}

/// Drops the fields every subgraph has, and marks and describes what async-graphql generates.
fn clean(ty: &mut TypeDefinition) {
    let name = ty.name.node.to_string();
    let generated = name == "PageInfo" || name.ends_with("Connection") || name.ends_with("Edge");
    if generated || name == "UserError" {
        mark_shareable(ty);
    }
    if let TypeKind::Object(object) = &mut ty.kind {
        object
            .fields
            .retain(|field| !field.node.name.node.starts_with('_'));
        if generated {
            let positions = ty.name.pos;
            for field in &mut object.fields {
                if let Some(text) = generated_description(field.node.name.node.as_str()) {
                    field.node.description = Some(Positioned::new(text.to_owned(), positions));
                }
            }
        }
    }
    if generated {
        let text = if name == "PageInfo" {
            "Where a page stands in its list (分页信息)."
        } else if name.ends_with("Edge") {
            "One entry of a page with its cursor (分页条目)."
        } else {
            "One page of a list (分页列表)."
        };
        ty.description = Some(Positioned::new(text.to_owned(), ty.name.pos));
    }
}

/// Words for the fields of types that async-graphql generates for pages.
fn generated_description(field: &str) -> Option<&'static str> {
    Some(match field {
        "edges" => "The entries of this page with their cursors (条目).",
        "nodes" => "The entries of this page without cursors (节点).",
        "pageInfo" => "Where this page stands in the list (分页信息).",
        "node" => "The entry (节点).",
        "cursor" => "The opaque place of the entry in the list (游标).",
        "hasPreviousPage" => "Whether there is a page before this one (是否有上一页).",
        "hasNextPage" => "Whether there is a page after this one (是否有下一页).",
        "startCursor" => "The cursor of the first entry; null on an empty page (起始游标).",
        "endCursor" => "The cursor of the last entry; null on an empty page (结束游标).",
        _ => return None,
    })
}

fn mark_shareable(ty: &mut TypeDefinition) {
    let marked = ty
        .directives
        .iter()
        .any(|d| d.node.name.node == "shareable");
    if !marked {
        let pos = ty.name.pos;
        let directive = ConstDirective {
            name: Positioned::new(async_graphql::Name::new("shareable"), pos),
            arguments: Vec::new(),
        };
        ty.directives.push(Positioned::new(directive, pos));
    }
}

fn collect_directives(ty: &TypeDefinition, used: &mut BTreeSet<String>) {
    let mut add = |directives: &[Positioned<ConstDirective>]| {
        used.extend(directives.iter().map(|d| d.node.name.node.to_string()));
    };
    add(&ty.directives);
    let mut add_inputs = |inputs: &[Positioned<InputValueDefinition>]| {
        for input in inputs {
            add(&input.node.directives);
        }
    };
    let fields = match &ty.kind {
        TypeKind::Object(object) => &object.fields[..],
        TypeKind::Interface(interface) => &interface.fields[..],
        TypeKind::InputObject(input) => {
            add_inputs(&input.fields);
            &[]
        }
        TypeKind::Enum(values) => {
            for value in &values.values {
                add(&value.node.directives);
            }
            &[]
        }
        TypeKind::Scalar | TypeKind::Union(_) => &[],
    };
    for field in fields {
        used.extend(
            field
                .node
                .directives
                .iter()
                .map(|d| d.node.name.node.to_string()),
        );
        for argument in &field.node.arguments {
            used.extend(
                argument
                    .node
                    .directives
                    .iter()
                    .map(|d| d.node.name.node.to_string()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::{
        ComplexObject, EmptySubscription, Enum, ID, InputObject, Object, Schema, SimpleObject,
        connection::{Connection, EmptyFields},
        parser::parse_schema,
    };

    use crate::{
        UserError, Yuan,
        events::FeedEvent,
        federation::{Any, Service, directives::*},
    };

    /// A colour (颜色).
    #[derive(Enum, Clone, Copy, PartialEq, Eq)]
    enum Colour {
        /// Red "as such" (红).
        Red,
    }

    /// A box (箱).
    #[derive(SimpleObject)]
    #[graphql(
        complex,
        directive = key::apply("id".into(), None),
        directive = key::apply("code".into(), Some(false)),
        directive = cache_control::apply(Some(300), Some(CacheScope::Public))
    )]
    struct Crate {
        /// The id (标识).
        id: ID,
        /// The code (代码).
        #[graphql(directive = shareable::apply())]
        code: String,
        /// The colour (颜色).
        #[graphql(directive = inaccessible::apply())]
        colour: Colour,
    }

    #[ComplexObject]
    impl Crate {
        /// The price (价格).
        #[graphql(
            directive = requires_scopes::apply(vec![vec!["a".into(), "b".into()], vec!["c".into()]]),
            directive = personal::apply("MONEY".into(), "owner { id }".into())
        )]
        async fn price(&self, #[graphql(default = 3)] _times: i32) -> Option<Yuan> {
            None
        }
    }

    /// What to paint (上色输入).
    #[derive(InputObject)]
    struct PaintInput {
        /// The colour (颜色).
        #[graphql(directive = input_scopes::apply(vec![vec!["paint".into()]]))]
        colour: Option<Colour>,
    }

    struct Query;

    /// What may be asked (查询).
    #[Object]
    impl Query {
        /// All boxes (全部箱).
        async fn crates(&self) -> Connection<String, Crate, EmptyFields, EmptyFields> {
            Connection::new(false, false)
        }
        #[graphql(name = "_entities")]
        async fn entities(&self, representations: Vec<Any>) -> i32 {
            representations.len() as i32
        }
        #[graphql(name = "_service")]
        async fn service(&self) -> Service {
            Service
        }
        #[graphql(name = "_events")]
        async fn events(&self) -> Vec<FeedEvent> {
            Vec::new()
        }
    }

    struct Mutation;

    /// What may be changed (变更).
    #[Object]
    impl Mutation {
        /// Paints a box (上色).
        #[graphql(directive = cache_invalidate::apply(vec!["Crate".into()]))]
        async fn paint(
            &self,
            #[graphql(desc = "What to paint (输入).")] input: PaintInput,
        ) -> Vec<UserError> {
            let _ = input.colour;
            Vec::new()
        }
    }

    fn sdl() -> String {
        let schema = Schema::new(Query, Mutation, EmptySubscription);
        super::subgraph(&schema.sdl()).unwrap()
    }

    #[test]
    fn the_subgraph_sdl_is_as_reviewed() {
        insta::assert_snapshot!(sdl());
    }

    #[test]
    fn it_parses_again_and_is_the_same_every_time() {
        assert_eq!(sdl(), sdl());
        // Our parser knows no `extend schema` before types with directives only, so the header is
        // looked at as text.
        let text = sdl();
        let (header, types) = text.split_once("\n\n").unwrap();
        assert!(header.starts_with(
            "extend schema\n  @link(url: \"https://specs.apollo.dev/federation/v2.9\""
        ));
        parse_schema(types).unwrap();
    }
}
