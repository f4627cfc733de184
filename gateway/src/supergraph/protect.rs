//! A ready supergraph may call the directives that protect by other names: `@link(url: ".../policy/v0.1",
//! as: "rule")`, or an import with `as`. Everything behind reads them by their own names, so they are
//! given those back before anything is derived. A feature that the supergraph says is needed for security
//! and that we do not know refuses the whole schema: to go on without it would open what it closes.

use std::collections::HashMap;

use graphql_tools::static_graphql::schema::{
    Definition, Directive, Document, Field, InputValue, TypeDefinition, Value,
};

use super::{LoadError, sdl};

/// The directives that protect, by their own names, which are also the names of their specifications.
const PROTECTING: [&str; 4] = ["authenticated", "requiresScopes", "policy", "inaccessible"];

/// Specifications whose meaning for execution and security is known here.
const KNOWN: [&str; 9] = [
    "link",
    "core",
    "join",
    "tag",
    "cost",
    "authenticated",
    "requiresScopes",
    "policy",
    "inaccessible",
];

/// Gives the protecting directives of a supergraph their own names.
///
/// # Errors
/// [`LoadError::Directive`] when the supergraph needs a feature that is not known here, or when one name
/// stands for two directives.
pub(super) fn rename(document: &mut Document) -> Result<(), LoadError> {
    let mut names: HashMap<String, &'static str> = HashMap::new();
    for definition in &document.definitions {
        if let Definition::SchemaDefinition(schema) = definition {
            for link in schema.directives.iter().filter(|d| d.name == "link") {
                read(link, &mut names)?;
            }
        }
    }
    names.retain(|local, own| local != own);
    if names.is_empty() {
        return Ok(());
    }
    for definition in &mut document.definitions {
        match definition {
            Definition::DirectiveDefinition(directive) => {
                if let Some(own) = names.get(&directive.name) {
                    directive.name = (*own).to_owned();
                }
            }
            Definition::TypeDefinition(ty) => in_type(ty, &names),
            Definition::SchemaDefinition(_) | Definition::TypeExtension(_) => {}
        }
    }
    Ok(())
}

fn read(link: &Directive, names: &mut HashMap<String, &'static str>) -> Result<(), LoadError> {
    let refuse = |reason: String| LoadError::Directive {
        coordinate: "schema".to_owned(),
        reason,
    };
    let Some(url) = sdl::string_argument(link, "url") else {
        return Ok(());
    };
    let spec = specification(url);
    let needed = matches!(sdl::argument(link, "for"), Some(Value::Enum(_)));
    if needed && !spec.is_some_and(|spec| KNOWN.contains(&spec)) {
        return Err(refuse(format!(
            "the supergraph needs the feature {url}, which this gateway does not know; compose it \
             without, or use a gateway that does."
        )));
    }
    let Some(own) = PROTECTING.iter().find(|own| Some(**own) == spec) else {
        return Ok(());
    };
    let mut locals = vec![sdl::string_argument(link, "as").unwrap_or(own)];
    if let Some(Value::List(imports)) = sdl::argument(link, "import") {
        for import in imports {
            let Value::Object(entries) = import else {
                if let Value::String(name) = import
                    && name.strip_prefix('@') == Some(own)
                {
                    locals.push(own);
                }
                continue;
            };
            let entry = |key: &str| {
                entries.iter().find_map(|(name, value)| match value {
                    Value::String(text) if name == key => Some(text.as_str()),
                    _ => None,
                })
            };
            if entry("name").and_then(|name| name.strip_prefix('@')) == Some(own) {
                locals.push(entry("as").unwrap_or(own).trim_start_matches('@'));
            }
        }
    }
    for local in locals {
        if let Some(before) = names.insert(local.to_owned(), own)
            && before != *own
        {
            return Err(refuse(format!(
                "@{local} stands for both @{before} and @{own}; give each its own name."
            )));
        }
    }
    Ok(())
}

