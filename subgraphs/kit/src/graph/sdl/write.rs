//! Printing a schema's definitions as text, in a fixed order.

use std::{
    collections::BTreeSet,
    fmt::{self, Write},
};

use async_graphql::parser::types::{
    ConstDirective, DirectiveDefinition, FieldDefinition, InputValueDefinition, TypeDefinition,
    TypeKind,
};
use async_graphql::{Positioned, Value};

use super::{FEDERATION, OUR_SPECIFICATION, OURS};

pub(super) fn write_header(out: &mut String, used: &BTreeSet<String>) -> fmt::Result {
    let ours: Vec<&String> = used.iter().filter(|d| OURS.contains(&d.as_str())).collect();
    let mut imports: Vec<String> = used
        .iter()
        .filter(|d| FEDERATION.contains(&d.as_str()))
        .map(|d| format!("\"@{d}\""))
        .collect();
    if !ours.is_empty() {
        imports.push("\"@composeDirective\"".to_owned());
        imports.sort();
    }
    writeln!(out, "extend schema")?;
    writeln!(
        out,
        "  @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [{}])",
        imports.join(", ")
    )?;
    if !ours.is_empty() {
        let names: Vec<String> = ours.iter().map(|d| format!("\"@{d}\"")).collect();
        writeln!(
            out,
            "  @link(url: \"{OUR_SPECIFICATION}\", import: [{}])",
            names.join(", ")
        )?;
        for name in names {
            writeln!(out, "  @composeDirective(name: {name})")?;
        }
    }
    writeln!(out)
}

fn write_description(
    out: &mut String,
    indent: &str,
    description: Option<&Positioned<String>>,
) -> fmt::Result {
    let Some(text) = description
        .map(|d| d.node.trim())
        .filter(|text| !text.is_empty())
    else {
        return Ok(());
    };
    let text = text.replace("\"\"\"", "\\\"\"\"");
    writeln!(out, "{indent}\"\"\"")?;
    for line in text.lines() {
        writeln!(out, "{}", format!("{indent}{}", line.trim()).trim_end())?;
    }
    writeln!(out, "{indent}\"\"\"")
}

fn write_directives(out: &mut String, directives: &[Positioned<ConstDirective>]) -> fmt::Result {
    for directive in directives {
        write!(out, " @{}", directive.node.name.node)?;
        let arguments = &directive.node.arguments;
        if !arguments.is_empty() {
            let text: Vec<String> = arguments
                .iter()
                .map(|(name, value)| format!("{}: {}", name.node, value.node))
                .collect();
            write!(out, "({})", text.join(", "))?;
        }
    }
    Ok(())
}

fn write_input(out: &mut String, indent: &str, input: &InputValueDefinition) -> fmt::Result {
    write_description(out, indent, input.description.as_ref())?;
    write!(out, "{indent}{}: {}", input.name.node, input.ty.node)?;
    if let Some(default) = &input.default_value
        && default.node != Value::Null
    {
        write!(out, " = {}", default.node)?;
    }
    write_directives(out, &input.directives)
}

fn write_arguments(
    out: &mut String,
    indent: &str,
    arguments: &[Positioned<InputValueDefinition>],
) -> fmt::Result {
    if arguments.is_empty() {
        return Ok(());
    }
    writeln!(out, "(")?;
    let deeper = format!("{indent}  ");
    for argument in arguments {
        write_input(out, &deeper, &argument.node)?;
        writeln!(out)?;
    }
    write!(out, "{indent})")
}

fn write_fields(out: &mut String, fields: &[Positioned<FieldDefinition>]) -> fmt::Result {
    for field in fields {
        let field = &field.node;
        write_description(out, "  ", field.description.as_ref())?;
        write!(out, "  {}", field.name.node)?;
        write_arguments(out, "  ", &field.arguments)?;
        write!(out, ": {}", field.ty.node)?;
        write_directives(out, &field.directives)?;
        writeln!(out)?;
    }
    Ok(())
}

pub(super) fn write_directive_definition(
    out: &mut String,
    directive: &DirectiveDefinition,
) -> fmt::Result {
    write_description(out, "", directive.description.as_ref())?;
    write!(out, "directive @{}", directive.name.node)?;
    if !directive.arguments.is_empty() {
        let text: Vec<String> = directive
            .arguments
            .iter()
            .map(|a| format!("{}: {}", a.node.name.node, a.node.ty.node))
            .collect();
        write!(out, "({})", text.join(", "))?;
    }
    // The parser says of every directive that it is repeatable; none of ours is.
    let locations: Vec<String> = directive
        .locations
        .iter()
        .map(|location| screaming(&format!("{:?}", location.node)))
        .collect();
    writeln!(out, " on {}\n", locations.join(" | "))
}

/// `FieldDefinition` to `FIELD_DEFINITION`.
fn screaming(camel: &str) -> String {
    let mut out = String::new();
    for (place, letter) in camel.chars().enumerate() {
        if place > 0 && letter.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(letter.to_ascii_uppercase());
    }
    out
}

fn names<T: fmt::Display>(names: &[Positioned<T>], separator: &str) -> String {
    let names: Vec<String> = names.iter().map(|name| name.node.to_string()).collect();
    names.join(separator)
}

pub(super) fn write_type(out: &mut String, ty: &TypeDefinition) -> fmt::Result {
    let (keyword, implements) = match &ty.kind {
        TypeKind::Scalar => ("scalar", None),
        TypeKind::Object(object) => ("type", Some(&object.implements)),
        TypeKind::Interface(interface) => ("interface", Some(&interface.implements)),
        TypeKind::Union(_) => ("union", None),
        TypeKind::Enum(_) => ("enum", None),
        TypeKind::InputObject(_) => ("input", None),
    };
    if let TypeKind::Object(object) = &ty.kind
        && object.fields.is_empty()
    {
        return Ok(());
    }
    write_description(out, "", ty.description.as_ref())?;
    write!(out, "{keyword} {}", ty.name.node)?;
    if let Some(implements) = implements.filter(|list| !list.is_empty()) {
        write!(out, " implements {}", names(implements, " & "))?;
    }
    write_directives(out, &ty.directives)?;
    match &ty.kind {
        TypeKind::Scalar => return writeln!(out, "\n"),
        TypeKind::Union(union) => {
            return writeln!(out, " = {}\n", names(&union.members, " | "));
        }
        _ => writeln!(out, " {{")?,
    }
    match &ty.kind {
        TypeKind::Object(object) => write_fields(out, &object.fields)?,
        TypeKind::Interface(interface) => write_fields(out, &interface.fields)?,
        TypeKind::InputObject(input) => {
            for field in &input.fields {
                write_input(out, "  ", &field.node)?;
                writeln!(out)?;
            }
        }
        TypeKind::Enum(values) => {
            for value in &values.values {
                write_description(out, "  ", value.node.description.as_ref())?;
                write!(out, "  {}", value.node.value.node)?;
                write_directives(out, &value.node.directives)?;
                writeln!(out)?;
            }
        }
        TypeKind::Scalar | TypeKind::Union(_) => {}
    }
    writeln!(out, "}}\n")
}
