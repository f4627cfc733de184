//! Tables of who sees which row: one line for each question, checked for every kind of caller there is, so
//! that nobody is forgotten. The schema's scopes are the gateway's affair; here a subgraph is asked directly.

use super::execute;
use crate::{Graph, Principal, Role};

/// The county that the demonstration plays in, a county beside it, their prefecture, and one that is neither.
pub const COUNTY: &str = "510118";
const BESIDE: &str = "510104";
const ABOVE: &str = "510100";
const APART: &str = "510300";

/// One line: what is asked, where the answer is, and who gets one. Everybody else gets null, nothing or an
/// error that is no more than a refusal.
#[derive(Clone, Debug)]
pub struct Line {
    /// What is asked, in the words of the failure.
    pub what: &'static str,
    /// The operation.
    pub query: String,
    /// Where the row's field is in the answer's data (a JSON pointer).
    pub at: &'static str,
    /// Who sees it, by the names of [`callers`].
    pub seen_by: &'static [&'static str],
}

/// Every kind of caller: `own` is the person whom the rows are about, `other` somebody else; officers and
/// supervisors of the place, of another place, of none, and of another
/// province that say they are of this place.
pub fn callers(own: &str, other: &str) -> Vec<(&'static str, Principal)> {
    let officer = |role, division: Option<&str>| Principal {
        division: division.map(str::to_owned),
        ..Principal::of(role, "51")
    };
    let stranger = |role, division: &str| Principal {
        division: Some(division.to_owned()),
        ..Principal::of(role, "32")
    };
    vec![
        ("public", Principal::public("51")),
        ("self", Principal::citizen("51", own)),
        ("another citizen", Principal::citizen("51", other)),
        ("registrar", officer(Role::Registrar, Some(COUNTY))),
        ("registrar beside", officer(Role::Registrar, Some(BESIDE))),
        ("registrar of nowhere", officer(Role::Registrar, None)),
        ("supervisor", officer(Role::Supervisor, Some(ABOVE))),
        ("supervisor apart", officer(Role::Supervisor, Some(APART))),
        ("supervisor of nowhere", officer(Role::Supervisor, None)),
        ("dashboard", officer(Role::Dashboard, None)),
        (
            "dashboard of another province",
            Principal::of(Role::Dashboard, "32"),
        ),
        ("peer", officer(Role::Peer, None)),
        ("auditor", officer(Role::Auditor, None)),
        ("operator", officer(Role::Operator, None)),
        (
            "registrar of another province who names this county",
            stranger(Role::Registrar, COUNTY),
        ),
        (
            "supervisor of another province who names this one",
            stranger(Role::Supervisor, ABOVE),
        ),
        (
            "auditor of another province",
            Principal::of(Role::Auditor, "32"),
        ),
        ("service", Principal::service("51", "marriage")),
    ]
}

/// Asks everything as everybody; gives a sentence for each answer that is not as the table says.
pub async fn differences(
    graph: &Graph,
    callers: &[(&'static str, Principal)],
    table: &[Line],
) -> Vec<String> {
    let mut wrong = Vec::new();
    for line in table {
        for name in line.seen_by {
            if !callers.iter().any(|(caller, _)| caller == name) {
                wrong.push(format!("{}: there is no caller {name}", line.what));
            }
        }
        for (name, caller) in callers {
            let answer = execute(graph, caller.clone(), &line.query, serde_json::json!({})).await;
            let value = answer["data"].pointer(line.at);
            let seen = value.is_some_and(|value| {
                !value.is_null() && value.as_array().is_none_or(|all| !all.is_empty())
            });
            let should = line.seen_by.contains(name);
            if seen != should {
                let (sees, error) = (
                    if seen { "sees" } else { "does not see" },
                    &answer["errors"],
                );
                wrong.push(format!("{}: {name} {sees} it: {error}", line.what));
            }
            let refused = ["FORBIDDEN", "NOT_FOUND", "UNAUTHENTICATED"];
            let errors = answer["errors"].as_array().into_iter().flatten();
            let codes = errors.map(|error| error["extensions"]["code"].as_str());
            for code in codes.flatten().filter(|code| !refused.contains(code)) {
                wrong.push(format!("{}: {name} gets {code}", line.what));
            }
        }
    }
    wrong
}
