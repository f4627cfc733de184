//! Writing schema documents: one deterministic form for the supergraph, for `schema.graphql` and
//! for default values in introspection.
//!
//! The parser crate has a printer of its own, but it drops characters beyond the basic plane (names
//! of places and persons have them) and runs everything together; this one follows the layout that
//! `graphql-js` prints, with one directive per line on types, as supergraphs are usually written.

use std::fmt::Write as _;

use graphql_tools::static_graphql::schema::{
    Definition, Directive, DirectiveDefinition, Document, Field, InputValue, SchemaDefinition,
    Type, TypeDefinition, Value,
};

/// Descriptions up to this many characters stay on one line.
const SHORT_DESCRIPTION: usize = 90;

/// Prints a document, its definitions in the order in which they stand.
#[must_use]
pub fn document(document: &Document) -> String {
    let mut out = String::with_capacity(64 * 1024);
    for definition in &document.definitions {
        if !out.is_empty() {
            out.push('\n');
        }
        match definition {
            Definition::SchemaDefinition(schema) => schema_definition(&mut out, schema),
            Definition::DirectiveDefinition(directive) => {
                directive_definition(&mut out, directive);
            }
            Definition::TypeDefinition(ty) => type_definition(&mut out, ty),
            // Extensions are folded into their types before anything is printed.
            Definition::TypeExtension(_) => {}
        }
    }
    out
}

/// Prints a type with its wrappers, for example `[Place!]!`.
#[must_use]
pub fn type_ref(ty: &Type) -> String {
    match ty {
        Type::NamedType(name) => name.clone(),
        Type::ListType(inner) => format!("[{}]", type_ref(inner)),
        Type::NonNullType(inner) => format!("{}!", type_ref(inner)),
    }
}

/// Prints a constant value in GraphQL's own notation.
#[must_use]
pub fn value(value: &Value) -> String {
    let mut out = String::new();
    write_value(&mut out, value);
    out
}

fn write_value(out: &mut String, value: &Value) {
    match value {
        Value::Variable(name) => {
            out.push('$');
            out.push_str(name);
        }
        Value::Int(number) => {
            let _ = write!(out, "{}", number.as_i64().unwrap_or_default());
        }
        // The debug form keeps a fraction or an exponent, so that a float stays a float.
        Value::Float(number) => {
            let _ = write!(out, "{number:?}");
        }
        Value::String(text) => quoted(out, text),
        Value::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Null => out.push_str("null"),
        Value::Enum(name) => out.push_str(name),
        Value::List(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                write_value(out, item);
            }
            out.push(']');
        }
        Value::Object(fields) => {
            out.push('{');
            for (i, (name, value)) in fields.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                out.push_str(name);
                out.push_str(": ");
                write_value(out, value);
            }
            out.push('}');
        }
    }
}

fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

fn description(out: &mut String, text: Option<&String>, indent: &str) {
    let Some(text) = text.filter(|t| !t.trim().is_empty()) else {
        return;
    };
    out.push_str(indent);
    let odd = text.chars().any(|c| c.is_control() && c != '\n');
    if odd {
        quoted(out, text);
    } else if !text.contains('\n')
        && text.chars().count() <= SHORT_DESCRIPTION
        && !text.ends_with(['"', '\\'])
    {
        let _ = write!(out, "\"\"\"{}\"\"\"", text.replace("\"\"\"", "\\\"\"\""));
    } else {
        out.push_str("\"\"\"\n");
        for line in text.lines() {
            if !line.trim().is_empty() {
                out.push_str(indent);
                out.push_str(&line.trim_end().replace("\"\"\"", "\\\"\"\""));
            }
            out.push('\n');
        }
        out.push_str(indent);
        out.push_str("\"\"\"");
    }
    out.push('\n');
}

/// A directive as it is applied, for example `@join__type(graph: PLACES, key: "id")`.
#[must_use]
pub fn directive(directive: &Directive) -> String {
    let mut out = format!("@{}", directive.name);
    if !directive.arguments.is_empty() {
        out.push('(');
        for (i, (name, value)) in directive.arguments.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            out.push_str(name);
            out.push_str(": ");
            write_value(&mut out, value);
        }
        out.push(')');
    }
    out
}

/// Directives of a type, one a line; the block that follows opens on its own line then.
fn type_directives(out: &mut String, directives: &[Directive]) {
    for d in directives {
        out.push_str("\n  ");
        out.push_str(&directive(d));
    }
}

fn inline_directives(out: &mut String, directives: &[Directive]) {
    for d in directives {
        out.push(' ');
        out.push_str(&directive(d));
    }
}

fn open(out: &mut String, directives: &[Directive]) {
    out.push_str(if directives.is_empty() {
        " {\n"
    } else {
        "\n{\n"
    });
}

fn schema_definition(out: &mut String, schema: &SchemaDefinition) {
    out.push_str("schema");
    type_directives(out, &schema.directives);
    open(out, &schema.directives);
    let roots = [
        ("query", &schema.query),
        ("mutation", &schema.mutation),
        ("subscription", &schema.subscription),
    ];
    for (operation, name) in roots {
        if let Some(name) = name {
            let _ = writeln!(out, "  {operation}: {name}");
        }
    }
    out.push_str("}\n");
}

