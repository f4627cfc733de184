//! A divorce from the window on, and the timers' job.

use super::*;

const FIELDS: &str = "application { id version state refusalCode certificateAskedAt timeline { step on reached provisional } }";

/// The story's open application: its window opens on 2026-12-08 and ends on 2027-01-06.
async fn application(p: &Province) -> Value {
    let mine = "{ myMarriage { divorceApplication { id version state } } }";
    p.data(p.citizen(4), mine, none()).await["myMarriage"]["divorceApplication"].clone()
}

/// An application of couple 0 that was received on 2026-03-02.
async fn received_in_march(p: &mut Province) -> Value {
    p.at("2026-03-02T02:00:00Z");
    let apply = json!({ "requestKey": "march", "registry": registry("510118-1"), "man": p.number(0), "woman": p.number(1),
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true });
    let applied = p
        .change(
            p.officer("a"),
            "applyDivorce",
            "ApplyDivorceInput",
            "application { id version state }",
            apply,
        )
        .await;
    applied["application"].clone()
}

fn ask(of: &Value, key: &str, at: &str, both: bool) -> Value {
    json!({ "requestKey": key, "application": of["id"], "version": of["version"], "registry": registry(at),
        "registrar": registrar_of(at), "bothPresent": both })
}

async fn asked(p: &Province, input: Value) -> Value {
    p.change(
        p.officer("a"),
        "requestDivorceCertificate",
        "RequestDivorceCertificateInput",
        FIELDS,
        input,
    )
    .await
}

#[tokio::test]
async fn a_divorce_goes_its_whole_course_in_the_window() {
    let mut p = Province::of("51").await;
    let open = application(&p).await;
    let early = asked(&p, ask(&open, "e", "510118-1", true)).await;
    assert_eq!(refusals(&early), ["COOLING_OFF_RUNNING"]);
    p.at("2026-12-09T02:00:00Z");
    assert_eq!(application(&p).await["state"], "WINDOW_OPEN");
    let table = [
        ("510118-1", false, "BOTH_MUST_BE_PRESENT"),
        ("510118-2", true, "OTHER_REGISTRY"),
    ];
    for (n, (at, both, code)) in table.into_iter().enumerate() {
        assert_eq!(
            refusals(&asked(&p, ask(&open, &format!("t{n}"), at, both)).await),
            [code]
        );
    }
    let review = asked(&p, ask(&open, "a", "510118-1", true)).await;
    assert_eq!(review["application"]["state"], "REVIEW", "{review}");
    let input = |key: &str, willing: bool| {
        json!({ "requestKey": key, "application": open["id"], "version": review["application"]["version"],
            "bothWilling": willing, "agreementSettled": true })
    };
    let unwilling = p
        .change(
            p.officer("a"),
            "registerDivorce",
            "RegisterDivorceInput",
            FIELDS,
            input("u", false),
        )
        .await;
    assert_eq!(refusals(&unwilling), ["NOT_FULLY_WILLING"]);
    let done = p
        .change(
            p.officer("a"),
            "registerDivorce",
            "RegisterDivorceInput",
            FIELDS,
            input("g", true),
        )
        .await;
    assert_eq!(done["application"]["state"], "REGISTERED", "{done}");
    let mine = "{ myMarriage { status marriage { id } person { marriages { state endedOn certificates { number state } } } } }";
    let mine = p.data(p.citizen(5), mine, none()).await["myMarriage"].take();
    assert_eq!(mine["status"], "DIVORCED");
    assert!(mine["marriage"].is_null());
    let record = &mine["person"]["marriages"][0];
    assert_eq!(record["state"], "DISSOLVED_DIVORCE");
    assert_eq!(record["endedOn"], "2026-12-09");
    assert_eq!(record["certificates"][0]["state"], "CANCELLED");
    let print = json!({ "requestKey": "p", "application": open["id"], "version": done["application"]["version"],
        "printNumbers": ["L1", "L2"] });
    let printed = p
        .change(
            p.officer("a"),
            "certifyDivorce",
            "CertifyInput",
            FIELDS,
            print,
        )
        .await;
    assert_eq!(printed["application"]["state"], "CERTIFIED", "{printed}");
    let shelve = json!({ "requestKey": "s", "application": open["id"], "version": printed["application"]["version"],
        "volume": "L-1", "pages": 12, "permanent": true });
    let shelved = p
        .change(
            p.officer("a"),
            "archiveDivorce",
            "ArchiveInput",
            FIELDS,
            shelve,
        )
        .await;
    assert_eq!(shelved["application"]["state"], "ARCHIVED", "{shelved}");
    // The certificate of the divorce bears a number of its own run, and can be replaced.
    let lost = json!({ "requestKey": "l", "registry": registry("510104-1"), "registrar": registrar_of("510104-1"),
        "holder": p.number(4), "certificate": "DIVORCE", "holderIdentified": true, "archiveChecked": true,
        "printNumber": "BL1" });
    let officer = Principal {
        subject: Some("c".into()),
        ..p.registrar("510104")
    };
    let replaced = p
        .change(
            officer.clone(),
            "issueReplacement",
            "IssueReplacementInput",
            "certificate { id number kind state }",
            lost,
        )
        .await;
    assert_eq!(
        replaced["certificate"]["kind"], "DIVORCE_REPLACEMENT",
        "{replaced}"
    );
    assert!(
        replaced["certificate"]["number"]
            .as_str()
            .unwrap()
            .starts_with("BL510104-2026-")
    );
    // M-24: its papers go to the archive too, once, at the registry that made it; the parties may consult them.
    let papers = |key: &str, at: &str| {
        json!({ "requestKey": key, "registry": registry(at), "certificate": replaced["certificate"]["id"],
            "volume": "BL-1", "pages": 3 })
    };
    let file = "file { kind retention retainUntil year }";
    for (key, at, who, expected) in [
        ("b1", "510118-1", p.officer("a"), vec!["NOT_FOUND"]),
        ("b2", "510104-1", officer.clone(), vec![]),
        ("b3", "510104-1", officer, vec!["ARCHIVED_ALREADY"]),
    ] {
        let shelved = p
            .change(
                who,
                "archiveReplacement",
                "ArchiveReplacementInput",
                file,
                papers(key, at),
            )
            .await;
        assert_eq!(refusals(&shelved), expected, "{shelved}");
        if expected.is_empty() {
            assert_eq!(
                shelved["file"],
                json!({ "kind": "REPLACEMENT", "retention": "LONG_TERM", "retainUntil": "2126-12-31", "year": 2026 })
            );
        }
    }
    let own = "{ myArchiveFiles(first: 50) { nodes { kind couple { id } } } }";
    let files = p.data(p.citizen(4), own, none()).await;
    let kinds: Vec<&str> = files["myArchiveFiles"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["kind"].as_str().unwrap())
        .collect();
    assert!(
        kinds.contains(&"REPLACEMENT") && kinds.contains(&"DIVORCE"),
        "{files}"
    );
    let stranger = p.data(p.citizen(12), own, none()).await;
    let nobody = p.token(4);
    assert!(!stranger.to_string().contains(&nobody), "{stranger}");
}

