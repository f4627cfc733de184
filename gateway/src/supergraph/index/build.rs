//! Building the index from a supergraph document: intern the names, translate the types, then add
//! up the demands and settle the cache marks.

use std::sync::Arc;

use graphql_tools::static_graphql::schema::{
    Definition, Directive, Document, Field, InputValue, Type, TypeDefinition, Value,
};

use super::super::{LoadError, introspection_types, sdl, subject};
use super::{
    CacheHint, Demand, FieldInfo, InputValueInfo, ListSize, Named, Personal, SchemaIndex,
    SubjectField, TypeId, TypeInfo, TypeKind, TypeRef, demands,
};
use crate::contract::directive::TOLD_SUBJECT;

/// Builds the index.
pub(crate) fn build(document: &Document) -> Result<SchemaIndex, LoadError> {
    let introspection = sdl::parse(introspection_types::TYPES).map_err(LoadError::Parse)?;
    let meta = sdl::parse(introspection_types::META_FIELDS).map_err(LoadError::Parse)?;
    let scalars = sdl::BUILT_IN_SCALARS
        .iter()
        .filter(|name| !sdl::types(document).any(|ty| sdl::name_of(ty) == **name))
        .map(|name| TypeDefinition::Scalar(scalar(name)))
        .collect::<Vec<_>>();
    let definitions: Vec<&TypeDefinition> = sdl::types(document)
        .filter(|ty| !sdl::is_machinery(sdl::name_of(ty)) && !sdl::name_of(ty).starts_with("__"))
        .chain(&scalars)
        .chain(sdl::types(&introspection))
        .collect();

    let mut names = Names::default();
    for definition in &definitions {
        names.intern(sdl::name_of(definition))?;
    }
    let mut types = Vec::with_capacity(definitions.len());
    for definition in &definitions {
        types.push(names.translate(definition)?);
    }
    link_abstract_types(&mut types, &definitions, &names)?;

    let roots = Roots::of(document);
    let root = |name: &str| names.by_name.get(name).copied();
    let query = root(&roots.query).ok_or(LoadError::NoQuery)?;
    let meta_field = |name: &str| -> Result<FieldInfo, LoadError> {
        let field = sdl::types(&meta)
            .find_map(|ty| match ty {
                TypeDefinition::Object(t) => t.fields.iter().find(|f| f.name == name),
                _ => None,
            })
            .ok_or(LoadError::NoQuery)?;
        names.field("Query", field)
    };
    let (typename, schema_field, type_field) = (
        meta_field("__typename")?,
        meta_field("__schema")?,
        meta_field("__type")?,
    );
    let mut index = SchemaIndex {
        query,
        mutation: root(&roots.mutation),
        subscription: root(&roots.subscription),
        by_name: names.by_name,
        types,
        typename: FieldInfo {
            cache: ALWAYS,
            ..typename
        },
        schema_field,
        type_field,
    };
    demands::add_up(&mut index, &definitions)?;
    settle_cache_hints(&mut index);
    check_subjects(&index)?;
    Ok(index)
}

/// `__typename` never keeps an answer from being cached.
const ALWAYS: CacheHint = CacheHint {
    max_age: Some(u32::MAX),
    public: true,
};

fn scalar(name: &str) -> graphql_tools::static_graphql::schema::ScalarType {
    graphql_tools::static_graphql::schema::ScalarType::new(name.to_owned())
}

/// The names of the root types.
pub(crate) struct Roots {
    pub(crate) query: String,
    pub(crate) mutation: String,
    pub(crate) subscription: String,
}

impl Roots {
    /// What the schema definition says; where it is silent the usual names count.
    pub(crate) fn of(document: &Document) -> Self {
        let mut roots = Self {
            query: "Query".to_owned(),
            mutation: "Mutation".to_owned(),
            subscription: "Subscription".to_owned(),
        };
        for definition in &document.definitions {
            if let Definition::SchemaDefinition(schema) = definition {
                for (slot, name) in [
                    (&mut roots.query, &schema.query),
                    (&mut roots.mutation, &schema.mutation),
                    (&mut roots.subscription, &schema.subscription),
                ] {
                    if let Some(name) = name {
                        slot.clone_from(name);
                    }
                }
            }
        }
        roots
    }
}

#[derive(Default)]
struct Names {
    by_name: ahash::HashMap<Arc<str>, TypeId>,
    names: Vec<Arc<str>>,
}

impl Names {
    fn intern(&mut self, name: &str) -> Result<(), LoadError> {
        let id = TypeId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name: Arc<str> = name.into();
        if self.by_name.insert(name.clone(), id).is_some() {
            return Err(LoadError::Twice(name.to_string()));
        }
        self.names.push(name);
        Ok(())
    }

    fn id(&self, coordinate: &str, name: &str) -> Result<TypeId, LoadError> {
        self.by_name
            .get(name)
            .copied()
            .ok_or_else(|| LoadError::UnknownType {
                coordinate: coordinate.to_owned(),
                name: name.to_owned(),
            })
    }

