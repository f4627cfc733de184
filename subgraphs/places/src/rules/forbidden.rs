//! Words that no name of a place may have (P-2): names of leaders of the State, foreign places and persons, companies
//! and brands.
//!
//! No law lists them. These are reviewed lists, a setting: whoever adds a word says to which it belongs. What a list
//! cannot say (the name of another person, a brand that nobody here knows) is for the evaluation to find, which every
//! name needs before its review ([`super::names::reports_needed`]).

/// Why a word is forbidden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbidden {
    /// The name of a leader of the State.
    Leader,
    /// A foreign place or person, or a brand that sounds like one.
    Foreign,
    /// A company or a trademark.
    Company,
}

/// Those who were at the head of the State, its government, the National People's Congress or the Political
/// Consultative Conference since 1949, the deputies of the head of the State, and the leaders of the founding years with
/// the ten marshals. Two who bear a common word for a name (万里, 汪洋) are left to the evaluation.
const LEADERS: &[&str] = &[
    "毛泽东",
    "刘少奇",
    "宋庆龄",
    "董必武",
    "李先念",
    "杨尚昆",
    "江泽民",
    "胡锦涛",
    "习近平",
    "周恩来",
    "华国锋",
    "赵紫阳",
    "李鹏",
    "朱镕基",
    "温家宝",
    "李克强",
    "李强",
    "朱德",
    "叶剑英",
    "彭真",
    "乔石",
    "吴邦国",
    "张德江",
    "栗战书",
    "赵乐际",
    "邓小平",
    "邓颖超",
    "李瑞环",
    "贾庆林",
    "俞正声",
    "王沪宁",
    "陈云",
    "任弼时",
    "彭德怀",
    "胡耀邦",
    "刘伯承",
    "贺龙",
    "陈毅",
    "罗荣桓",
    "徐向前",
    "聂荣臻",
    "林伯渠",
    "林彪",
    "李济深",
    "张澜",
    "高岗",
    "乌兰夫",
    "王震",
    "荣毅仁",
    "曾庆红",
    "李源潮",
    "王岐山",
    "韩正",
];

/// Given names that mean one leader and nothing else.
const GIVEN: &[&str] = &["泽东", "恩来", "少奇", "颖超"];

/// Words of foreign places, persons and brands that turn up in the names of residences and streets; from
/// the ministry's lists of "大洋怪重" names of 2018–2019. A hit is refused, a person may still find more.
const FOREIGN: &[&str] = &[
    "曼哈顿",
    "威尼斯",
    "巴黎",
    "罗马",
    "维多利亚",
    "加州",
    "普罗旺斯",
    "地中海",
    "莱茵",
    "剑桥",
    "哈佛",
    "牛津",
    "纽约",
    "伦敦",
    "东京",
    "夏威夷",
    "塞纳",
    "凯撒",
    "拿破仑",
    "林肯",
    "华盛顿",
    "香榭丽舍",
    "托斯卡纳",
    "欧洲城",
    "英伦",
    "凡尔赛",
    "巴塞罗那",
    "米兰",
    "佛罗伦萨",
    "温莎",
    "白金汉",
    "哥本哈根",
    "苏黎世",
    "多瑙河",
    "密西西比",
    "洛杉矶",
    "好莱坞",
    "硅谷",
    "迪拜",
    "达芬奇",
    "莫奈",
    "拉斐尔",
    "毕加索",
    "爱因斯坦",
];

/// Words by which a company shows itself.
const COMPANIES: &[&str] = &["有限公司", "股份", "集团", "公司", "银行", "品牌", "商标"];

/// P-2, 地名管理条例 9(4)–(6): the first reason for which a specific part may not be. A name of two characters that is a
/// leader's is forbidden where it stands alone, for in a longer word it may be something else; a longer one wherever it
/// stands.
pub fn forbidden(specific: &str) -> Option<Forbidden> {
    let has = |words: &[&str]| words.iter().any(|word| specific.contains(word));
    let leads = |name: &&str| match name.chars().count() {
        0..=2 => specific == *name,
        _ => specific.contains(*name),
    };
    if LEADERS.iter().any(leads) || has(GIVEN) {
        Some(Forbidden::Leader)
    } else if has(FOREIGN) {
        Some(Forbidden::Foreign)
    } else if has(COMPANIES) {
        Some(Forbidden::Company)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 地名管理条例 9(4)–(6): 不以国家领导人的名字、外国人名、地名和企业名称、商标名称作地名.
    #[test]
    fn each_list_forbids_its_words_and_nothing_that_only_sounds_so() {
        use Forbidden::{Company, Foreign, Leader};
        for (specific, expected) in [
            ("中山北", None),
            ("毛泽东", Some(Leader)),
            ("习近平", Some(Leader)),
            ("新泽东", Some(Leader)),
            ("陈云", Some(Leader)),
            ("林彪", Some(Leader)),
            ("荣毅仁纪念", Some(Leader)),
            // Not the name, but a word that holds it.
            ("高岗岭", None),
            // Not the name, but two words that meet.
            ("朱德润", None),
            ("万里", None),
            ("巴黎春天", Some(Foreign)),
            ("凡尔赛", Some(Foreign)),
            ("某某集团", Some(Company)),
            ("清泉溪", None),
        ] {
            assert_eq!(forbidden(specific), expected, "{specific}");
        }
    }

    #[test]
    fn no_word_stands_twice() {
        for list in [LEADERS, GIVEN, FOREIGN, COMPANIES] {
            for (at, word) in list.iter().enumerate() {
                assert!(!word.is_empty() && !list[..at].contains(word), "{word}");
            }
        }
    }
}
