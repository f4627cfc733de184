//! What clients see must not lead to what they do not see (`@inaccessible`).

use std::collections::HashSet;

use graphql_tools::static_graphql::schema::{Directive, InputValue, Type, TypeDefinition};

use super::super::super::sdl;
use super::super::error::Errors;

fn hidden(directives: &[Directive]) -> bool {
    sdl::directive(directives, "inaccessible").is_some()
}

/// Reports visible fields of hidden types, hidden inputs that are required, and types of which
/// nothing visible is left.
pub(super) fn check(types: &[TypeDefinition], errors: &mut Errors) {
    let unseen: HashSet<&str> = types
        .iter()
        .filter(|ty| hidden(sdl::directives_of(ty)))
        .map(sdl::name_of)
        .collect();
    for ty in types.iter().filter(|ty| !hidden(sdl::directives_of(ty))) {
        let name = sdl::name_of(ty);
        let seen = match ty {
            TypeDefinition::Object(t) => fields(name, &t.fields, &unseen, errors),
            TypeDefinition::Interface(t) => fields(name, &t.fields, &unseen, errors),
            TypeDefinition::InputObject(t) => inputs(name, &t.fields, &unseen, errors),
            TypeDefinition::Enum(t) => t.values.iter().filter(|v| !hidden(&v.directives)).count(),
            TypeDefinition::Union(t) => t
                .types
                .iter()
                .filter(|m| !unseen.contains(m.as_str()))
                .count(),
            TypeDefinition::Scalar(_) => 1,
        };
        if seen == 0 {
            let words =
                format!("Nothing of {name} is visible to clients; make it @inaccessible too.");
            errors.between("ONLY_INACCESSIBLE_CHILDREN", name, words);
        }
    }
}

fn fields(
    ty: &str,
    fields: &[graphql_tools::static_graphql::schema::Field],
    unseen: &HashSet<&str>,
    errors: &mut Errors,
) -> usize {
    let mut seen = 0;
    for field in fields.iter().filter(|f| !hidden(&f.directives)) {
        seen += 1;
        let at = format!("{ty}.{}", field.name);
        reference(&at, &field.field_type, unseen, errors);
        inputs(&at, &field.arguments, unseen, errors);
    }
    seen
}

fn inputs(
    parent: &str,
    inputs: &[InputValue],
    unseen: &HashSet<&str>,
    errors: &mut Errors,
) -> usize {
    let mut seen = 0;
    for input in inputs {
        let at = format!("{parent}.{}", input.name);
        if !hidden(&input.directives) {
            seen += 1;
            reference(&at, &input.value_type, unseen, errors);
        } else if matches!(input.value_type, Type::NonNullType(_)) && input.default_value.is_none()
        {
            let words =
                format!("{at} is @inaccessible but required, so that nobody could give it.");
            errors.between("REQUIRED_INACCESSIBLE", at, words);
        }
    }
    seen
}

fn reference(at: &str, ty: &Type, unseen: &HashSet<&str>, errors: &mut Errors) {
    let name = sdl::base_name(ty);
    if unseen.contains(name) {
        let words = format!("{at} is visible to clients, but its type {name} is @inaccessible.");
        errors.between("REFERENCED_INACCESSIBLE", at, words);
    }
}
