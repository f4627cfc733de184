//! The service list and what each facility charges by it.

use minzheng_kit::demo::pick;
use minzheng_kit::divisions::dataset;
use minzheng_kit::id::derived;
use sea_orm::ActiveValue::Set;

use super::{Rows, day};
use crate::model::{facility, price_ceiling, price_line, service_item};
use crate::rules::settings::REVISION_IN_FORCE;
use crate::rules::terms::{ItemClass, ItemUnit};

/// An item of the list: code, names, class, unit, and what it costs in yuan on an average day.
type Item = (
    &'static str,
    &'static str,
    &'static str,
    ItemClass,
    ItemUnit,
    i64,
);

/// The service list. The base items are those of the revision of 2026 (domain.md B.2.1); N and G are
/// the two separate fees of niches and graves (F-8).
const ITEMS: [Item; 16] = [
    (
        "B01",
        "遗体接运",
        "Transport of the body",
        ItemClass::Base,
        ItemUnit::Time,
        350,
    ),
    (
        "B02",
        "遗体存放",
        "Storage of the body",
        ItemClass::Base,
        ItemUnit::Day,
        80,
    ),
    (
        "B03",
        "遗体告别",
        "Farewell",
        ItemClass::Base,
        ItemUnit::Time,
        300,
    ),
    (
        "B04",
        "遗体火化",
        "Cremation",
        ItemClass::Base,
        ItemUnit::Body,
        820,
    ),
    (
        "B05",
        "骨灰寄存",
        "Custody of ashes",
        ItemClass::Base,
        ItemUnit::NicheYear,
        100,
    ),
    (
        "B06",
        "生态安葬",
        "Ecological burial",
        ItemClass::Base,
        ItemUnit::Time,
        500,
    ),
    (
        "P01",
        "遗体整容",
        "Care of the face",
        ItemClass::ProvinceAddedBase,
        ItemUnit::Body,
        160,
    ),
    (
        "P02",
        "遗体防腐",
        "Preservation",
        ItemClass::ProvinceAddedBase,
        ItemUnit::Body,
        400,
    ),
    (
        "X01",
        "礼仪主持",
        "Master of ceremony",
        ItemClass::NonBase,
        ItemUnit::Time,
        450,
    ),
    (
        "X02",
        "花篮布置",
        "Flowers",
        ItemClass::NonBase,
        ItemUnit::Time,
        600,
    ),
    (
        "X03",
        "骨灰盒",
        "Urn",
        ItemClass::NonBase,
        ItemUnit::Time,
        680,
    ),
    (
        "X04",
        "守灵厅",
        "Room for the vigil",
        ItemClass::NonBase,
        ItemUnit::Hour,
        60,
    ),
    (
        "N01",
        "格位使用费",
        "Use of a niche",
        ItemClass::Base,
        ItemUnit::NicheYear,
        90,
    ),
    (
        "N02",
        "格位维护管理费",
        "Upkeep of a niche",
        ItemClass::Base,
        ItemUnit::NicheYear,
        20,
    ),
    (
        "G01",
        "墓位使用费",
        "Use of a grave",
        ItemClass::NonBase,
        ItemUnit::GraveYear,
        1_200,
    ),
    (
        "G02",
        "墓位维护管理费",
        "Upkeep of a grave",
        ItemClass::NonBase,
        ItemUnit::GraveYear,
        60,
    ),
];

/// Adds the list, and the ceilings that the province set with the revision (F-7).
pub(super) fn build(rows: &mut Rows, province: &str) {
    let Some(province) = dataset().by_code(&format!("{province}0000")) else {
        return;
    };
    for (code, zh, en, class, unit, average) in ITEMS {
        rows.items.push(service_item::ActiveModel {
            code: Set(code.to_owned()),
            name_zh: Set(zh.to_owned()),
            name_en: Set(en.to_owned()),
            class: Set(class),
            unit: Set(unit),
        });
        if class != ItemClass::NonBase {
            rows.ceilings.push(price_ceiling::ActiveModel {
                id: Set(derived("ceiling", &format!("{}/{code}", province.code))),
                division_id: Set(province.id),
                item_code: Set(code.to_owned()),
                ceiling: Set(average * 100),
                basis: Set("发改价格〔2026〕108号（示范）".to_owned()),
                valid_from: Set(REVISION_IN_FORCE),
                valid_to: Set(None),
            });
        }
    }
}

/// Two versions of the list: the old one, and the one of the revision with its ceilings.
pub(super) fn prices(rows: &mut Rows, facility: &facility::Model, key: &str, prefixes: &[&str]) {
    let versions = [
        (
            1,
            day(2020, 1, 1),
            Some(REVISION_IN_FORCE),
            "省发改委、民政厅殡葬服务收费文件",
        ),
        (2, REVISION_IN_FORCE, None, "发改价格〔2026〕108号"),
    ];
    for (code, _, _, class, _, average) in ITEMS {
        if !prefixes.iter().any(|p| code.starts_with(p)) {
            continue;
        }
        for (version, valid_from, valid_to, basis) in versions {
            // Ninety to a hundred per cent of the ceiling, in whole yuan; the new list is no dearer.
            let percent = 90 + pick(&["price", key, code], 11) as i64;
            let price =
                (average * percent / 100 + if version == 1 { average / 20 } else { 0 }) * 100;
            let ceiling = (average + if version == 1 { average / 10 } else { 0 }) * 100;
            let base = class != ItemClass::NonBase;
            rows.prices.push(price_line::Model {
                id: derived("price", &format!("{key}/{code}/{version}")),
                facility_id: facility.id,
                item_code: code.to_owned(),
                list_version: version,
                price,
                ceiling: base.then_some(ceiling),
                reference_low: (!base).then_some(ceiling / 2),
                reference_high: (!base).then_some(ceiling * 3 / 2),
                basis: basis.to_owned(),
                valid_from,
                valid_to,
                published_on: valid_from,
            });
        }
    }
}
