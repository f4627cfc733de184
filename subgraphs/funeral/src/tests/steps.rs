//! What the tests do again and again: officers, steps in a case, and a case brought to where a test begins.

use minzheng_kit::Principal;
use serde_json::{Value, json};

use super::{Stage, division};

pub(super) fn officer() -> Principal {
    Principal::registrar("51", "510118", None)
}

/// Another officer of the same division.
pub(super) fn colleague() -> Principal {
    Principal {
        subject: Some("registrar-2".into()),
        ..officer()
    }
}

pub(super) fn number(index: usize) -> String {
    minzheng_kit::demo::person("51", index).id_number
}

impl Stage {
    /// Runs a mutation and gives its payload.
    pub(super) async fn act(
        &self,
        who: Principal,
        name: &str,
        input: Value,
        selection: &str,
    ) -> Value {
        let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let kind = match name {
            "holdFarewell" | "grantWaivers" | "settleFuneralCase" | "closeFuneralCase"
            | "cancelSeaBurial" => "CaseStepInput".to_owned(),
            "acceptTicket" | "recordOnSite" | "resolveTicket" | "escalateTicket"
            | "reopenTicket" => "TicketStepInput".to_owned(),
            "releaseNiche" | "renewPlot" | "closePlot" => "PlotStepInput".to_owned(),
            "registerIllegalGrave"
            | "rectify"
            | "forceRemoval"
            | "verifyRectified"
            | "exemptGrave" => "GraveStepInput".to_owned(),
            _ => kind,
        };
        let query = format!(
            "mutation ($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ code field messageZh messageEn legalBasis }} }} }}"
        );
        let mut data = self.data(who, &query, json!({ "input": input })).await;
        data[name].take()
    }

    /// A step in a case that must succeed; gives the case.
    pub(super) async fn step(
        &self,
        who: Principal,
        name: &str,
        case: &Value,
        more: Value,
    ) -> Value {
        let mut input = json!({
            "requestKey": format!("{name} {} {}", case["id"], case["version"]), "case": case["id"], "version": case["version"],
        });
        for (field, value) in more.as_object().unwrap() {
            input[field] = value.clone();
        }
        let payload = self
            .act(who, name, input, "case { id version state }")
            .await;
        assert_eq!(payload["userErrors"], json!([]), "{name}");
        payload["case"].clone()
    }

    /// A step in a case that must be refused; gives the code.
    pub(super) async fn refused(
        &self,
        who: Principal,
        name: &str,
        case: &Value,
        more: Value,
    ) -> String {
        let mut input = json!({
            "requestKey": format!("refused {name} {} {} {more}", case["id"], case["version"]).chars().take(120).collect::<String>(),
            "case": case["id"], "version": case["version"],
        });
        for (field, value) in more.as_object().unwrap() {
            input[field] = value.clone();
        }
        let payload = self.act(who, name, input, "__typename").await;
        payload["userErrors"][0]["code"]
            .as_str()
            .unwrap_or("none")
            .to_owned()
    }

    /// Opens a case for a person without one, by the applicant with an index.
    pub(super) async fn open(&self, deceased: usize, applicant: usize, relation: &str) -> Value {
        let query = "query ($d: ID!) { facilities(division: $d, kind: FUNERAL_HOME, subKind: URBAN_PUBLIC) { nodes { id } } }";
        let data = self
            .data(
                Principal::public("51"),
                query,
                json!({ "d": division("510118") }),
            )
            .await;
        let input = json!({
            "requestKey": format!("open {deceased}"), "deceased": number(deceased), "deceasedName": "赵无名",
            "applicant": number(applicant), "applicantName": "赵有名", "relation": relation, "phone": "13800005678",
            "paperKind": "MEDICAL", "paperNumber": "SW-2026-1", "natural": true, "diedOn": "2026-11-21",
            "facility": data["facilities"]["nodes"][0]["id"],
        });
        let payload = self
            .act(
                officer(),
                "openFuneralCase",
                input,
                "case { id version state }",
            )
            .await;
        assert_eq!(payload["userErrors"], json!([]));
        payload["case"].clone()
    }

    /// Opens a further case for a deceased whose first was called off.
    pub(super) async fn reopened(&self, deceased: usize, applicant: usize) -> Value {
        let query = "query ($d: ID!) { facilities(division: $d, kind: FUNERAL_HOME, subKind: URBAN_PUBLIC) { nodes { id } } }";
        let data = self
            .data(
                Principal::public("51"),
                query,
                json!({ "d": division("510118") }),
            )
            .await;
        let input = json!({
            "requestKey": format!("open again {deceased}"), "deceased": number(deceased), "deceasedName": "赵无名",
            "applicant": number(applicant), "applicantName": "赵有名", "relation": "CHILD", "phone": "13800005678",
            "paperKind": "MEDICAL", "paperNumber": "SW-2026-1", "natural": true, "diedOn": "2026-11-21",
            "facility": data["facilities"]["nodes"][0]["id"],
        });
        let payload = self
            .act(
                officer(),
                "openFuneralCase",
                input,
                "case { id version state }",
            )
            .await;
        assert_eq!(payload["userErrors"], json!([]));
        payload["case"].clone()
    }

    /// Brings a new case to the cold store.
    pub(super) async fn stored(&self, deceased: usize, applicant: usize, relation: &str) -> Value {
        let case = self.open(deceased, applicant, relation).await;
        let case = self
            .step(
                officer(),
                "dispatchHearse",
                &case,
                json!({ "from": here() }),
            )
            .await;
        let case = self
            .step(
                officer(),
                "recordArrival",
                &case,
                json!({ "sealNo": "封-1" }),
            )
            .await;
        self.step(
            officer(),
            "recordStorage",
            &case,
            json!({ "cabinetNo": format!("A-{deceased}") }),
        )
        .await
    }

    /// Brings a new case past the cremation, which took place this morning. The clock of tests stands, so a body
    /// cannot come before the cremation begins: the storage is set back.
    pub(super) async fn cremated(&self, deceased: usize, applicant: usize) -> Value {
        let case = self.stored(deceased, applicant, "CHILD").await;
        self.came_yesterday().await;
        self.step(officer(), "recordCremation", &case, cremation())
            .await
    }

    /// Lets every body of today have come yesterday, since the clock of tests stands still.
    pub(super) async fn came_yesterday(&self) {
        self.services
            .db
            .write(|tx| {
                Box::pin(async move {
                    use sea_orm::ConnectionTrait;
                    for sql in [
                        "UPDATE body_storage SET from_at = '2026-11-21T05:00:00+00:00' WHERE left_at IS NULL AND from_at > '2026-11-22T00:00:00+00:00'",
                        "UPDATE custody_link SET at = '2026-11-21T05:00:00+00:00' WHERE at > '2026-11-22T03:59:00+00:00'",
                    ] {
                        tx.execute_unprepared(sql).await?;
                    }
                    Ok(())
                })
            })
            .await
            .unwrap();
    }
}

pub(super) fn here() -> Value {
    let (longitude, latitude) = minzheng_kit::demo::point_of("510118");
    json!({ "longitude": longitude, "latitude": latitude })
}

pub(super) fn cremation() -> Value {
    json!({ "cremator": 1, "startedAt": "2026-11-22T01:00:00Z", "endedAt": "2026-11-22T02:10:00Z" })
}