#[tokio::test]
async fn the_window_closes_with_the_office_and_the_job_writes_down_what_reading_knows() {
    let mut p = Province::of("51").await;
    // Received on 2026-03-02: the window ends on 2026-05-06, behind the holiday; the whole year is published.
    let open = received_in_march(&mut p).await;
    p.at("2026-05-06T23:00:00Z");
    let late = asked(&p, ask(&open, "l", "510118-1", true)).await;
    assert_eq!(refusals(&late), ["DEEMED_WITHDRAWN"], "no job has run");
    let query =
        "query ($id: ID!) { divorceTimeline(application: $id) { step on reached provisional }
        divorceApplication(id: $id) { state closedOn } }";
    let read = p
        .data(p.citizen(0), query, json!({ "id": open["id"] }))
        .await;
    assert_eq!(read["divorceApplication"]["state"], "DEEMED_WITHDRAWN");
    let steps = read["divorceTimeline"].as_array().unwrap();
    let of = |step: &str| steps.iter().find(|s| s["step"] == step).unwrap();
    assert_eq!(of("COOLING_OFF_ENDS")["on"], "2026-04-01");
    assert_eq!(of("WINDOW_OPENS")["on"], "2026-04-02");
    assert_eq!(
        of("WINDOW_ENDS"),
        &json!({ "step": "WINDOW_ENDS", "on": "2026-05-06", "reached": true, "provisional": false })
    );
    assert_eq!(of("CLOSED")["on"], "2026-05-06");
    assert_eq!(of("CERTIFICATE_ASKED")["reached"], false);
    let stranger = p
        .data(p.citizen(12), query, json!({ "id": open["id"] }))
        .await;
    assert!(stranger["divorceTimeline"].is_null());
    let first = crate::service::timers::run(&p.services).await.unwrap();
    assert_eq!(first.deemed_withdrawn, 1);
    assert_eq!(first.dates_settled, 0);
    let second = crate::service::timers::run(&p.services).await.unwrap();
    assert_eq!(
        second,
        crate::service::timers::Swept::default(),
        "doing it twice changes nothing"
    );
    let read = p
        .data(p.citizen(0), query, json!({ "id": open["id"] }))
        .await;
    assert_eq!(
        read["divorceApplication"],
        json!({ "state": "DEEMED_WITHDRAWN", "closedOn": "2026-05-06" })
    );
}

