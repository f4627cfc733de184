//! From the text of a document to operations that later stages can trust.
//!
//! In this order, each step bounded whatever comes in: the text is scanned (tokens, nesting),
//! parsed, counted with its fragments expanded, validated against the clients' schema, its
//! fragments inlined and its names resolved ([`select`]), its fields and values checked. All of it
//! depends on the text and the schema only, so that a [`Document`] is made once and kept; what
//! depends on the request (the choice of the operation, the [`variables`]) comes after.

pub mod count;
mod labels;
pub mod overlap;
pub mod scan;
pub mod select;
pub mod validate;
pub mod values;
pub mod variables;

use std::sync::Arc;

use graphql_tools::parser::query::parse_query;

use crate::config::Limits;
use crate::error::{ErrorCode, GraphQlError};
use crate::supergraph::Supergraph;
use count::{Bounds, Excess};
pub use select::{Defer, Field, Operation, OperationKind, Selection, SelectionId, What, When};
pub use variables::Variables;

/// The parser's own bound on nested brackets.
const PARSER_NESTING: usize = 50;
/// Fields, inline fragments and spreads nested in one another.
const HEIGHT: usize = 100;

/// A parsed and validated document.
#[derive(Debug)]
pub struct Document {
    /// Its text, under which it and its plans are kept.
    pub text: Arc<str>,
    /// Its operations in the order of the text.
    pub operations: Vec<Arc<Operation>>,
    /// A digest of it without its literals, by which the access log names it.
    pub digest: Arc<str>,
    /// The generation of the schema it was validated against.
    pub generation: u64,
}

impl Document {
    /// Parses and validates a document. CPU-bound; runs off the event loop, and may panic where the
    /// parser does: the caller catches that.
    ///
    /// # Errors
    /// What is wrong with the document, with locations, never with values.
    pub fn prepare(
        text: &str,
        supergraph: &Supergraph,
        limits: &Limits,
    ) -> Result<Self, Vec<GraphQlError>> {
        let refuse = |code: ErrorCode| vec![GraphQlError::new(code)];
        if text.len() > limits.document.as_usize() {
            return Err(refuse(ErrorCode::DocumentTooLarge));
        }
        let scan = scan::scan(text, limits.tokens, PARSER_NESTING);
        if scan.tokens > limits.tokens {
            return Err(refuse(ErrorCode::TooManyTokens));
        }
        if scan.directives > limits.directives {
            return Err(refuse(ErrorCode::TooManyDirectives));
        }
        if scan.nesting > PARSER_NESTING {
            return Err(refuse(ErrorCode::TooDeep));
        }
        let document = parse_query::<String>(text)
            .map_err(|error| vec![syntax(&error.to_string())])?
            .into_static();
        let bounds = Bounds {
            depth: limits.depth,
            aliases: limits.aliases,
            fields: limits.fields,
            root_fields: limits.root_fields,
            repeats: limits.same_name,
            height: HEIGHT,
        };
        count::count(&document, &bounds).map_err(|excess| match excess {
            Excess::Depth => refuse(ErrorCode::TooDeep),
            Excess::Aliases => refuse(ErrorCode::TooManyAliases),
            Excess::Fields => refuse(ErrorCode::TooManyFields),
            Excess::RootFields => refuse(ErrorCode::TooManyRootFields),
            Excess::Cycle => vec![
                GraphQlError::new(ErrorCode::GraphqlValidationFailed)
                    .saying("A fragment contains itself."),
            ],
        })?;
        validate::by_schema(&document, supergraph)?;
        let operations = select::build(&document, &supergraph.schema);
        for operation in &operations {
            validate::by_values(operation, supergraph)?;
        }
        Ok(Self {
            text: text.into(),
            digest: crate::record::line::document_digest(text).into(),
            operations: operations.into_iter().map(Arc::new).collect(),
            generation: supergraph.generation,
        })
    }

    /// The operation a request asks for.
    ///
    /// # Errors
    /// `OPERATION_NOT_FOUND`, or `OPERATION_NAME_REQUIRED` when there are several and no name.
    pub fn choose(&self, name: Option<&str>) -> Result<&Arc<Operation>, ErrorCode> {
        match (
            name.filter(|name| !name.is_empty()),
            self.operations.as_slice(),
        ) {
            (None, [only]) => Ok(only),
            (None, _) => Err(ErrorCode::OperationNameRequired),
            (Some(name), operations) => operations
                .iter()
                .find(|operation| operation.name.as_deref() == Some(name))
                .ok_or(ErrorCode::OperationNotFound),
        }
    }
}

/// The parser repeats the text it stumbled on, which may be a value: only the place is told.
fn syntax(told: &str) -> GraphQlError {
    let error = GraphQlError::new(ErrorCode::GraphqlParseFailed);
    let place = told.split_whitespace().find_map(|word| {
        let (line, column) = word.split_once(':')?;
        Some((line.parse().ok()?, column.parse().ok()?))
    });
    match place {
        Some((line, column)) => error.located(line, column),
        None => error,
    }
}
