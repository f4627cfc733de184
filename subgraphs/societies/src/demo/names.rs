//! Names of invented organizations, built as the rules on names want them (O-7): division, field or
//! brand, form. Any likeness is chance.

use crate::vocabulary::OrgKind;

/// Fields of trade and the forms they take.
const TRADES: [&str; 30] = [
    "餐饮",
    "建筑业",
    "物业管理",
    "家具",
    "茶叶",
    "水产",
    "花卉苗木",
    "电子商务",
    "物流",
    "旅游",
    "民宿",
    "纺织服装",
    "机械",
    "食品加工",
    "汽车维修",
    "印刷包装",
    "房地产经纪",
    "美容美发",
    "果业",
    "畜牧业",
    "软件和信息服务",
    "环保产业",
    "照明电器",
    "石材",
    "医药",
    "广告",
    "殡葬用品",
    "会展",
    "种子",
    "农机",
];
const TRADE_FORMS: [&str; 3] = ["行业协会", "商会", "产业促进会"];

/// Fields of culture, learning and public good, and the forms they take.
const CULTURES: [&str; 30] = [
    "书法",
    "摄影",
    "美术",
    "作家",
    "诗词",
    "音乐",
    "舞蹈",
    "戏曲",
    "民间文艺",
    "太极拳",
    "乒乓球",
    "羽毛球",
    "钓鱼",
    "围棋",
    "登山",
    "老年体育",
    "志愿服务",
    "社会工作",
    "养老服务",
    "家庭教育",
    "科技教育",
    "历史文化",
    "地名文化",
    "非物质文化遗产",
    "环境保护",
    "消费者权益",
    "法学",
    "会计",
    "护理",
    "心理健康",
];
const CULTURE_FORMS: [&str; 4] = ["协会", "研究会", "联合会", "促进会"];

const BRANDS: [&str; 24] = [
    "晨光", "同心", "和风", "春晖", "暖阳", "众和", "乐善", "安康", "启明", "青禾", "新芽", "家和",
    "惠民", "瑞和", "明德", "致远", "友邻", "康乐", "爱伴", "守望", "百草", "静安", "慈航", "向善",
];

const SERVICES: [&str; 20] = [
    "社会工作服务中心",
    "养老服务中心",
    "居家养老服务站",
    "艺术培训学校",
    "职业技能培训学校",
    "残疾人康复服务中心",
    "儿童关爱服务中心",
    "社区服务中心",
    "心理咨询服务中心",
    "志愿服务中心",
    "幼儿园",
    "助老服务社",
    "公益发展中心",
    "青少年活动中心",
    "文化传播中心",
    "法律援助服务中心",
    "护理院",
    "特殊教育学校",
    "农业技术服务中心",
    "社区基金服务中心",
];

const CAUSES: [&str; 5] = ["慈善", "教育发展", "助学", "公益", "扶老"];

/// What stands after the division in the name of organization `n`, the `k`-th of its kind in its
/// division. No two names of one division and kind are alike for the numbers in use.
pub(super) fn rest(n: usize, kind: OrgKind, k: usize) -> String {
    match kind {
        OrgKind::CivilNonEnterprise if n < 30 => format!("{}殡葬服务中心", pick(&BRANDS, k)),
        OrgKind::CivilNonEnterprise if n < 60 => format!("{}婚姻家庭服务中心", pick(&BRANDS, k)),
        OrgKind::CivilNonEnterprise => {
            // 24 brands and 20 services meet again after 120 steps; one step aside gives all 480 pairs.
            format!("{}{}", pick(&BRANDS, k + k / 120), pick(&SERVICES, k))
        }
        OrgKind::Foundation => format!(
            "{}{}基金会",
            pick(&BRANDS, k),
            pick(&CAUSES, k / BRANDS.len())
        ),
        OrgKind::SocialGroup if n == super::STORY_ASSOCIATION => "餐饮行业协会".to_owned(),
        OrgKind::SocialGroup if n == super::CITIZENS_ASSOCIATION => "摄影协会".to_owned(),
        OrgKind::SocialGroup if n == super::OLD_NAMED_ASSOCIATION => "茶叶行业协会".to_owned(),
        // The story's fields are the first of their lists, and theirs alone.
        OrgKind::SocialGroup if k.is_multiple_of(2) => {
            let at = k / 2;
            format!(
                "{}{}",
                trade(at),
                pick(&TRADE_FORMS, at / (TRADES.len() - 2))
            )
        }
        OrgKind::SocialGroup => {
            let at = k / 2;
            format!(
                "{}{}",
                culture(at),
                pick(&CULTURE_FORMS, at / (CULTURES.len() - 1))
            )
        }
    }
}

/// Whether a name is that of a trade association, which may collect fees from enterprises.
pub(super) fn is_trade(name: &str) -> bool {
    TRADE_FORMS.iter().any(|form| name.ends_with(form))
}

fn pick<'a>(list: &[&'a str], at: usize) -> &'a str {
    list.get(at % list.len()).copied().unwrap_or_default()
}

fn trade(at: usize) -> &'static str {
    let others = |name: &&&str| **name != "餐饮" && **name != "茶叶";
    TRADES
        .iter()
        .filter(others)
        .nth(at % (TRADES.len() - 2))
        .copied()
        .unwrap_or_default()
}

fn culture(at: usize) -> &'static str {
    let others = |name: &&&str| **name != "摄影";
    CULTURES
        .iter()
        .filter(others)
        .nth(at % (CULTURES.len() - 1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_names_of_one_division_are_all_different() {
        for (kind, many) in [
            (OrgKind::SocialGroup, 160),
            (OrgKind::CivilNonEnterprise, 400),
            (OrgKind::Foundation, 110),
        ] {
            let names: HashSet<String> = (0..many).map(|k| rest(100, kind, k)).collect();
            assert_eq!(names.len(), many, "{kind:?}");
        }
    }

    #[test]
    fn trade_associations_are_told_by_their_form() {
        assert!(is_trade("新津区餐饮行业协会"));
        assert!(!is_trade("新津区摄影协会"));
    }
}