fn directive_definition(out: &mut String, definition: &DirectiveDefinition) {
    description(out, definition.description.as_ref(), "");
    out.push_str("directive @");
    out.push_str(&definition.name);
    arguments(out, &definition.arguments, "");
    if definition.repeatable {
        out.push_str(" repeatable");
    }
    let locations: Vec<_> = definition.locations.iter().map(|l| l.as_str()).collect();
    let _ = writeln!(out, " on {}", locations.join(" | "));
}

fn type_definition(out: &mut String, ty: &TypeDefinition) {
    match ty {
        TypeDefinition::Scalar(t) => {
            description(out, t.description.as_ref(), "");
            out.push_str("scalar ");
            out.push_str(&t.name);
            type_directives(out, &t.directives);
            out.push('\n');
        }
        TypeDefinition::Object(t) => {
            description(out, t.description.as_ref(), "");
            let _ = write!(out, "type {}", t.name);
            implements(out, &t.implements_interfaces);
            type_directives(out, &t.directives);
            fields(out, &t.fields, &t.directives);
        }
        TypeDefinition::Interface(t) => {
            description(out, t.description.as_ref(), "");
            let _ = write!(out, "interface {}", t.name);
            implements(out, &t.implements_interfaces);
            type_directives(out, &t.directives);
            fields(out, &t.fields, &t.directives);
        }
        TypeDefinition::Union(t) => {
            description(out, t.description.as_ref(), "");
            let _ = write!(out, "union {}", t.name);
            type_directives(out, &t.directives);
            let _ = writeln!(out, " = {}", t.types.join(" | "));
        }
        TypeDefinition::Enum(t) => {
            description(out, t.description.as_ref(), "");
            let _ = write!(out, "enum {}", t.name);
            type_directives(out, &t.directives);
            open(out, &t.directives);
            for (i, value) in t.values.iter().enumerate() {
                gap(out, i, value.description.as_ref());
                description(out, value.description.as_ref(), "  ");
                let _ = write!(out, "  {}", value.name);
                inline_directives(out, &value.directives);
                out.push('\n');
            }
            out.push_str("}\n");
        }
        TypeDefinition::InputObject(t) => {
            description(out, t.description.as_ref(), "");
            let _ = write!(out, "input {}", t.name);
            type_directives(out, &t.directives);
            open(out, &t.directives);
            for (i, field) in t.fields.iter().enumerate() {
                gap(out, i, field.description.as_ref());
                description(out, field.description.as_ref(), "  ");
                out.push_str("  ");
                input_value(out, field);
                out.push('\n');
            }
            out.push_str("}\n");
        }
    }
}

fn implements(out: &mut String, interfaces: &[String]) {
    if !interfaces.is_empty() {
        let _ = write!(out, " implements {}", interfaces.join(" & "));
    }
}

/// What is described stands apart from what precedes it.
fn gap(out: &mut String, position: usize, description: Option<&String>) {
    if position > 0 && description.is_some() {
        out.push('\n');
    }
}

fn fields(out: &mut String, fields: &[Field], directives: &[Directive]) {
    open(out, directives);
    for (i, field) in fields.iter().enumerate() {
        gap(out, i, field.description.as_ref());
        description(out, field.description.as_ref(), "  ");
        out.push_str("  ");
        out.push_str(&field.name);
        arguments(out, &field.arguments, "  ");
        out.push_str(": ");
        out.push_str(&type_ref(&field.field_type));
        inline_directives(out, &field.directives);
        out.push('\n');
    }
    out.push_str("}\n");
}

fn arguments(out: &mut String, arguments: &[InputValue], indent: &str) {
    if arguments.is_empty() {
        return;
    }
    out.push('(');
    if arguments.iter().any(|a| a.description.is_some()) {
        let inner = format!("{indent}  ");
        out.push('\n');
        for (i, argument) in arguments.iter().enumerate() {
            gap(out, i, argument.description.as_ref());
            description(out, argument.description.as_ref(), &inner);
            out.push_str(&inner);
            input_value(out, argument);
            out.push('\n');
        }
        out.push_str(indent);
    } else {
        for (i, argument) in arguments.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            input_value(out, argument);
        }
    }
    out.push(')');
}

fn input_value(out: &mut String, input: &InputValue) {
    let _ = write!(out, "{}: {}", input.name, type_ref(&input.value_type));
    if let Some(default) = &input.default_value {
        out.push_str(" = ");
        write_value(out, default);
    }
    inline_directives(out, &input.directives);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::super::sdl;

    #[test]
    fn what_is_printed_reads_back_as_the_same_document() {
        let text = r#"
            "A \"quoted\" word 𠮷." directive @d(a: [Int!] = [1, 2], b: In = {x: "\n", y: 1.0}) repeatable on OBJECT | FIELD_DEFINITION
            """Two
            lines, the second ends with a quote" """
            type T implements I & J @d @d(a: 3) { "f" a("x" x: Int = 3, y: [E!]! = [A]): [T!]! @deprecated(reason: "no") b: ID }
            interface I { b: ID } interface J implements I { b: ID }
            union U @d = T | T2  enum E { "first" A B @deprecated } input In { x: String = "a" y: Float }
            scalar S @specifiedBy(url: "https://example.org") type T2 { a: Int }
        "#;
        let once = super::document(&sdl::parse(text).unwrap());
        let twice = super::document(&sdl::parse(&once).unwrap());
        assert_eq!(once, twice);
        assert!(once.contains("𠮷") && once.contains("y: 1.0"));
    }
}