/// The name of a specification by its address: the last part but one, `https://…/NAME/v1.0`.
fn specification(url: &str) -> Option<&str> {
    let (front, version) = url.trim_end_matches('/').rsplit_once('/')?;
    let digits = version.strip_prefix('v')?;
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    front.rsplit_once('/').map(|(_, name)| name)
}

fn in_type(ty: &mut TypeDefinition, names: &HashMap<String, &'static str>) {
    let here = |directives: &mut Vec<Directive>| {
        for directive in directives {
            if let Some(own) = names.get(&directive.name) {
                directive.name = (*own).to_owned();
            }
        }
    };
    let inputs = |inputs: &mut Vec<InputValue>| {
        for input in inputs {
            here(&mut input.directives);
        }
    };
    let fields = |fields: &mut Vec<Field>| {
        for field in fields {
            here(&mut field.directives);
            inputs(&mut field.arguments);
        }
    };
    match ty {
        TypeDefinition::Scalar(t) => here(&mut t.directives),
        TypeDefinition::Object(t) => {
            here(&mut t.directives);
            fields(&mut t.fields);
        }
        TypeDefinition::Interface(t) => {
            here(&mut t.directives);
            fields(&mut t.fields);
        }
        TypeDefinition::Union(t) => here(&mut t.directives),
        TypeDefinition::Enum(t) => {
            here(&mut t.directives);
            for value in &mut t.values {
                here(&mut value.directives);
            }
        }
        TypeDefinition::InputObject(t) => {
            here(&mut t.directives);
            inputs(&mut t.fields);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use crate::supergraph::{LoadError, Supergraph};

    const JOIN: &str = r#"
        enum join__Graph { A @join__graph(name: "a", url: "") }
        type Query { open: Int closed: Int @shut admin: Int @scoped(scopes: [["x"]]) ruled: Int @rule(policies: [["p"]]) hidden: Int @veiled }
    "#;

    fn load(links: &str) -> Result<Supergraph, LoadError> {
        Supergraph::load(&format!("schema {links} {{ query: Query }}\n{JOIN}"), 1)
    }

    #[test]
    fn a_renamed_protection_of_a_ready_supergraph_protects() {
        let supergraph = load(
            r#"
            @link(url: "https://specs.apollo.dev/link/v1.0")
            @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION)
            @link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "shut", for: SECURITY)
            @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", import: [{ name: "@requiresScopes", as: "@scoped" }], for: SECURITY)
            @link(url: "https://elsewhere.example/policy/v0.1", as: "rule", for: SECURITY)
            @link(url: "https://specs.apollo.dev/inaccessible/v0.2", as: "veiled", for: SECURITY)
            "#,
        )
        .unwrap();
        let schema = &supergraph.schema;
        let field = |name: &str| schema.field(schema.query(), name).unwrap();
        assert!(field("open").demand.is_none());
        assert!(field("closed").demand.authenticated);
        assert_eq!(&*field("admin").demand.scopes[0][0], "x");
        assert_eq!(&*field("ruled").demand.policies[0][0], "p");
        assert!(field("hidden").inaccessible);
        assert!(!supergraph.api.sdl.contains("hidden"));
    }

    #[test]
    fn an_unknown_feature_that_is_needed_refuses_the_schema() {
        for need in ["SECURITY", "EXECUTION"] {
            let link =
                format!(r#"@link(url: "https://specs.apollo.dev/fortress/v1.0", for: {need})"#);
            let error = load(&link).unwrap_err().to_string();
            assert!(
                error.contains("fortress/v1.0, which this gateway does not know"),
                "{error}"
            );
        }
        assert!(load(r#"@link(url: "https://specs.apollo.dev/fortress/v1.0")"#).is_ok());
    }

    #[test]
    fn one_name_never_stands_for_two_protections() {
        let error = load(
            r#"
            @link(url: "https://specs.apollo.dev/authenticated/v0.1", as: "shut")
            @link(url: "https://specs.apollo.dev/policy/v0.1", as: "shut")
            "#,
        );
        assert!(error.is_err());
    }
}