    fn type_ref(&self, coordinate: &str, ty: &Type) -> Result<TypeRef, LoadError> {
        Ok(match ty {
            Type::NamedType(name) => TypeRef::Named(self.id(coordinate, name)?),
            Type::ListType(inner) => TypeRef::List(Box::new(self.type_ref(coordinate, inner)?)),
            Type::NonNullType(inner) => {
                TypeRef::NonNull(Box::new(self.type_ref(coordinate, inner)?))
            }
        })
    }

    fn translate(&self, definition: &TypeDefinition) -> Result<TypeInfo, LoadError> {
        let name = sdl::name_of(definition);
        let directives = sdl::directives_of(definition);
        let id = self.id(name, name)?;
        let mut info = TypeInfo {
            id,
            name: self.names[id.index()].clone(),
            kind: TypeKind::Scalar,
            fields: Named::default(),
            possible_types: Vec::new(),
            interfaces: Vec::new(),
            enum_values: Vec::new(),
            input_fields: Named::default(),
            demand: Demand::of(directives),
            cache: cache_hint(directives),
            one_of: sdl::directive(directives, "oneOf").is_some(),
            inaccessible: sdl::directive(directives, "inaccessible").is_some(),
        };
        match definition {
            TypeDefinition::Scalar(_) => {}
            TypeDefinition::Object(t) => {
                info.kind = TypeKind::Object;
                info.fields = self.fields(name, &t.fields)?;
            }
            TypeDefinition::Interface(t) => {
                info.kind = TypeKind::Interface;
                info.fields = self.fields(name, &t.fields)?;
            }
            TypeDefinition::Union(_) => info.kind = TypeKind::Union,
            TypeDefinition::Enum(t) => {
                info.kind = TypeKind::Enum;
                let open = t
                    .values
                    .iter()
                    .filter(|value| sdl::directive(&value.directives, "inaccessible").is_none());
                info.enum_values = open.map(|value| value.name.as_str().into()).collect();
            }
            TypeDefinition::InputObject(t) => {
                info.kind = TypeKind::InputObject;
                info.demand = info.demand.and(&Demand::of_input(directives));
                info.input_fields = self.inputs(name, &t.fields)?;
            }
        }
        Ok(info)
    }

    fn fields(&self, parent: &str, fields: &[Field]) -> Result<Named<FieldInfo>, LoadError> {
        by_name(
            parent,
            fields.iter().map(|field| {
                let info = self.field(parent, field)?;
                Ok((info.name.clone(), info))
            }),
        )
    }

    fn field(&self, parent: &str, field: &Field) -> Result<FieldInfo, LoadError> {
        let coordinate = format!("{parent}.{}", field.name);
        let find = |name: &str| sdl::directive(&field.directives, name);
        let personal = match find("personal") {
            None => None,
            Some(directive) => Some(personal(directive).ok_or_else(|| {
                LoadError::Directive {
                    coordinate: coordinate.clone(),
                    reason:
                        "@personal needs a category, and as subject a selection of plain fields."
                            .to_owned(),
                }
            })?),
        };
        Ok(FieldInfo {
            name: field.name.as_str().into(),
            ty: self.type_ref(&coordinate, &field.field_type)?,
            args: self.inputs(&coordinate, &field.arguments)?,
            demand: Demand::of(&field.directives),
            cache: CacheHint::default(),
            own_cache: cache_hint(&field.directives),
            invalidates: find("cacheInvalidate")
                .map(|d| {
                    sdl::strings_argument(d, "types")
                        .into_iter()
                        .map(Arc::from)
                        .collect()
                })
                .unwrap_or_default(),
            personal,
            cost: find("cost").and_then(|d| sdl::count_argument(d, "weight")),
            list_size: find("listSize").map(list_size),
            inaccessible: find("inaccessible").is_some(),
        })
    }

    fn inputs(
        &self,
        parent: &str,
        inputs: &[InputValue],
    ) -> Result<Named<InputValueInfo>, LoadError> {
        by_name(
            parent,
            inputs.iter().map(|input| {
                let coordinate = format!("{parent}.{}", input.name);
                let name: Arc<str> = input.name.as_str().into();
                let info = InputValueInfo {
                    name: name.clone(),
                    ty: self.type_ref(&coordinate, &input.value_type)?,
                    default: input.default_value.as_ref().map(Value::into_static),
                    demand: Demand::of_input(&input.directives),
                    cost: sdl::directive(&input.directives, "cost")
                        .and_then(|d| sdl::count_argument(d, "weight")),
                    inaccessible: sdl::directive(&input.directives, "inaccessible").is_some(),
                };
                Ok((name, info))
            }),
        )
    }
}

