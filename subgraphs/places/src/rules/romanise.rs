//! P-15: place names in 汉语拼音 (地名管理条例 15; 中国地名汉语拼音字母拼写规则, 1984).
//!
//! The specific part (专名) and the generic part (通名) are written apart, each with a capital; names of
//! villages run together; serial numbers of streets are digits; an apostrophe stands before a, o, e
//! inside a word. Names from minority languages follow their own transcription: the reviewed ones are in
//! a table here, others are spelt by their characters, which an officer must confirm.

use super::{pinyin, scope::PlaceKind};

/// A name in letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roman {
    /// Without tone marks, as on signs: Xinjin Qu.
    pub plain: String,
    /// With tone marks: Xīnjīn Qū.
    pub toned: String,
}

/// The generic parts (通名) by kind; the longest that fits is taken.
fn generics(kind: PlaceKind) -> &'static [&'static str] {
    match kind {
        PlaceKind::Division => &[
            "特别行政区",
            "自治区",
            "自治州",
            "自治县",
            "自治旗",
            "地区",
            "林区",
            "特区",
            "街道",
            "苏木",
            "省",
            "市",
            "县",
            "区",
            "旗",
            "盟",
            "镇",
            "乡",
        ],
        PlaceKind::NaturalFeature => &[
            "山脉", "盆地", "平原", "高原", "半岛", "群岛", "山", "江", "河", "湖", "海", "岛",
            "峰", "溪", "池", "泉", "岭", "峡", "沟", "洲", "湾", "洞", "滩",
        ],
        PlaceKind::Village => &["社区", "村", "庄", "屯", "寨", "堡"],
        PlaceKind::Park => &[
            "自然保护区",
            "森林公园",
            "湿地公园",
            "地质公园",
            "国家公园",
            "植物园",
            "动物园",
            "公园",
            "广场",
            "绿地",
        ],
        PlaceKind::Road => &[
            "快速路",
            "高架路",
            "大道",
            "大街",
            "公路",
            "环路",
            "马路",
            "胡同",
            "路",
            "街",
            "巷",
            "弄",
            "里",
            "道",
        ],
        PlaceKind::Residence => &[
            "小区", "新村", "花园", "公寓", "大厦", "家园", "苑", "园", "城", "府", "居", "里",
            "楼",
        ],
        PlaceKind::Facility => &[
            "服务中心",
            "立交桥",
            "变电站",
            "水电站",
            "气象站",
            "汽车站",
            "火车站",
            "殡仪馆",
            "骨灰堂",
            "隧道",
            "码头",
            "水库",
            "大桥",
            "机场",
            "中心",
            "大坝",
            "桥",
            "站",
            "渠",
            "堤",
            "闸",
            "港",
        ],
        PlaceKind::Other => &[
            "纪念馆",
            "博物馆",
            "产业园",
            "广场",
            "中心",
            "园区",
            "塔",
            "寺",
            "庙",
            "遗址",
        ],
    }
}

/// Specific parts from minority languages, and the one name that departs from the spelling rules (陕西).
const OWN_TRANSCRIPTION: &[(&str, &str)] = &[
    ("内蒙古", "Nei Mongol"),
    ("呼和浩特", "Hohhot"),
    ("鄂尔多斯", "Ordos"),
    ("呼伦贝尔", "Hulun Buir"),
    ("锡林郭勒", "Xilin Gol"),
    ("乌鲁木齐", "Ürümqi"),
    ("伊犁", "Ili"),
    ("哈尔滨", "Harbin"),
    ("齐齐哈尔", "Qiqihar"),
    ("拉萨", "Lhasa"),
    ("日喀则", "Xigazê"),
    ("甘孜", "Garzê"),
    ("陕西", "Shaanxi"),
];

/// The peoples whose names stand in the names of autonomous divisions.
const PEOPLES: &[&str] = &[
    "蒙古族",
    "蒙古",
    "回族",
    "藏族",
    "维吾尔族",
    "维吾尔",
    "苗族",
    "彝族",
    "壮族",
    "布依族",
    "朝鲜族",
    "满族",
    "侗族",
    "瑶族",
    "白族",
    "土家族",
    "哈尼族",
    "哈萨克族",
    "哈萨克",
    "傣族",
    "黎族",
    "傈僳族",
    "佤族",
    "畲族",
    "拉祜族",
    "水族",
    "东乡族",
    "纳西族",
    "景颇族",
    "柯尔克孜族",
    "柯尔克孜",
    "土族",
    "达斡尔族",
    "仫佬族",
    "羌族",
    "布朗族",
    "撒拉族",
    "毛南族",
    "仡佬族",
    "锡伯族",
    "锡伯",
    "阿昌族",
    "普米族",
    "塔吉克族",
    "塔吉克",
    "怒族",
    "鄂温克族",
    "德昂族",
    "保安族",
    "裕固族",
    "独龙族",
    "鄂伦春",
    "各族",
];

