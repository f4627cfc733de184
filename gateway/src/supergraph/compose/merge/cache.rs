//! Cache marks across subgraphs.
//!
//! A subgraph that marks a type promises something about the fields *it* gives the type; what
//! another adds to it is not promised by anyone. So the mark of a field is settled within each
//! subgraph (its own, else its return type's, else its parent's), the strictest is taken, and it is
//! written out wherever reading the merged types alone would give another result.

use super::super::super::sdl;
use super::super::model::{FieldDef, TypeDef};
use super::super::sources::{Source, Sources};
use super::marks::CacheMark;

/// The strictest mark that subgraphs put on a type itself.
pub(super) fn of_type(found: &[(usize, &TypeDef)]) -> Option<CacheMark> {
    CacheMark::strictest(
        found
            .iter()
            .filter_map(|(_, ty)| CacheMark::of(&ty.directives)),
    )
}

/// The mark to write on a merged field of `parent`.
pub(super) fn of_field(
    sources: &Sources<'_>,
    parent: &str,
    contributing: &[Source<'_>],
) -> Option<CacheMark> {
    let settled = contributing
        .iter()
        .filter_map(|s| within(sources, s.graph, parent, s.field));
    let settled = CacheMark::strictest(settled);
    let explicit = contributing
        .iter()
        .any(|s| CacheMark::of(&s.field.directives).is_some());
    let returned = contributing
        .first()
        .map(|s| sdl::base_name(&s.field.ty))
        .unwrap_or_default();
    let inherited =
        of_type(&sources.of_type(returned)).or_else(|| of_type(&sources.of_type(parent)));
    CacheMark::to_write(settled, explicit, inherited)
}

fn within(
    sources: &Sources<'_>,
    graph: usize,
    parent: &str,
    field: &FieldDef,
) -> Option<CacheMark> {
    let of = |name: &str| {
        sources.subgraphs[graph]
            .types
            .get(name)
            .and_then(|ty| CacheMark::of(&ty.directives))
    };
    CacheMark::of(&field.directives)
        .or_else(|| of(sdl::base_name(&field.ty)))
        .or_else(|| of(parent))
}
