//! Changes of divisions that the reports tell of, with days of our own.

use chrono::NaiveDate;
use minzheng_kit::{divisions, id};
use sea_orm::ActiveValue::Set;

use super::land::Land;
use crate::model::{
    division_change,
    vocabulary::{LineageRelation, NamingAuthority},
};

/// County, township of today, before, after, how many went in, what, day.
type Told = (
    &'static str,
    Option<&'static str>,
    &'static str,
    &'static str,
    i32,
    LineageRelation,
    (i32, u32, u32),
);

const TOLD: &[Told] = &[
    (
        "350112",
        Some("350112005"),
        "长乐区文武砂镇",
        "长乐区文武砂街道",
        1,
        LineageRelation::Retype,
        (2023, 3, 1),
    ),
    (
        "350122",
        Some("350122116"),
        "连江县潘渡乡",
        "连江县潘渡镇",
        1,
        LineageRelation::Retype,
        (2023, 4, 1),
    ),
    (
        "350122",
        Some("350122117"),
        "连江县江南乡",
        "连江县江南镇",
        1,
        LineageRelation::Retype,
        (2023, 4, 1),
    ),
    (
        "350122",
        Some("350122118"),
        "连江县下宫乡",
        "连江县下宫镇",
        1,
        LineageRelation::Retype,
        (2023, 4, 1),
    ),
    (
        "510118",
        None,
        "新津区天府农博园片区4个乡镇",
        "新津区天府农博园片区合并后的镇",
        4,
        LineageRelation::Merge,
        (2019, 12, 1),
    ),
];

/// The changes of the province shown.
pub(super) fn make(land: &Land) -> Vec<division_change::ActiveModel> {
    let set = divisions::dataset();
    let of_province = TOLD
        .iter()
        .filter(|told| told.0.starts_with(land.province_code()));
    of_province
        .filter_map(
            |(county, township, before, after, sources, relation, (year, month, day))| {
                let county = land.counties.iter().find(|c| c.itself.code == *county)?;
                Some(division_change::ActiveModel {
                    id: Set(id::derived("division-change", before)),
                    relation: Set(*relation),
                    division: Set(county.itself.id),
                    prefecture: Set(county.prefecture.map(|p| p.id)),
                    province: Set(land.province?.id),
                    subject: Set(township.and_then(|code| set.by_code(code)).map(|d| d.id)),
                    before: Set((*before).to_owned()),
                    after: Set((*after).to_owned()),
                    sources: Set(*sources),
                    effective: Set(NaiveDate::from_ymd_opt(*year, *month, *day)?),
                    approval_doc: Set(None),
                    approved_on: Set(None),
                    authority: Set(Some(NamingAuthority::ProvinceGovernment)),
                    extension_doc: Set(None),
                    code_due_on: Set(None),
                    recorded_at: Set(None),
                    settled: Set(true),
                    is_demo: Set(true),
                })
            },
        )
        .collect()
}
