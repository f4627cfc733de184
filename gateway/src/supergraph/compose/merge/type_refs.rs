//! Merging the types that several subgraphs give one field, argument or input field.
//!
//! What goes out may be less precise in the supergraph than in a subgraph (nullable where it is
//! never null, an interface where it is one of its objects); what comes in may be more demanding.

use graphql_tools::static_graphql::schema::Type;

use super::super::sources::Sources;

/// The common type of what several subgraphs return, if one of their types covers all others.
pub(super) fn outgoing(sources: &Sources<'_>, types: &[&Type]) -> Option<Type> {
    let covers = |sup: &&Type| types.iter().all(|sub| is_subtype(sources, sub, sup));
    types.iter().find(|ty| covers(ty)).map(|ty| (*ty).clone())
}

/// The common type of what several subgraphs take, if one of their types is accepted by all.
pub(super) fn incoming(sources: &Sources<'_>, types: &[&Type]) -> Option<Type> {
    let accepted = |sub: &&Type| types.iter().all(|sup| is_subtype(sources, sub, sup));
    types.iter().find(|ty| accepted(ty)).map(|ty| (*ty).clone())
}

/// Whether every value of `sub` is a value of `sup`.
pub(super) fn is_subtype(sources: &Sources<'_>, sub: &Type, sup: &Type) -> bool {
    match (sub, sup) {
        (Type::NonNullType(sub), Type::NonNullType(sup)) => is_subtype(sources, sub, sup),
        (Type::NonNullType(sub), sup) => is_subtype(sources, sub, sup),
        (Type::ListType(sub), Type::ListType(sup)) => is_subtype(sources, sub, sup),
        (Type::NamedType(sub), Type::NamedType(sup)) => {
            sub == sup
                || sources.subgraphs.iter().any(|s| {
                    let implements = s
                        .types
                        .get(sub)
                        .is_some_and(|ty| ty.implements.iter().any(|i| i == sup));
                    let member = s
                        .types
                        .get(sup)
                        .is_some_and(|ty| ty.members.iter().any(|m| m == sub));
                    implements || member
                })
        }
        _ => false,
    }
}
