//! The operations of the walk, as they are written: the way to a type, its fields, and values that fit the arguments.

use minzheng_gateway::supergraph::{FieldInfo, Supergraph, TypeId, TypeKind, TypeRef};
use serde_json::{Map, Value, json};

use super::walk::{Step, Way};

/// An operation with what it asks for.
pub(super) struct Asked {
    pub(super) text: String,
    pub(super) variables: Map<String, Value>,
    pub(super) leaves: Vec<Leaf>,
    /// `query`, `mutation` or `subscription`.
    pub(super) kind: &'static str,
}

/// A field that it asks for.
pub(super) struct Leaf {
    pub(super) coordinate: String,
    pub(super) path: Vec<String>,
    /// A name that stands nowhere else, to look for in what is fetched.
    pub(super) mark: Option<String>,
}

impl Asked {
    /// Writes the operation that asks a type for these fields; `serial` tells its marks from other operations'.
    pub(super) fn of(
        supergraph: &Supergraph,
        way: Way,
        (steps, ty): (&[Step], TypeId),
        fields: &[&FieldInfo],
        serial: usize,
    ) -> Self {
        let schema = &supergraph.schema;
        let mut writer = Writer {
            supergraph,
            variables: Map::new(),
            declared: Vec::new(),
            as_variables: way == Way::Alias,
        };
        let mut root = ty;
        let mut path = Vec::new();
        let mut open = String::new();
        let mut depth = 0;
        for step in steps {
            match step {
                Step::Field(parent, name) => {
                    if path.is_empty() && depth == 0 {
                        root = *parent;
                    }
                    let field = schema.field(*parent, name).unwrap();
                    open.push_str(&format!("{name}{} {{ ", writer.arguments(field)));
                    path.push(name.to_string());
                }
                Step::On(member) => {
                    open.push_str(&format!("... on {} {{ ", schema.type_info(*member).name));
                }
            }
            depth += 1;
        }
        let name = schema.type_info(ty).name.clone();
        let mut leaves = Vec::new();
        let mut selection = String::new();
        for (number, field) in fields.iter().enumerate() {
            let mark = matches!(way, Way::Alias | Way::Deferred | Way::Get)
                .then(|| format!("zq{serial}w{number}x"));
            let key = mark.clone().unwrap_or_else(|| field.name.to_string());
            let alias = mark
                .as_ref()
                .map(|mark| format!("{mark}: "))
                .unwrap_or_default();
            let inside = match schema.type_info(field.ty.base()).kind.is_composite() {
                true => " { __typename }",
                false => "",
            };
            let condition = match way {
                Way::Condition => " @include(if: $yes) @skip(if: $no)",
                _ => "",
            };
            selection.push_str(&format!(
                "{alias}{}{}{condition}{inside} ",
                field.name,
                writer.arguments(field)
            ));
            let mut leaf = path.clone();
            leaf.push(key);
            leaves.push(Leaf {
                coordinate: format!("{name}.{}", field.name),
                path: leaf,
                mark,
            });
        }
        let mut after = String::new();
        let selection = match way {
            Way::InlineFragment => format!("... on {name} {{ ... {{ {selection} }} }}"),
            Way::Deferred => format!("... @defer {{ {selection} }}"),
            Way::NamedFragment => {
                after = format!(
                    " fragment Outer on {name} {{ ...Inner }} fragment Inner on {name} {{ {selection} }}"
                );
                "...Outer".to_owned()
            }
            _ => selection,
        };
        if way == Way::Condition {
            writer.declared.push("$yes: Boolean = true".to_owned());
            writer.declared.push("$no: Boolean!".to_owned());
            writer.variables.insert("no".to_owned(), json!(false));
        }
        let kind = match Some(root) {
            root if root == schema.mutation() => "mutation",
            root if root == schema.subscription() => "subscription",
            _ => "query",
        };
        let declared = match writer.declared.is_empty() {
            true => String::new(),
            false => format!("({})", writer.declared.join(", ")),
        };
        Self {
            text: format!(
                "{kind} W{declared} {{ {open}{selection}{} }}{after}",
                " }".repeat(depth)
            ),
            variables: writer.variables,
            leaves,
            kind,
        }
    }
}

/// Writes the arguments that must be given.
struct Writer<'a> {
    supergraph: &'a Supergraph,
    variables: Map<String, Value>,
    declared: Vec<String>,
    as_variables: bool,
}

impl Writer<'_> {
    fn arguments(&mut self, field: &FieldInfo) -> String {
        let mut given = Vec::new();
        for argument in field
            .args
            .values()
            .filter(|argument| argument.is_required())
        {
            let value = self.value(&argument.ty);
            if self.as_variables {
                let name = format!("v{}", self.declared.len());
                self.declared
                    .push(format!("${name}: {}", self.print(&argument.ty)));
                given.push(format!("{}: ${name}", argument.name));
                self.variables.insert(name, plain(&value));
            } else {
                given.push(format!("{}: {}", argument.name, literal(&value)));
            }
        }
        match given.is_empty() {
            true => String::new(),
            false => format!("({})", given.join(", ")),
        }
    }

    fn print(&self, ty: &TypeRef) -> String {
        match ty {
            TypeRef::Named(id) => self.supergraph.schema.type_info(*id).name.to_string(),
            TypeRef::List(inner) => format!("[{}]", self.print(inner)),
            TypeRef::NonNull(inner) => format!("{}!", self.print(inner)),
        }
    }

    /// A value that fits the type; an enum's value is `{"$enum": …}`.
    fn value(&self, ty: &TypeRef) -> Value {
        let info = match ty {
            TypeRef::NonNull(inner) => return self.value(inner),
            TypeRef::List(inner) => return json!([self.value(inner)]),
            TypeRef::Named(id) => self.supergraph.schema.type_info(*id),
        };
        match (info.kind, &*info.name) {
            (TypeKind::Enum, _) => json!({ "$enum": &*info.enum_values[0] }),
            (TypeKind::InputObject, _) => {
                let mut fields = Map::new();
                for field in info.input_fields.values() {
                    if field.is_required() || (info.one_of && fields.is_empty()) {
                        fields.insert(field.name.to_string(), self.value(&field.ty));
                    }
                }
                Value::Object(fields)
            }
            (_, "Int") => json!(1),
            (_, "Float") => json!(1.5),
            (_, "Boolean") => json!(true),
            _ => json!("x"),
        }
    }
}

/// A value as it is written in a document.
fn literal(value: &Value) -> String {
    match value {
        Value::Object(fields) => match fields.get("$enum") {
            Some(name) => name.as_str().unwrap().to_owned(),
            None => {
                let fields = fields
                    .iter()
                    .map(|(name, value)| format!("{name}: {}", literal(value)));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
        },
        Value::Array(items) => {
            let items = items.iter().map(literal).collect::<Vec<_>>();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

/// A value as it is given in a variable.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => match fields.get("$enum") {
            Some(name) => name.clone(),
            None => fields
                .iter()
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect::<Map<_, _>>()
                .into(),
        },
        Value::Array(items) => items.iter().map(plain).collect(),
        other => other.clone(),
    }
}
