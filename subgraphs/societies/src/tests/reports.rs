//! Annual reports between the body, its supervising department and the registry (O-10, O-11).

use super::supervision::officer;
use super::{Stage, code_of};
use crate::demo::CITIZENS_ASSOCIATION;
use serde_json::{Value, json};

const SHOWN: &str =
    "annualReport { id version result supervisorView submittedToSupervisor supervisorAgreedOn
    isLateToSupervisor }";

/// A report on 2025 on its way.
struct Report<'a> {
    stage: &'a Stage,
    id: Value,
    version: i64,
}

impl Report<'_> {
    /// Hands the report in, or in again, as the citizen who heads the body.
    async fn hand_in(&mut self, key: &str, on: &str) -> Value {
        let based_on = (self.version > 0).then_some(self.version);
        let input = json!({ "requestKey": key, "creditCode": self.stage.code(CITIZENS_ASSOCIATION), "year": 2025,
            "submittedToSupervisor": on, "basedOn": based_on, "income": "1", "spending": "1", "staff": 1,
            "activities": 1 });
        let who = self.stage.citizen(0);
        let done = self.stage.change(who, "submitAnnualReport", input, SHOWN);
        self.taken(done.await)
    }

    async fn view(&mut self, key: &str, view: &str, on: &str) -> Value {
        let input = json!({ "requestKey": key, "id": self.id, "version": self.version, "view": view, "viewedOn": on });
        let who = officer(self.stage);
        let done = self.stage.change(who, "recordSupervisorView", input, SHOWN);
        self.taken(done.await)
    }

    /// Asks for a conclusion; gives its refusal.
    async fn judged(&mut self, key: &str, result: &str) -> String {
        let input =
            json!({ "requestKey": key, "id": self.id, "version": self.version, "result": result });
        let who = officer(self.stage);
        let done = self.stage.change(who, "judgeAnnualReport", input, SHOWN);
        let done = done.await;
        if code_of(&done) == "OK" {
            self.taken(done.clone());
        }
        code_of(&done).to_owned()
    }

    fn taken(&mut self, payload: Value) -> Value {
        assert_eq!(code_of(&payload), "OK", "{payload:#}");
        let report = payload["annualReport"].clone();
        self.version = report["version"].as_i64().unwrap();
        self.id = report["id"].clone();
        report
    }
}

/// 社会团体登记管理条例 28: 经业务主管单位初审同意后: an officer's word, which nobody gives for their own report.
#[tokio::test]
async fn a_report_passes_after_the_supervisors_view_and_never_on_its_own_word() {
    for stage in Stage::everywhere("51", "judge").await {
        let mut report = Report {
            stage: &stage,
            id: Value::Null,
            version: 0,
        };
        let first = report.hand_in("s1", "2026-10-20").await;
        assert_eq!(
            (&first["supervisorView"], &first["supervisorAgreedOn"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(
            report.judged("j1", "PASS").await,
            "SUPERVISOR_REVIEW_MISSING"
        );
        let objected = report.view("v1", "OBJECTED", "2026-11-20").await;
        assert_eq!(
            (
                &objected["submittedToSupervisor"],
                &objected["supervisorAgreedOn"]
            ),
            (&json!("2026-10-20"), &Value::Null)
        );
        assert_eq!(
            report.judged("j2", "BASIC").await,
            "SUPERVISOR_REVIEW_MISSING"
        );
        // Handed in again, the objection stands; the day of the view is not before the one of handing in.
        let again = report.hand_in("s2", "2026-11-10").await;
        assert_eq!(again["supervisorView"], "OBJECTED");
        assert_eq!(
            report.judged("j3", "PASS").await,
            "SUPERVISOR_REVIEW_MISSING"
        );
        let early = json!({ "requestKey": "v2", "id": report.id, "version": report.version, "view": "AGREED",
            "viewedOn": "2026-11-09" });
        let early = stage
            .change(officer(&stage), "recordSupervisorView", early, SHOWN)
            .await;
        assert_eq!(code_of(&early), "SUPERVISOR_REVIEW_IMPOSSIBLE");
        let blind = json!({ "requestKey": "v3", "id": report.id, "version": 1, "view": "AGREED",
            "viewedOn": "2026-11-20" });
        let blind = stage
            .change(officer(&stage), "recordSupervisorView", blind, SHOWN)
            .await;
        assert_eq!(code_of(&blind), "VERSION_CONFLICT");
        let agreed = report.view("v4", "AGREED", "2026-11-20").await;
        assert_eq!(agreed["supervisorAgreedOn"], "2026-11-20");
        // What was agreed to is replaced, and the agreement falls with it.
        let replaced = report.hand_in("s3", "2026-11-10").await;
        assert_eq!(
            (&replaced["supervisorView"], &replaced["supervisorAgreedOn"]),
            (&Value::Null, &Value::Null)
        );
        assert_eq!(
            report.judged("j4", "PASS").await,
            "SUPERVISOR_REVIEW_MISSING"
        );
        report.view("v5", "AGREED", "2026-11-21").await;
        assert_eq!(report.judged("j5", "NOT_DONE").await, "REPORT_IS_THERE");
        assert_eq!(report.judged("j6", "PASS").await, "OK");
        assert_eq!(report.judged("j7", "FAIL").await, "REPORT_ALREADY_JUDGED");
    }
}

/// 社会团体登记管理条例 28: 每年3月31日前向业务主管单位报送: the day of handing in, whenever the department agrees.
#[tokio::test]
async fn lateness_at_the_supervising_department_is_of_the_day_of_handing_in() {
    for stage in Stage::everywhere("51", "handedin").await {
        let mut report = Report {
            stage: &stage,
            id: Value::Null,
            version: 0,
        };
        let late = report.hand_in("s1", "2026-04-01").await;
        assert_eq!(late["isLateToSupervisor"], true);
        report.hand_in("s2", "2026-03-31").await;
        let agreed = report.view("v", "AGREED", "2026-11-20").await;
        assert_eq!(
            (
                &agreed["isLateToSupervisor"],
                &agreed["submittedToSupervisor"]
            ),
            (&json!(false), &json!("2026-03-31"))
        );
    }
}