/// Keeps all by their names, in their order. Positions are taken from the document too, which must not tell one twice.
fn by_name<T>(
    parent: &str,
    all: impl Iterator<Item = Result<(Arc<str>, T), LoadError>>,
) -> Result<Named<T>, LoadError> {
    let mut kept = Named::default();
    for one in all {
        let (name, one) = one?;
        if kept.contains_key(&name) {
            return Err(LoadError::Twice(format!("{parent}.{name}")));
        }
        kept.insert(name, one);
    }
    Ok(kept)
}

fn personal(directive: &Directive) -> Option<Personal> {
    let subject = sdl::string_argument(directive, "subject")?;
    let path = match subject {
        TOLD_SUBJECT => Vec::new(),
        fields => subject::parse(fields)?,
    };
    Some(Personal {
        category: sdl::string_argument(directive, "category")?.into(),
        subject: subject.into(),
        path,
    })
}

/// The subject of every personal field leads from its parent to ids, through fields that need no
/// argument, or is told beside the answer of a mutation; otherwise a disclosure could not say whom it concerns.
fn check_subjects(index: &SchemaIndex) -> Result<(), LoadError> {
    for info in &index.types {
        for field in info.fields.values() {
            let Some(personal) = &field.personal else {
                continue;
            };
            let leads = match personal.is_told() {
                true => index.mutation() == Some(info.id),
                false => leads_to_ids(index, info.id, &personal.path),
            };
            if !leads {
                return Err(LoadError::Directive {
                    coordinate: format!("{}.{}", info.name, field.name),
                    reason: format!(
                        "the subject of @personal, \"{}\", does not lead from {} to an id.",
                        personal.subject, info.name
                    ),
                });
            }
        }
    }
    Ok(())
}

fn leads_to_ids(index: &SchemaIndex, parent: TypeId, path: &[SubjectField]) -> bool {
    path.iter().all(|step| {
        let Some(field) = index.type_info(parent).fields.get(&step.name) else {
            return false;
        };
        let base = field.ty.base();
        let inside = index.type_info(base);
        !field.args.values().any(InputValueInfo::is_required)
            && if inside.kind.is_composite() {
                !step.inside.is_empty() && leads_to_ids(index, base, &step.inside)
            } else {
                step.inside.is_empty() && matches!(&*inside.name, "ID" | "String")
            }
    })
}

fn list_size(directive: &Directive) -> ListSize {
    let strings = |name| {
        sdl::strings_argument(directive, name)
            .into_iter()
            .map(Arc::from)
            .collect()
    };
    ListSize {
        assumed_size: sdl::count_argument(directive, "assumedSize"),
        slicing_arguments: strings("slicingArguments"),
        sized_fields: strings("sizedFields"),
    }
}

/// Reads `@cacheControl`. Without an explicit `scope: PUBLIC` nothing is public, and an age of 0
/// is no permission to keep anything.
fn cache_hint(directives: &[Directive]) -> Option<CacheHint> {
    sdl::directive(directives, "cacheControl").map(|directive| CacheHint {
        max_age: sdl::count_argument(directive, "maxAge").filter(|age| *age > 0),
        public: sdl::string_argument(directive, "scope") == Some("PUBLIC"),
    })
}

fn link_abstract_types(
    types: &mut [TypeInfo],
    definitions: &[&TypeDefinition],
    names: &Names,
) -> Result<(), LoadError> {
    for (position, definition) in definitions.iter().enumerate() {
        let id = types[position].id;
        let (interfaces, members): (&[String], &[String]) = match definition {
            TypeDefinition::Object(t) => (&t.implements_interfaces, &[]),
            TypeDefinition::Interface(t) => (&t.implements_interfaces, &[]),
            TypeDefinition::Union(t) => (&[], &t.types),
            _ => (&[], &[]),
        };
        for interface in interfaces {
            let interface = names.id(sdl::name_of(definition), interface)?;
            types[position].interfaces.push(interface);
            if types[position].kind == TypeKind::Object {
                types[interface.index()].possible_types.push(id);
            }
        }
        for member in members {
            let member = names.id(sdl::name_of(definition), member)?;
            types[position].possible_types.push(member);
        }
        if types[position].kind == TypeKind::Object {
            types[position].possible_types.push(id);
        }
    }
    for info in types {
        info.interfaces.sort_unstable();
        info.interfaces.dedup();
        info.possible_types.sort_unstable();
        info.possible_types.dedup();
    }
    Ok(())
}

/// A field's own mark counts first, then its return type's, then its parent's; and what demands
/// anything of the caller, or is personal data, is never public.
fn settle_cache_hints(index: &mut SchemaIndex) {
    let of_type: Vec<Option<CacheHint>> = index.types.iter().map(|t| t.cache).collect();
    for info in &mut index.types {
        let parent = info.cache;
        let parent_demand = !info.demand.is_none();
        for field in info.fields.values_mut() {
            field.cache = field
                .own_cache
                .or(of_type[field.ty.base().index()])
                .or(parent)
                .unwrap_or_default();
            field.cache.public &=
                field.demand.is_none() && !parent_demand && field.personal.is_none();
        }
    }
}
