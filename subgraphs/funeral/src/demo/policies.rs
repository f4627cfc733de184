//! What each province waives of the base items (惠民殡葬政策).

use minzheng_kit::divisions::dataset;
use minzheng_kit::id::derived;

use super::{Rows, Stage, day};
use crate::model::waiver_policy;
use crate::rules::terms::WaiverPayer;

/// Items and standards in yuan: transport, three days of storage, cremation, a year of custody.
const STANDARDS: [(&str, i64); 4] = [("B01", 400), ("B02", 240), ("B04", 900), ("B05", 100)];

/// One policy of the province for each item, and a richer one of the county that the province's
/// report is about, so that "the nearest holds" can be seen.
pub(super) fn build(stage: &Stage<'_>, rows: &mut Rows) {
    let set = dataset();
    let Some(province) = set.by_code(&format!("{}0000", stage.province)) else {
        return;
    };
    for (item, yuan) in STANDARDS {
        rows.policies.push(policy(
            province.id,
            &province.code,
            &province.name,
            item,
            yuan,
        ));
    }
    let county = match stage.province {
        "51" => "510118",
        "32" => "320302",
        "35" => "350102",
        _ => "361103",
    };
    if let Some(county) = set.by_code(county) {
        rows.policies
            .push(policy(county.id, &county.code, &county.name, "B01", 500));
    }
}

fn policy(
    division_id: uuid::Uuid,
    code: &str,
    name: &str,
    item: &str,
    yuan: i64,
) -> waiver_policy::Model {
    waiver_policy::Model {
        id: derived("waiver policy", &format!("{code}/{item}")),
        division_id,
        name: format!("{name}基本殡葬服务费用减免"),
        item_code: item.to_owned(),
        standard: yuan * 100,
        payer: WaiverPayer::Fiscal,
        legal_basis: "惠民殡葬政策（示范）".to_owned(),
        valid_from: day(2020, 1, 1),
        valid_to: None,
    }
}