#[tokio::test]
async fn an_application_is_refused_with_a_reason_and_keeps_what_was_offered() {
    let mut p = Province::of("51").await;
    let apply = json!({ "requestKey": "a", "registry": registry("510118-1"), "man": p.number(0), "woman": p.number(1),
        "bothPresent": true, "agreementSigned": true, "fullCapacity": true, "children": 2,
        "agreement": "agreement-77", "crisisHelpAccepted": false });
    let selection = "application { id version children crisisHelpAccepted state }";
    let applied = p
        .change(
            p.officer("a"),
            "applyDivorce",
            "ApplyDivorceInput",
            selection,
            apply,
        )
        .await;
    assert_eq!(applied["application"]["children"], 2, "{applied}");
    assert_eq!(applied["application"]["crisisHelpAccepted"], false);
    let refuse = |key: &str| {
        json!({ "requestKey": key, "application": applied["application"]["id"], "version": 1,
            "reason": "NO_FULL_CAPACITY" })
    };
    let early = p
        .change(
            p.officer("a"),
            "refuseDivorce",
            "RefuseDivorceInput",
            FIELDS,
            refuse("early"),
        )
        .await;
    assert_eq!(
        refusals(&early),
        ["COOLING_OFF_RUNNING"],
        "only the parties end it while the cooling-off runs"
    );
    // Received on 2026-11-22; the window opens on 2026-12-23.
    p.at("2026-12-24T02:00:00Z");
    let refused = p
        .change(
            p.officer("a"),
            "refuseDivorce",
            "RefuseDivorceInput",
            FIELDS,
            refuse("r"),
        )
        .await;
    assert_eq!(refused["application"]["state"], "REFUSED");
    assert_eq!(refused["application"]["refusalCode"], "NO_FULL_CAPACITY");
    let events = crate::kit::events::read_outbox(p.services.db.read(), 0, 500)
        .await
        .unwrap();
    assert!(
        events
            .iter()
            .all(|event| !event.body.contains("agreement-77")),
        "sealed"
    );
    let advice = "{ divorceAdvice(soldier: true, pregnancyOrFirstYear: true) { code legalBasis } }";
    let advice = p.data(p.public(), advice, none()).await;
    assert_eq!(
        advice["divorceAdvice"].as_array().unwrap().len(),
        2,
        "advice never blocks"
    );
    // The same of an application, for the couple at the counter, while it is open.
    let of_it = "query ($id: ID!) { divorceApplication(id: $id) { state openElsewhere
        advice(soldier: false, pregnancyOrFirstYear: true) { code } } }";
    let shown = async |id: &Value| {
        let asked = json!({ "id": id });
        p.data(p.officer("a"), of_it, asked).await["divorceApplication"].take()
    };
    let open = application(&p).await;
    assert_eq!(
        shown(&open["id"]).await,
        json!({ "state": "WINDOW_OPEN", "openElsewhere": "NONE", "advice": [{ "code": "PREGNANCY_PROTECTION" }] })
    );
    let closed = shown(&refused["application"]["id"]).await;
    assert_eq!(closed["advice"], json!([]), "{closed}");
    let open = "query ($r: ID!) { openDivorceApplications(registry: $r) { state } }";
    let open = p
        .data(p.officer("a"), open, json!({ "r": registry("510118-1") }))
        .await;
    assert_eq!(open["openDivorceApplications"].as_array().unwrap().len(), 1);
    // The same page by page.
    let list =
        "query ($r: ID!, $after: String) { divorceWorkList(registry: $r, first: 1, after: $after) {
        nodes { state } pageInfo { hasNextPage endCursor } } }";
    let r = registry("510118-1");
    let page = p.data(p.officer("a"), list, json!({ "r": r })).await["divorceWorkList"].take();
    assert_eq!(page["nodes"], open["openDivorceApplications"], "{page}");
    assert_eq!(page["pageInfo"]["hasNextPage"], false);
    let behind = json!({ "r": r, "after": page["pageInfo"]["endCursor"] });
    let behind = p.data(p.officer("a"), list, behind).await;
    assert_eq!(behind["divorceWorkList"]["nodes"], json!([]));
}