/// P-1: the specific and generic parts of a whole name. Without a known generic part, or where nothing
/// would be left before it, the whole is specific.
pub fn split(name: &str, kind: PlaceKind) -> (&str, Option<&'static str>) {
    generics(kind)
        .iter()
        .find_map(|generic| {
            let specific = name.strip_suffix(generic)?;
            (!specific.is_empty()).then_some((specific, Some(*generic)))
        })
        .unwrap_or((name, None))
}

/// P-1: whether this generic part (通名) belongs to the kind.
pub fn is_generic(generic: &str, kind: PlaceKind) -> bool {
    generics(kind).contains(&generic)
}

/// P-15: a name in letters, from its parts.
pub fn romanise(specific: &str, generic: Option<&str>, kind: PlaceKind) -> Roman {
    let mut words = Vec::with_capacity(4);
    match kind {
        PlaceKind::Village => {
            let whole = format!("{specific}{}", generic.unwrap_or_default());
            return finish(vec![word(&whole)]);
        }
        PlaceKind::Road => street_words(specific, &mut words),
        PlaceKind::Division => division_words(specific, &mut words),
        _ => plain_words(specific, &mut words),
    }
    words.extend(generic.map(word));
    finish(words)
}

/// P-15: the name of a division in letters: 新津区 is Xinjin Qu.
pub fn romanise_division(name: &str) -> Roman {
    let (specific, generic) = split(name, PlaceKind::Division);
    romanise(specific, generic, PlaceKind::Division)
}

fn finish(words: Vec<String>) -> Roman {
    let toned = words.join(" ");
    Roman {
        plain: pinyin::toneless(&toned),
        toned,
    }
}

/// 第二松花 is two words, Dì'èr Sōnghuā; else one.
fn plain_words(specific: &str, words: &mut Vec<String>) {
    if let Some((_, own)) = OWN_TRANSCRIPTION.iter().find(|(name, _)| *name == specific) {
        words.push((*own).to_owned());
        return;
    }
    let ordinal = specific.strip_prefix('第').map_or(0, |rest| {
        let digits: usize = rest
            .chars()
            .take_while(|c| digit(*c).is_some())
            .map(char::len_utf8)
            .sum();
        if digits > 0 && digits < rest.len() {
            '第'.len_utf8() + digits
        } else {
            0
        }
    });
    if ordinal > 0 {
        words.push(word(&specific[..ordinal]));
    }
    words.push(word(&specific[ordinal..]));
}

/// The names of peoples are words of their own: Ebian Yizu Zizhixian.
fn division_words(specific: &str, words: &mut Vec<String>) {
    let mut rest = specific;
    let mut peoples = Vec::new();
    let has_own = OWN_TRANSCRIPTION.iter().any(|(name, _)| *name == specific);
    while !has_own
        && let Some(people) = PEOPLES
            .iter()
            .find(|p| rest.ends_with(*p) && rest.len() > p.len())
    {
        peoples.push(word(people));
        rest = &rest[..rest.len() - people.len()];
    }
    plain_words(rest, words);
    words.extend(peoples.into_iter().rev());
}

/// Serial numbers as digits, and 西里 and the like as words of their own: Tiānníngsì Xīlǐ 1 (Xiàng).
fn street_words(specific: &str, words: &mut Vec<String>) {
    let (name, number) = serial_number(specific);
    let characters: Vec<char> = name.chars().collect();
    if let [.., direction, area] = characters.as_slice()
        && characters.len() >= 4
        && "东西南北中前后".contains(*direction)
        && "里街巷区村园".contains(*area)
    {
        let cut = name.len() - direction.len_utf8() - area.len_utf8();
        plain_words(&name[..cut], words);
        words.push(word(&name[cut..]));
    } else if !name.is_empty() {
        plain_words(name, words);
    }
    words.extend(number.map(|n| n.to_string()));
}

