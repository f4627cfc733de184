//! Documents and variables that are refused, each with its code and without any value.

use serde_json::{Value, json};

use super::super::*;
use super::mock::World;
use super::shop;

async fn refused(world: &World, request: GraphQlRequest) -> (ErrorCode, Value) {
    let answer = world.answer(request).await;
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert!(body.get("data").is_none(), "{body}");
    match answer.outcome {
        Outcome::RequestError(code) => (code, body),
        Outcome::Ok => panic!("{body}"),
    }
}

fn query(text: &str) -> GraphQlRequest {
    GraphQlRequest {
        query: Some(text.to_owned()),
        ..GraphQlRequest::default()
    }
}

#[tokio::test]
async fn each_bad_document_has_its_code() {
    use ErrorCode as E;
    let long_name = "a".repeat(200_000);
    let aliases: String = (0..101).map(|i| format!("a{i}: __typename ")).collect();
    let many: String = "me { id } ".repeat(50_000);
    let repeated = "me { id } ".repeat(33);
    let deep = format!("{}{}", "{ me ".repeat(10_000), "}".repeat(10_000));
    let nested_value = format!(
        "{{ product(id: {}1{}) {{ id }} }}",
        "[".repeat(100),
        "]".repeat(100)
    );
    let wide: String = (0..70).map(|_| "touch ").collect();
    let table: Vec<(String, E)> = vec![
        ("".into(), E::GraphqlParseFailed),
        ("{".into(), E::GraphqlParseFailed),
        ("{ me { id }".into(), E::GraphqlParseFailed),
        (
            "{ product(id: \"4404secret\" }".into(),
            E::GraphqlParseFailed,
        ),
        ("{ me { id } } }".into(), E::GraphqlParseFailed),
        (
            "{ product(id: 99999999999999999999) { id } }".into(),
            E::GraphqlParseFailed,
        ),
        (format!("{{ {long_name} }}"), E::DocumentTooLarge),
        (format!("{{ {aliases} }}"), E::TooManyAliases),
        (format!("{{ {many} }}"), E::DocumentTooLarge),
        (format!("{{ {} }}", "x ".repeat(20_000)), E::TooManyTokens),
        (format!("{{ {repeated} }}"), E::TooManyFields),
        (format!("mutation {{ {wide} }}"), E::TooManyRootFields),
        (
            format!("{{ me {{ id {} }} }}", "@skip(if: false) ".repeat(201)),
            E::TooManyDirectives,
        ),
        (deep.clone(), E::TooDeep),
        (nested_value, E::TooDeep),
        ("{ nope }".into(), E::GraphqlValidationFailed),
        ("{ me { nope } }".into(), E::GraphqlValidationFailed),
        ("{ me }".into(), E::GraphqlValidationFailed),
        ("{ me { id { x } } }".into(), E::GraphqlValidationFailed),
        ("{ product { id } }".into(), E::GraphqlValidationFailed),
        (
            "{ product(id: true) { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "{ product(id: null) { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "{ product(id: {a: \"4404secret\"}) { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "{ product(id: \"1\", no: \"4404secret\") { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "query($a: ID!) { me { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "{ product(id: $a) { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "query($a: Boolean) { product(id: $a) { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "query($a: Product) { me { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "query($a: Int = \"4404secret\") { me { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        ("{ me @skip { id } }".into(), E::GraphqlValidationFailed),
        ("{ me @nope { id } }".into(), E::GraphqlValidationFailed),
        ("{ ...f }".into(), E::GraphqlValidationFailed),
        (
            "{ me { id } } fragment f on User { id }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "{ me { ...f } } fragment f on Product { id }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "{ me { ...f } } fragment f on User { reviews { author { ...f } } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "fragment f on User { id }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "{ me { id } } { me { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "{ me { a: id a: nick } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "{ product(id: 1) { id } product(id: 2) { id } }".into(),
            E::GraphqlValidationFailed,
        ),
        (
            "{ search { ... on Product { x: name } ... on Book { x: price } } }".into(),
            E::GraphqlValidationFailed,
        ),
        ("subscription { x }".into(), E::GraphqlValidationFailed),
        (
            "{ _entities(representations: []) { __typename } }".into(),
            E::GraphqlValidationFailed,
        ),
        ("{ _service { sdl } }".into(), E::GraphqlValidationFailed),
        (
            "query A { me { id } } query B { me { id } }".into(),
            E::OperationNameRequired,
        ),
        // A block string whose indentation is of different widths in bytes makes the parser panic.
        (
            "{ product(id: \"\"\"\n a\n\u{3000}b\n\"\"\") { id } }".into(),
            E::GraphqlParseFailed,
        ),
    ];
    let world = shop();
    for (text, expected) in table {
        let shown: String = text.chars().take(80).collect();
        let start = Instant::now();
        let (code, body) = refused(&world, query(&text)).await;
        assert_eq!(code, expected, "{shown}: {body}");
        assert!(!body.to_string().contains("4404secret"), "{body}");
        assert!(
            start.elapsed().as_secs() < 30,
            "{shown}: {:?}",
            start.elapsed()
        );
    }
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_located() {
    let world = shop();
    let (_, body) = refused(&world, query("{\n  me {\n    nope\n  }\n}")).await;
    assert_eq!(
        body["errors"][0]["locations"],
        json!([{"line": 3, "column": 5}])
    );
    assert_eq!(
        body["errors"][0]["message"],
        "Cannot query field \"nope\" on type \"User\"."
    );
    let (_, body) = refused(&world, query("{ product(id: true) { id } }")).await;
    assert_eq!(
        body["errors"][0]["locations"],
        json!([{"line": 1, "column": 3}])
    );
    assert_eq!(
        body["errors"][0]["message"],
        "Argument Query.product(id:) does not fit: expected type ID!."
    );
    let (_, body) = refused(&world, query("{ me ")).await;
    assert!(body["errors"][0]["locations"][0]["line"].is_u64(), "{body}");
}

#[tokio::test]
async fn the_operation_is_chosen_by_name() {
    let world = shop();
    let text = "query A { product(id: \"2\") { id } } query B { a: product(id: \"2\") { id } }";
    let named = |name: &str| GraphQlRequest {
        operation_name: Some(name.to_owned()),
        ..query(text)
    };
    let answer = world.answer(named("B")).await;
    assert_eq!(&answer.body[..], br#"{"data":{"a":{"id":"2"}}}"#);
    assert_eq!(
        refused(&world, named("C")).await.0,
        ErrorCode::OperationNotFound
    );
}

#[tokio::test]
async fn variables_are_coerced_by_the_schema() {
    let world = shop();
    let text = "query($id: ID!) { product(id: $id) { id } }";
    let with = |variables: Value| GraphQlRequest {
        variables: variables.as_object().cloned().unwrap_or_default(),
        ..query(text)
    };
    for bad in [
        json!({}),
        json!({"id": null}),
        json!({"id": true}),
        json!({"id": ["4404secret"]}),
        json!({"id": {"4404secret": 1}}),
        json!({"id": 1.5}),
    ] {
        let (code, body) = refused(&world, with(bad.clone())).await;
        assert_eq!(code, ErrorCode::BadUserInput, "{bad}");
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert!(message.starts_with("Variable $id"), "{message}");
        assert!(!body.to_string().contains("4404secret"));
    }
    assert_eq!(
        world
            .answer(with(json!({"id": 7, "unknown": 1})))
            .await
            .outcome,
        Outcome::Ok
    );
    assert_eq!(world.bodies("products")[0]["variables"], json!({"id": "7"}));
}

#[tokio::test]
async fn null_is_refused_where_a_variable_decides_what_is_selected() {
    let world = shop();
    let text =
        "query($with: Boolean = true) { product(id: \"2\") { id name @include(if: $with) } }";
    let with = |variables: Value| GraphQlRequest {
        variables: variables.as_object().cloned().unwrap_or_default(),
        ..query(text)
    };
    let (code, body) = refused(&world, with(json!({"with": null}))).await;
    assert_eq!(code, ErrorCode::BadUserInput);
    let message = body["errors"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("Variable $with"), "{message}");
    for (variables, right) in [
        (json!({}), json!({"id": "2", "name": "Table"})),
        (json!({"with": true}), json!({"id": "2", "name": "Table"})),
        (json!({"with": false}), json!({"id": "2"})),
    ] {
        let answer = world.ask_with(text, variables).await;
        assert_eq!(answer, json!({"data": {"product": right}}));
    }
}

#[tokio::test]
async fn a_mutation_does_not_come_by_get() {
    let world = shop();
    let caller = Caller {
        principal: Arc::new(world.principal.clone()),
        purpose: None,
        case: None,
        trace: opentelemetry::Context::new(),
    };
    let deadline = Instant::now() + std::time::Duration::from_secs(60);
    let ask = |text: &'static str| {
        let (world, caller) = (&world, &caller);
        async move {
            let request = query(text);
            world
                .pipeline
                .handle(&request, caller, world, &world.cache, deadline, true)
                .await
                .outcome
        }
    };
    assert_eq!(
        ask("mutation { touch }").await,
        Outcome::RequestError(ErrorCode::MutationOverGet)
    );
    assert_eq!(ask("{ __typename }").await, Outcome::Ok);
}

#[tokio::test]
async fn no_document_is_a_malformed_request() {
    let (code, _) = refused(&shop(), GraphQlRequest::default()).await;
    assert_eq!(code, ErrorCode::RequestMalformed);
}

#[tokio::test]
async fn the_next_schemas_pipeline_has_prepared_what_was_asked_most() {
    let world = shop().signed_in(&[]);
    let often = "{ product(id: \"2\") { id name } }";
    let refused_in_part = "{ me { nick secret } }";
    for _ in 0..3 {
        world.ask(often).await;
        world.ask(refused_in_part).await;
    }
    let schema = world.pipeline.schema();
    let next = crate::supergraph::Supergraph::load(&schema.sdl, 2).unwrap();
    let next = world.pipeline.succeed(next).await.unwrap();
    // Every document and plan is there before the first request, each with its variant.
    for (text, cuts) in [(often, 0), (refused_in_part, 1)] {
        let document = next.documents.get(text).unwrap();
        assert_eq!(document.generation, 2);
        let operation = document.choose(None).unwrap();
        let variables = Variables::default();
        let variant = Variant::of(operation, &world.principal, &variables);
        let key = PlanKey::new(&document, operation, variant);
        let plan = next.plans.get(&key).await.unwrap();
        assert_eq!(plan.cuts.len(), cuts, "{text}");
    }
}

#[tokio::test]
async fn what_the_next_schema_refuses_is_not_prepared() {
    let world = shop();
    for text in [
        "{ product(id: \"2\") { id } }",
        "{ product(id: \"2\") { weight } }",
    ] {
        world.ask(text).await;
        world.ask(text).await;
    }
    let schema = world.pipeline.schema();
    let sdl = schema.sdl.replace("weight: Int", "mass: Int");
    let next = crate::supergraph::Supergraph::load(&sdl, 2).unwrap();
    let next = world.pipeline.succeed(next).await.unwrap();
    assert!(
        next.documents
            .get("{ product(id: \"2\") { id } }")
            .is_some()
    );
    assert!(
        next.documents
            .get("{ product(id: \"2\") { weight } }")
            .is_none()
    );
}

#[tokio::test]
async fn the_next_schemas_pipeline_has_prepared_the_trusted_documents_also_those_nobody_asked() {
    let texts = [
        "query A($all: Boolean = true) { product(id: \"2\") { id name @include(if: $all) } }",
        "query B($some: Boolean!) { product(id: \"2\") { id name @include(if: $some) } } query C { me { nick secret } }",
        "{ product(id: \"2\") { forgotten } }",
    ];
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("trusted.json");
    let operations: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| json!({"id": format!("d{at}"), "body": text}))
        .collect();
    std::fs::write(&manifest, json!({"operations": operations}).to_string()).unwrap();
    let config = crate::config::Documents {
        trusted: Some(manifest),
        ..Default::default()
    };
    let known = Documents::open(&config, &Limits::default()).unwrap();
    let mut world = shop();
    world.pipeline = world.pipeline.with_documents(Arc::new(known));
    let schema = world.pipeline.schema();
    let next = crate::supergraph::Supergraph::load(&schema.sdl, 2).unwrap();
    let next = world.pipeline.succeed(next).await.unwrap();
    for (text, name, shown) in [
        (texts[0], "A", Some(true)),
        (texts[1], "B", Some(false)),
        (texts[1], "C", None),
    ] {
        let document = next.documents.get(text).unwrap();
        let operation = document.choose(Some(name)).unwrap();
        let variables = Variables::coerce(
            operation,
            &json!({"some": false}).as_object().unwrap().clone(),
            &next.schema().schema,
        );
        let mut everybody = world.principal.clone();
        everybody.subject = Some("someone".into());
        everybody.scopes = [Arc::from("self")].into();
        let variant = Variant::of(operation, &everybody, &variables.unwrap());
        let key = PlanKey::new(&document, operation, variant);
        let plan = next.plans.get(&key).await.expect(name);
        let writes = &plan.projection.objects;
        let names = writes.iter().any(|object| {
            let mut all = object.otherwise.iter();
            all.any(|write| &*write.key == "name")
        });
        assert!(shown.is_none_or(|shown| shown == names), "{name}");
    }
    // What the schema refuses is not among them.
    assert!(next.documents.get(texts[2]).is_none());
}
