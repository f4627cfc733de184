//! Personal data: recorded before it is shown, withheld when it cannot be, and whom it concerns found
//! without the client asking.

use serde_json::{Value, json};

use super::mock::{Fault, Subgraph, World, codes};
use crate::record::files::Files;
use crate::record::store::Store as _;
use crate::record::{HashKind, Recorder, Settings};

const SDL: &str = r#"
    directive @personal(category: String!, subject: String!) on FIELD_DEFINITION
    directive @inputScopes(scopes: [[String!]!]!) on INPUT_FIELD_DEFINITION | ARGUMENT_DEFINITION
    type Query { couple: Couple nobody: Couple people: [Person!]! any: Thing node: Named open: String @shareable
        rows: [Person] lost: Couple }
    input Wish { plain: String hush: String @inputScopes(scopes: [["no.one"]]) }
    type Mutation { wish(input: Wish!): String }
    union Thing = Person | Couple
    interface Named { name: String }
    type Couple {
        parties: [Person!]!
        status: String @personal(category: "MARITAL", subject: "parties { id }")
        sealed: String! @personal(category: "MARITAL", subject: "parties { id }")
    }
    type Person implements Named @key(fields: "id") {
        id: ID!
        name: String @personal(category: "IDENTITY", subject: "id")
        full: String @personal(category: "REVEAL_IDENTITY", subject: "id")
        secret: String @requiresScopes(scopes: [["no.one"]]) @personal(category: "IDENTITY", subject: "id")
    }
"#;

fn person(id: &str) -> Value {
    json!({"__typename": "Person", "$is": ["Named"], "id": id, "name": format!("name of {id}"), "full": "full", "secret": "s"})
}

/// A row whose name the subgraph refuses.
fn refused_row(id: &str) -> Value {
    json!({"__typename": "Person", "id": id, "name": {"$error": "FORBIDDEN"}, "full": "full"})
}

pub(super) fn world() -> World {
    let couple = json!({"__typename": "Couple", "parties": [person("a"), person("b")], "status": "MARRIED", "sealed": "x"});
    let vault = Subgraph {
        name: "vault",
        sdl: SDL,
        data: json!({
            "Query": {
                "couple": couple, "nobody": null, "open": "public",
                "people": [person("a"), {"__typename": "Person", "$is": ["Named"], "id": "c", "name": null}, person("b")],
                "any": couple, "node": person("n"),
                "rows": [person("a"), refused_row("b"), refused_row("c"), null],
                "lost": {"__typename": "Couple", "parties": [person("a"), person("b")], "status": {"$error": "FORBIDDEN"}},
            },
            "entities": {"Person": [person("a"), person("b"), person("c")]},
        }),
    };
    let offices = Subgraph {
        name: "offices",
        sdl: r#"
            directive @personal(category: String!, subject: String!) on FIELD_DEFINITION
            type Query { first: Person }
            type Person @key(fields: "id") { id: ID! office: String @personal(category: "office", subject: "id") }
        "#,
        data: json!({
            "Query": {"first": {"__typename": "Person", "id": "a", "office": "chair"}},
            "entities": {"Person": [{"__typename": "Person", "id": "a", "office": "chair"}]},
        }),
    };
    World::new(vec![vault, offices]).signed_in(&["x"])
}

pub(super) struct Log {
    folder: tempfile::TempDir,
}

impl Log {
    pub(super) fn new() -> (Self, Recorder) {
        let folder = tempfile::tempdir().unwrap();
        let open = || Box::new(Files::open(folder.path()).unwrap());
        let settings = Settings {
            instance: "t".to_owned(),
            hash: HashKind::Sha256,
            patience: std::time::Duration::from_secs(120),
            seal_every: std::time::Duration::from_secs(3600),
            seal_key: None,
            keep_days: [180, 1098, 3660],
            now: chrono::Utc::now,
            meter: crate::telemetry::LogMeter::default(),
        };
        let recorder = Recorder::start(open(), open(), settings).unwrap();
        (Self { folder }, recorder)
    }