/// The serial number at the end of a street's specific part. 八一 and 五一 are no numbers, and after a single
/// character (统一) it is not taken for one.
fn serial_number(specific: &str) -> (&str, Option<u32>) {
    let numerals: usize = specific
        .chars()
        .rev()
        .take_while(|c| digit(*c).is_some() || c.is_ascii_digit())
        .map(char::len_utf8)
        .sum();
    let (name, numeral) = specific.split_at(specific.len() - numerals);
    if name.chars().count() == 1 {
        return (specific, None);
    }
    match number(numeral) {
        Some(n) => (name, Some(n)),
        None => (specific, None),
    }
}

fn digit(c: char) -> Option<u32> {
    "〇一二三四五六七八九十"
        .chars()
        .position(|d| d == c)
        .and_then(|n| u32::try_from(n).ok())
}

/// 一 to 九十九, or ASCII digits.
fn number(text: &str) -> Option<u32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let digits: Vec<u32> = text.chars().map(digit).collect::<Option<_>>()?;
    match digits.as_slice() {
        [n @ 1..=10] => Some(*n),
        [10, n @ 1..=9] => Some(10 + n),
        [tens @ 2..=9, 10] => Some(tens * 10),
        [tens @ 2..=9, 10, n @ 1..=9] => Some(tens * 10 + n),
        _ => None,
    }
}

/// Characters run together into one capitalised word.
fn word(text: &str) -> String {
    let mut spelt = String::with_capacity(text.len() * 2);
    for (character, syllable) in text.chars().zip(pinyin::syllables(text)) {
        if character == '儿' && !spelt.is_empty() {
            spelt.push('r');
            continue;
        }
        let vowel = pinyin::toneless(&syllable).starts_with(['a', 'o', 'e']);
        if vowel && !spelt.is_empty() {
            spelt.push('\'');
        }
        spelt.push_str(&syllable);
    }
    let mut characters = spelt.chars();
    match characters.next() {
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => spelt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_own_examples_come_out() {
        use PlaceKind as K;
        for (name, kind, toned) in [
            ("五指山", K::NaturalFeature, "Wǔzhǐ Shān"),
            ("珠江", K::NaturalFeature, "Zhū Jiāng"),
            ("西安", K::Division, "Xī'ān"),
            ("建瓯", K::Division, "Jiàn'ōu"),
            ("李庄", K::Village, "Lǐzhuāng"),
            ("二马路", K::Road, "2 Mǎlù"),
            ("三环路", K::Road, "3 Huánlù"),
            ("第二松花江", K::NaturalFeature, "Dì'èr Sōnghuā Jiāng"),
            ("天宁寺西里一巷", K::Road, "Tiānníngsì Xīlǐ 1 Xiàng"),
        ] {
            let (specific, generic) = split(name, kind);
            assert_eq!(romanise(specific, generic, kind).toned, toned, "{name}");
        }
    }

    #[test]
    fn divisions_are_spelt_as_on_their_signs() {
        for (name, plain) in [
            ("新津区", "Xinjin Qu"),
            ("连江县", "Lianjiang Xian"),
            ("文武砂街道", "Wenwusha Jiedao"),
            ("长乐区", "Changle Qu"),
            ("厦门市", "Xiamen Shi"),
            ("峨边彝族自治县", "Ebian Yizu Zizhixian"),
            ("于家务回族乡", "Yujiawu Huizu Xiang"),
            ("阿坝藏族羌族自治州", "Aba Zangzu Qiangzu Zizhizhou"),
            ("内蒙古自治区", "Nei Mongol Zizhiqu"),
            ("陕西省", "Shaanxi Sheng"),
            ("四川省", "Sichuan Sheng"),
        ] {
            assert_eq!(romanise_division(name).plain, plain, "{name}");
        }
    }

    #[test]
    fn only_serial_numbers_are_digits() {
        for (name, plain) in [
            ("解放二路", "Jiefang 2 Lu"),
            ("八一大道", "Bayi Dadao"),
            ("五一路", "Wuyi Lu"),
            ("统一路", "Tongyi Lu"),
            ("三元街", "Sanyuan Jie"),
            ("二十三街", "23 Jie"),
        ] {
            let (specific, generic) = split(name, PlaceKind::Road);
            assert_eq!(
                romanise(specific, generic, PlaceKind::Road).plain,
                plain,
                "{name}"
            );
        }
    }
}
