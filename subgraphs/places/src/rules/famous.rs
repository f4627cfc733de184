//! The natural features and heritage sites that are famous in the whole country (国内著名): what P-3 keeps alone
//! nation-wide and P-5 keeps out of the names of divisions.
//!
//! No law lists them. This is a reviewed list, a setting: the great rivers and lakes, the mountains that every
//! school book has, and the world heritage of China that bears a name of its own. Whoever adds one says in which
//! provinces it lies: there, and nowhere else, a feature may be registered under the name.

use super::scope;

/// A feature that is famous in the whole country.
#[derive(Clone, Copy, Debug)]
pub struct Famous {
    /// Its whole name.
    pub name: &'static str,
    /// The specific part by which a division would borrow it.
    pub specific: &'static str,
    /// The first two digits of the codes of the provinces it lies in; `*` for many.
    pub provinces: &'static [&'static str],
}

const fn one(
    name: &'static str,
    specific: &'static str,
    provinces: &'static [&'static str],
) -> Famous {
    Famous {
        name,
        specific,
        provinces,
    }
}

/// All of them.
pub const FAMOUS: &[Famous] = &[
    one("长江", "长江", &["*"]),
    one("黄河", "黄河", &["*"]),
    one("珠江", "珠江", &["44", "45", "53"]),
    one("淮河", "淮河", &["32", "34", "41", "42"]),
    one("海河", "海河", &["11", "12", "13"]),
    one("辽河", "辽河", &["13", "15", "21", "22"]),
    one("松花江", "松花江", &["22", "23"]),
    one("黑龙江", "黑龙江", &["15", "23"]),
    one("澜沧江", "澜沧江", &["53", "54", "63"]),
    one("怒江", "怒江", &["53", "54"]),
    one("雅鲁藏布江", "雅鲁藏布", &["54"]),
    one("塔里木河", "塔里木", &["65"]),
    one("鄱阳湖", "鄱阳", &["36"]),
    one("洞庭湖", "洞庭", &["42", "43"]),
    one("太湖", "太湖", &["32", "33"]),
    one("洪泽湖", "洪泽", &["32"]),
    one("巢湖", "巢湖", &["34"]),
    one("青海湖", "青海湖", &["63"]),
    one("西湖", "西湖", &["33"]),
    one("洱海", "洱海", &["53"]),
    one("滇池", "滇池", &["53"]),
    one("泰山", "泰山", &["37"]),
    one("华山", "华山", &["61"]),
    one("衡山", "衡山", &["43"]),
    one("恒山", "恒山", &["14"]),
    one("嵩山", "嵩山", &["41"]),
    one("黄山", "黄山", &["34"]),
    one("庐山", "庐山", &["36"]),
    one("峨眉山", "峨眉", &["51"]),
    one("青城山", "青城", &["51"]),
    one("贡嘎山", "贡嘎", &["51"]),
    one("九寨沟", "九寨沟", &["51"]),
    one("武夷山", "武夷", &["35", "36"]),
    one("五台山", "五台", &["14"]),
    one("普陀山", "普陀", &["33"]),
    one("雁荡山", "雁荡", &["33"]),
    one("九华山", "九华", &["34"]),
    one("三清山", "三清", &["36"]),
    one("龙虎山", "龙虎", &["36"]),
    one("井冈山", "井冈", &["36"]),
    one("武当山", "武当", &["42"]),
    one("神农架", "神农架", &["42"]),
    one("丹霞山", "丹霞", &["44"]),
    one("张家界", "张家界", &["43"]),
    one("梵净山", "梵净", &["52"]),
    one("玉龙雪山", "玉龙", &["53"]),
    one("秦岭", "秦岭", &["41", "51", "61", "62"]),
    one("太行山", "太行", &["11", "13", "14", "41"]),
    one("大兴安岭", "大兴安", &["15", "23"]),
    one("长白山", "长白", &["22"]),
    one("昆仑山", "昆仑", &["54", "63", "65"]),
    one("祁连山", "祁连", &["62", "63"]),
    one("天山", "天山", &["65"]),
    one("喜马拉雅山", "喜马拉雅", &["54"]),
    one("珠穆朗玛峰", "珠穆朗玛", &["54"]),
    one("五指山", "五指", &["46"]),
    one("阿里山", "阿里山", &["71"]),
    one("日月潭", "日月潭", &["71"]),
    one("都江堰", "都江堰", &["51"]),
    one("莫高窟", "莫高", &["62"]),
    one("龙门石窟", "龙门", &["41"]),
    one("云冈石窟", "云冈", &["14"]),
];

/// P-3, 地名管理条例 9(7): whether a name is that of a famous feature, or sounds like one: then it must be alone in the
/// whole country.
pub fn is_famous(name: &str) -> bool {
    let sound = scope::sound(name);
    FAMOUS.iter().any(|famous| {
        famous.name.chars().count() == name.chars().count() && scope::sound(famous.name) == sound
    })
}

/// P-3, 地名管理条例 9(7): the famous features, elsewhere than in a province (two digits), whose name this is or sounds
/// like.
pub fn elsewhere(name: &str, province: &str) -> Vec<&'static Famous> {
    let sound = scope::sound(name);
    FAMOUS
        .iter()
        .filter(|famous| famous.name.chars().count() == name.chars().count())
        .filter(|famous| {
            !famous
                .provinces
                .iter()
                .any(|one| *one == "*" || *one == province)
        })
        .filter(|famous| scope::sound(famous.name) == sound)
        .collect()
}

/// P-5, 地名管理条例 9(9): whether the specific part of a division is that of a famous feature or heritage site.
pub fn is_borrowed(specific: &str) -> bool {
    FAMOUS
        .iter()
        .any(|famous| famous.specific == specific || famous.name == specific)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 地名管理条例 9(7): 全国范围内著名的自然地理实体名称不应重名，并避免同音.
    #[test]
    fn a_famous_name_is_alone_in_the_country() {
        for (name, province, famous, elsewhere_too) in [
            ("泰山", "37", true, false),
            ("泰山", "51", true, true),
            ("太山", "51", true, true),
            ("长江", "51", true, false),
            ("青丝山", "51", false, false),
            ("九寨沟", "51", true, false),
        ] {
            assert_eq!(is_famous(name), famous, "{name}");
            assert_eq!(
                !elsewhere(name, province).is_empty(),
                elsewhere_too,
                "{name} in {province}"
            );
        }
    }

    #[test]
    fn every_famous_feature_says_where_it_lies() {
        for famous in FAMOUS {
            assert!(famous.name.starts_with(famous.specific), "{}", famous.name);
            assert!(!famous.provinces.is_empty(), "{}", famous.name);
        }
    }
}