    /// All records.
    pub(super) fn lines(&self) -> Vec<Value> {
        let mut files = Files::at(self.folder.path());
        let mut all = Vec::new();
        for segment in files.segments().unwrap() {
            files
                .lines(&segment, &mut |line| {
                    all.push(serde_json::from_slice(line).unwrap());
                })
                .unwrap();
        }
        all
    }

    /// Class, decision, fields and persons of all records.
    pub(super) fn records(&self) -> Vec<(String, String, Value, Value)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let of = |line: Value| {
            (
                text(&line["class"]),
                text(&line["decision"]),
                line["fields"].clone(),
                line["persons"].clone(),
            )
        };
        self.lines().into_iter().map(of).collect()
    }
}

async fn asked(query: &str) -> (Value, Vec<(String, String, Value, Value)>) {
    let (log, recorder) = Log::new();
    let mut world = world();
    world.pipeline = world.pipeline.recording(Some(recorder.into()));
    let answer = world.ask(query).await;
    drop(world);
    (answer, log.records())
}

fn general(fields: &[&str], persons: &[&str]) -> (String, String, Value, Value) {
    (
        "general".into(),
        "DISCLOSED".into(),
        json!(fields),
        json!(persons),
    )
}

#[tokio::test]
async fn whoever_is_told_about_is_recorded_and_the_client_sees_only_what_it_asked_for() {
    let (answer, records) = asked("{ couple { status } open }").await;
    assert_eq!(
        answer,
        json!({"data": {"couple": {"status": "MARRIED"}, "open": "public"}})
    );
    assert_eq!(records, [general(&["Couple.status"], &["a", "b"])]);
}

#[tokio::test]
async fn that_there_is_nothing_is_an_answer_about_somebody() {
    // `c` has no name: whoever asks knows that now.
    let (answer, records) = asked("{ people { name } nobody { status } }").await;
    assert_eq!(answer["data"]["people"][1]["name"], Value::Null);
    assert_eq!(records, [general(&["Person.name"], &["a", "b", "c"])]);
    // No subgraph of another word knows `b` or `c`: they hold no office.
    let (answer, records) = asked("{ people { office } }").await;
    let offices = json!([{"office": "chair"}, {"office": null}, {"office": null}]);
    assert_eq!(answer, json!({"data": {"people": offices}}));
    assert_eq!(records, [general(&["Person.office"], &["a", "b", "c"])]);
}

#[tokio::test]
async fn nothing_of_nobody_is_no_answer_about_anybody() {
    let (_, records) = asked("{ open nobody { status } }").await;
    assert_eq!(records, [], "there is no couple");
    let mut world = world();
    let vault = world.subgraphs.iter_mut().find(|one| one.name == "vault");
    let single = json!({"__typename": "Couple", "parties": [], "status": null});
    vault.unwrap().data["Query"]["couple"] = single;
    let (log, recorder) = Log::new();
    world.pipeline = world.pipeline.recording(Some(recorder.into()));
    let answer = world.ask("{ couple { status } }").await;
    assert_eq!(answer, json!({"data": {"couple": {"status": null}}}));
    drop(world);
    assert_eq!(log.records(), [], "there is nobody in it");
}

#[tokio::test]
async fn null_with_an_error_is_no_answer() {
    let failing = |code: &str| {
        let mut world = world();
        let offices = world.subgraphs.iter_mut().find(|one| one.name == "offices");
        let data = &mut offices.unwrap().data;
        data["entities"]["Person"][0]["office"] = json!({"$error": code});
        world
    };
    let (log, recorder) = Log::new();
    let mut recorded = failing("GONE");
    recorded.pipeline = recorded.pipeline.recording(Some(recorder.into()));
    let answer = recorded.ask("{ people { office } }").await;
    assert_eq!(
        codes(&answer),
        [("GONE".to_owned(), json!(["people", 0, "office"]))]
    );
    drop(recorded);
    assert_eq!(log.records(), [general(&["Person.office"], &["b", "c"])]);
    // Without the log the reason that there was stays, and the others have the log's.
    let answer = failing("GONE").ask("{ people { office } }").await;
    let place = |at: usize| json!(["people", at, "office"]);
    let code = "ACCESS_LOG_UNAVAILABLE".to_owned();
    assert_eq!(
        codes(&answer),
        [
            ("GONE".to_owned(), place(0)),
            (code.clone(), place(1)),
            (code, place(2)),
        ]
    );
    let unasked = world().fault("offices", Fault::Unavailable);
    let answer = unasked.ask("{ people { office } }").await;
    assert!(
        codes(&answer)
            .iter()
            .all(|(code, _)| code == "SUBGRAPH_UNAVAILABLE"),
        "{answer}"
    );
}

