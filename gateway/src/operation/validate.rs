//! Validation against the clients' schema: the rules of the specification.
//!
//! Most rules are those of `graphql-tools`. Two are ours: field merging ([`overlap`](super::overlap),
//! because the stock rule is quadratic) and values of correct type ([`values`](super::values),
//! because the stock rule repeats the value in its message and gives no location).
//!
//! Invariant: runs only on a document whose expanded size was found to be within bounds.

use std::sync::LazyLock;

use graphql_tools::static_graphql::query::{Definition, Document, OperationDefinition};
use graphql_tools::validation::rules::{
    FieldsOnCorrectType, FragmentsOnCompositeTypes, KnownArgumentNames, KnownDirectives,
    KnownFragmentNames, KnownTypeNames, LeafFieldSelections, LoneAnonymousOperation,
    NoFragmentsCycle, NoUndefinedVariables, NoUnusedFragments, NoUnusedVariables,
    PossibleFragmentSpreads, ProvidedRequiredArguments, SingleFieldSubscriptions,
    UniqueArgumentNames, UniqueDirectivesPerLocation, UniqueFragmentNames, UniqueInputFieldNames,
    UniqueOperationNames, UniqueVariableNames, ValidationRule, VariablesAreInputTypes,
    VariablesInAllowedPosition,
};
use graphql_tools::validation::validate::{ValidationPlan, validate as run};

use super::labels;
use super::overlap::{self, Reason};
use super::select::{Operation, What};
use super::values::check_literal;
use super::variables::line;
use crate::error::{ErrorCode, GraphQlError};
use crate::supergraph::Supergraph;

/// No more errors than these are told of one document.
const MOST_ERRORS: usize = 20;

static RULES: LazyLock<ValidationPlan> = LazyLock::new(|| {
    let rules: Vec<Box<dyn ValidationRule>> = vec![
        Box::new(UniqueOperationNames::new()),
        Box::new(LoneAnonymousOperation::new()),
        Box::new(SingleFieldSubscriptions::new()),
        Box::new(KnownTypeNames::new()),
        Box::new(FragmentsOnCompositeTypes::new()),
        Box::new(VariablesAreInputTypes::new()),
        Box::new(LeafFieldSelections::new()),
        Box::new(FieldsOnCorrectType::new()),
        Box::new(UniqueFragmentNames::new()),
        Box::new(KnownFragmentNames::new()),
        Box::new(NoUnusedFragments::new()),
        Box::new(NoFragmentsCycle::new()),
        Box::new(PossibleFragmentSpreads::new()),
        Box::new(NoUnusedVariables::new()),
        Box::new(NoUndefinedVariables::new()),
        Box::new(KnownArgumentNames::new()),
        Box::new(UniqueArgumentNames::new()),
        Box::new(UniqueVariableNames::new()),
        Box::new(ProvidedRequiredArguments::new()),
        Box::new(KnownDirectives::new()),
        Box::new(VariablesInAllowedPosition::new()),
        Box::new(UniqueInputFieldNames::new()),
        Box::new(UniqueDirectivesPerLocation::new()),
    ];
    ValidationPlan::from(rules)
});

/// Applies the stock rules, which need nothing but the document and the clients' schema.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED`, up to twenty.
pub fn by_schema(document: &Document, supergraph: &Supergraph) -> Result<(), Vec<GraphQlError>> {
    let mut errors: Vec<GraphQlError> = run(supergraph.api.document(), document, &RULES)
        .into_iter()
        .take(MOST_ERRORS)
        .map(|error| {
            let mut told =
                GraphQlError::new(ErrorCode::GraphqlValidationFailed).saying(error.message);
            told.locations = error
                .locations
                .iter()
                .map(|p| (line(p.line), line(p.column)))
                .collect();
            told
        })
        .collect();
    let operations = document
        .definitions
        .iter()
        .filter(|d| matches!(d, Definition::Operation(_)))
        .count();
    if errors.is_empty() && operations == 0 {
        errors.push(failed("The document has no operation.".to_owned()));
    }
    for definition in &document.definitions {
        let missing = match definition {
            Definition::Operation(OperationDefinition::Mutation(_))
                if supergraph.schema.mutation().is_none() =>
            {
                "mutations"
            }
            Definition::Operation(OperationDefinition::Subscription(_))
                if supergraph.schema.subscription().is_none() =>
            {
                "subscriptions"
            }
            _ => continue,
        };
        errors.push(failed(format!("The schema has no {missing}.")));
    }
    errors.extend(labels::wrong(document));
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

/// Applies our rules to an operation whose names are all resolved.
///
/// # Errors
/// `GRAPHQL_VALIDATION_FAILED`, or `TOO_MANY_FIELDS` when the fields cannot be compared within bounds.
pub fn by_values(operation: &Operation, supergraph: &Supergraph) -> Result<(), Vec<GraphQlError>> {
    let schema = &supergraph.schema;
    let budget = operation
        .selections
        .len()
        .saturating_mul(64)
        .saturating_add(10_000);
    let conflicts = overlap::conflicts(operation, schema, budget)
        .map_err(|_| vec![GraphQlError::new(ErrorCode::TooManyFields)])?;
    let field = |id: usize| match &operation.selections[id].what {
        What::Field(field) => Some(field),
        What::On(_) => None,
    };
    let mut errors = Vec::new();
    for conflict in conflicts {
        let (Some(one), Some(other)) = (field(conflict.one), field(conflict.other)) else {
            continue;
        };
        let why = match conflict.reason {
            Reason::Fields => format!("{} and {} are different fields", one.name, other.name),
            Reason::Arguments => "they have differing arguments".to_owned(),
            Reason::Types => "they return conflicting types".to_owned(),
        };
        let error = failed(format!(
            "Fields \"{}\" conflict because {why}. Use different aliases on the fields.",
            one.key
        ));
        errors.push(
            error
                .located(line(one.position.line), line(one.position.column))
                .located(line(other.position.line), line(other.position.column)),
        );
    }
    for selection in &operation.selections {
        let What::Field(field) = &selection.what else {
            continue;
        };
        let Some(info) = schema.field(selection.parent, &field.name) else {
            continue;
        };
        for (name, value) in &field.arguments {
            let Some(argument) = info.args.get(name.as_str()) else {
                continue;
            };
            if let Err(misfit) = check_literal(value, &argument.ty, schema) {
                let parent = &schema.type_info(selection.parent).name;
                let error = failed(format!(
                    "Argument {parent}.{}({}:){} does not fit: {}.",
                    field.name, argument.name, misfit.path, misfit.reason
                ))
                .located(line(field.position.line), line(field.position.column));
                if !errors.contains(&error) {
                    errors.push(error);
                }
            }
        }
    }
    for variable in &operation.variables {
        let Some(default) = &variable.definition.default_value else {
            continue;
        };
        if let Err(misfit) = check_literal(default, &variable.ty, schema) {
            let position = variable.definition.position;
            errors.push(
                failed(format!(
                    "The default of ${}{} does not fit: {}.",
                    variable.name, misfit.path, misfit.reason
                ))
                .located(line(position.line), line(position.column)),
            );
        }
    }
    errors.truncate(MOST_ERRORS);
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors)
    }
}

pub(super) fn failed(message: String) -> GraphQlError {
    GraphQlError::new(ErrorCode::GraphqlValidationFailed).saying(message)
}