#[tokio::test]
async fn names_of_the_client_do_not_hide_the_person() {
    let queries = [
        "{ people { id: name mz_id: __typename } }",
        "{ people { name id } }",
        "{ people { ...F } } fragment F on Person { x: name }",
        "{ people { ... on Named { name } } }",
    ];
    for query in queries {
        let (answer, records) = asked(query).await;
        assert!(answer.get("errors").is_none(), "{answer}");
        let all = general(&["Person.name"], &["a", "b", "c"]);
        assert_eq!(records, [all], "{query}");
        assert!(!answer.to_string().contains("mz__"), "{answer}");
    }
}

#[tokio::test]
async fn interfaces_and_unions_tell_about_their_members() {
    let (answer, records) = asked("{ node { name } }").await;
    assert_eq!(answer, json!({"data": {"node": {"name": "name of n"}}}));
    assert_eq!(records, [general(&["Person.name"], &["n"])]);
    let (_, records) = asked("{ any { ... on Person { name } ... on Couple { status } } }").await;
    assert_eq!(records, [general(&["Couple.status"], &["a", "b"])]);
}

#[tokio::test]
async fn a_person_reached_in_another_subgraph_is_the_same_person() {
    let (answer, records) = asked("{ first { office name } }").await;
    assert_eq!(
        answer["data"]["first"],
        json!({"office": "chair", "name": "name of a"})
    );
    assert_eq!(
        records,
        [general(&["Person.name", "Person.office"], &["a"])]
    );
}

#[tokio::test]
async fn a_full_value_is_of_the_longest_class_and_a_refusal_is_recorded() {
    let (answer, records) = asked("{ first { full secret } }").await;
    assert_eq!(answer["data"]["first"]["full"], "full");
    assert_eq!(codes(&answer)[0].0, "FORBIDDEN");
    assert_eq!(
        records,
        [
            (
                "general".into(),
                "REFUSED".into(),
                json!(["Person.secret"]),
                json!([])
            ),
            (
                "reveal".into(),
                "DISCLOSED".into(),
                json!(["Person.full"]),
                json!(["a"])
            ),
        ]
    );
}

#[tokio::test]
async fn a_row_that_a_subgraph_refuses_is_recorded_with_its_person() {
    let refused = |fields: &[&str], persons: &[&str]| {
        let (class, _, fields, persons) = general(fields, persons);
        (class, "REFUSED".to_owned(), fields, persons)
    };
    let (answer, records) = asked("{ rows { x: name } lost { status } }").await;
    assert_eq!(codes(&answer).len(), 3, "{answer}");
    assert_eq!(
        answer["data"]["rows"][0]["x"], "name of a",
        "the others are shown"
    );
    assert_eq!(
        records,
        [
            general(&["Person.name"], &["a"]),
            refused(&["Couple.status"], &["a", "b"]),
            refused(&["Person.name"], &["b"]),
            refused(&["Person.name"], &["c"]),
        ]
    );
    assert!(!answer.to_string().contains("mz_"), "{answer}");
}

#[tokio::test]
async fn a_full_reading_that_a_subgraph_refuses_is_recorded_whatever_was_missing() {
    let told_by = |code: &str| {
        let row = json!({"__typename": "Person", "id": "a", "name": {"$error": code}, "full": {"$error": code}});
        let mut world = world();
        let vault = world.subgraphs.iter_mut().find(|one| one.name == "vault");
        vault.unwrap().data["Query"]["rows"] = json!([row]);
        world
    };
    let records_of = async |code: &str, query: &str| {
        let (log, recorder) = Log::new();
        let mut world = told_by(code);
        world.pipeline = world.pipeline.recording(Some(recorder.into()));
        let answer = world.ask(query).await;
        assert_eq!(codes(&answer)[0].0, code);
        drop(world);
        log.records()
    };
    let refused = |persons: &[&str]| {
        let (class, _, fields, persons) = general(&["Person.full"], persons);
        (class, "REFUSED".to_owned(), fields, persons)
    };
    // Purpose, reason or second officer missing: the class is in `reason`.
    let (missing, own) = ("BAD_USER_INPUT", "SECOND_OFFICER");
    for code in [missing, own, "FORBIDDEN"] {
        let records = records_of(code, "{ rows { x: full } }").await;
        assert_eq!(records, [refused(&["a"])], "{code}");
    }
    // Other fields are wrong input, and what is broken refuses nobody.
    assert_eq!(records_of(missing, "{ rows { name } }").await, []);
    let broken = "SUBGRAPH_UNAVAILABLE";
    assert_eq!(records_of(broken, "{ rows { full } }").await, []);
}

#[tokio::test]
async fn what_is_refused_before_anything_ran_is_recorded_too() {
    let (answer, records) = asked("mutation { wish(input: { hush: \"x\" }) }").await;
    assert_eq!(codes(&answer)[0].0, "FORBIDDEN");
    let (class, decision) = ("general".to_owned(), "REFUSED".to_owned());
    let expected = (class, decision, json!(["Mutation.wish"]), json!([]));
    assert_eq!(records, [expected]);
}

#[tokio::test]
async fn each_receiver_of_one_answer_has_a_record_of_their_own() {
    let (log, recorder) = Log::new();
    let mut world = world();
    world.pipeline = world.pipeline.recording(Some(recorder.into()));
    let many = (0..25).map(|_| world.ask("{ couple { status } }"));
    futures_util::future::join_all(many).await;
    drop(world);
    assert_eq!(log.records().len(), 25);
}

#[tokio::test]
async fn without_its_log_personal_data_is_null_with_its_path_and_the_rest_goes_on() {
    let answer = world()
        .ask("{ open people { id name } couple { status } }")
        .await;
    assert_eq!(
        answer["data"],
        json!({
            "open": "public",
            "people": [{"id": "a", "name": null}, {"id": "c", "name": null}, {"id": "b", "name": null}],
            "couple": {"status": null},
        })
    );
    let told = codes(&answer);
    let code = || "ACCESS_LOG_UNAVAILABLE".to_owned();
    assert_eq!(
        told,
        [
            (code(), json!(["people", 0, "name"])),
            (code(), json!(["people", 1, "name"])),
            (code(), json!(["people", 2, "name"])),
            (code(), json!(["couple", "status"])),
        ],
        "who has no name is not told from who has one"
    );
    let answer = world().ask("{ open couple { sealed } }").await;
    assert_eq!(answer["data"], json!({"open": "public", "couple": null}));
    assert_eq!(codes(&answer), [(code(), json!(["couple", "sealed"]))]);
}

#[tokio::test]
async fn what_is_null_because_its_subject_failed_says_so() {
    let failed = r#"{"data":{"couple":null,"open":"public"},"errors":[{"message":"m","path":["couple","mz_parties",0],"extensions":{"code":"GONE","messageZh":"z"}}]}"#;
    let world = world().fault("vault", Fault::Body(failed.to_owned()));
    let answer = world.ask("{ couple { status } open }").await;
    assert_eq!(answer["data"], json!({"couple": null, "open": "public"}));
    assert_eq!(codes(&answer), [("GONE".to_owned(), json!(["couple"]))]);
}
