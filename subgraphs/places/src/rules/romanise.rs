//! P-15: place names in 汉语拼音 (地名管理条例 15; 中国地名汉语拼音字母拼写规则, 1984).
//!
//! The specific part (专名) and the generic part (通名) are written apart, each with a capital; names of
//! villages run together; serial numbers of streets are digits; an apostrophe stands before a, o, e
//! inside a word; a single syllable that is added to a name (东, 后, 新 …) joins the generic part behind it. Names
//! from minority languages follow their own transcription: the reviewed ones are in
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
            "山脉", "盆地", "平原", "高原", "草原", "沙漠", "戈壁", "沼泽", "湿地", "冰川", "瀑布",
            "海峡", "海湾", "半岛", "群岛", "列岛", "峡谷", "山", "江", "河", "湖", "海", "洋",
            "岛", "屿", "礁", "峰", "岩", "崖", "坡", "梁", "塬", "坪", "丘", "溪", "川", "水",
            "涧", "潭", "池", "泉", "淀", "泊", "岭", "峡", "谷", "沟", "洲", "湾", "港", "角",
            "洞", "滩", "林",
        ],
        PlaceKind::Village => &[
            "社区", "嘎查", "村", "庄", "屯", "寨", "堡", "营", "店", "铺", "集", "坝", "坪", "湾",
            "沟", "岭", "坡", "桥", "口", "塘", "岗", "洼", "屋", "院",
        ],
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
            "步行街",
            "林荫道",
            "大道",
            "大街",
            "公路",
            "环路",
            "马路",
            "胡同",
            "环线",
            "支路",
            "横街",
            "横路",
            "路",
            "街",
            "巷",
            "弄",
            "里",
            "坊",
            "条",
            "道",
        ],
        PlaceKind::Residence => &[
            "小区", "新村", "花园", "公寓", "大厦", "家园", "山庄", "庄园", "广场", "中心", "商城",
            "大楼", "公馆", "别墅", "雅苑", "苑", "园", "城", "府", "居", "里", "楼", "坊", "庭",
            "轩", "阁", "院", "台", "湾", "墅",
        ],
        PlaceKind::Facility => &[
            "高速公路",
            "发电厂",
            "收费站",
            "地铁站",
            "航站楼",
            "服务区",
            "自来水厂",
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
            "铁路",
            "枢纽",
            "泵站",
            "渡口",
            "灌区",
            "电厂",
            "水厂",
            "塔台",
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

/// P-1, 地名管理条例 9: the specific and generic parts of a whole name. Without a known generic part, or where nothing
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

/// P-1, 地名管理条例 9: whether this generic part (通名) belongs to the kind.
pub fn is_generic(generic: &str, kind: PlaceKind) -> bool {
    generics(kind).contains(&generic)
}

/// P-15, 地名管理条例 15: a name in letters, from its parts.
pub fn romanise(specific: &str, generic: Option<&str>, kind: PlaceKind) -> Roman {
    let mut words = Vec::with_capacity(4);
    let added = generic
        .filter(|_| takes_added(kind))
        .and_then(|generic| added(specific, generic));
    match kind {
        PlaceKind::Village => {
            let whole = format!("{specific}{}", generic.unwrap_or_default());
            return finish(vec![word(&whole)]);
        }
        _ if added.is_some() => {}
        PlaceKind::Road => street_words(specific, &mut words),
        PlaceKind::Division => division_words(specific, &mut words),
        _ => plain_words(specific, &mut words),
    }
    match added {
        Some(Added { name, own, joined }) => {
            plain_words(name, &mut words);
            words.extend(own.map(word));
            words.push(word(&joined));
        }
        None => words.extend(generic.map(word)),
    }
    finish(words)
}

/// The kinds of which a part is told from others by a syllable: streets, rivers and lakes, and what is built.
fn takes_added(kind: PlaceKind) -> bool {
    matches!(
        kind,
        PlaceKind::Road | PlaceKind::NaturalFeature | PlaceKind::Residence
    )
}

/// A specific part with a syllable that is added to it.
struct Added<'a> {
    /// The name itself.
    name: &'a str,
    /// 内 and 外 of a gate, which are words of their own.
    own: Option<&'a str>,
    /// The syllables that join the generic part, with it.
    joined: String,
}

/// Syllables that are added to a name to tell its parts apart (单音节附加成分).
const ADDED: &str = "东西南北中前后左右上下新老";

/// 南京西路 is Nanjing Xilu, 景山后街 Jingshan Houjie, 潮白新河 Chaobai Xinhe; 朝阳门内大街 Chaoyangmen Nei Dajie. What is left
/// must be a name: two characters at least, so that 江南路 and 新华路 stay Jiangnan Lu and Xinhua Lu.
fn added<'a>(specific: &'a str, generic: &str) -> Option<Added<'a>> {
    let whole = specific.chars().count();
    let syllables = specific
        .chars()
        .rev()
        .take_while(|c| ADDED.contains(*c))
        .count();
    // One, or a direction and what is smaller (南小街 has none of these); never into the name itself.
    let syllables = syllables.min(1).min(whole.saturating_sub(2));
    let cut = specific
        .char_indices()
        .nth(whole - syllables)
        .map_or(specific.len(), |(at, _)| at);
    let (name, last) = specific.split_at(cut);
    let gate = ["内", "外"].iter().find(|side| {
        name.strip_suffix(**side)
            .is_some_and(|gate| gate.ends_with('门') && gate.chars().count() > 2)
    });
    let (name, own) = match gate {
        Some(side) => {
            let (name, own) = name.split_at(name.len() - side.len());
            (name, Some(own))
        }
        None => (name, None),
    };
    (own.is_some() || !last.is_empty()).then(|| Added {
        name,
        own,
        joined: format!("{last}{generic}"),
    })
}

/// P-15, 地名管理条例 15: the name of a division in letters: 新津区 is Xinjin Qu.
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

/// Words in which 儿 is a child and a syllable of its own (ér), and no 儿化: 女儿 is Nü'er, 盆儿 is Penr.
const CHILDREN: &[&str] = &[
    "女儿", "男儿", "婴儿", "幼儿", "孤儿", "小儿", "孩儿", "少儿", "健儿", "胎儿", "儿童", "儿女",
    "儿子",
];

/// Whether the 儿 at a place of a text is a child.
fn is_child(text: &[char], at: usize) -> bool {
    CHILDREN.iter().any(|word| {
        let word: Vec<char> = word.chars().collect();
        let own = usize::from(word[0] != '儿');
        at.checked_sub(own)
            .and_then(|from| text.get(from..from + word.len()))
            == Some(word.as_slice())
    })
}

/// Characters run together into one capitalised word.
fn word(text: &str) -> String {
    let mut spelt = String::with_capacity(text.len() * 2);
    let characters: Vec<char> = text.chars().collect();
    for (at, (character, syllable)) in text.chars().zip(pinyin::syllables(text)).enumerate() {
        if character == '儿' && !spelt.is_empty() && !is_child(&characters, at) {
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

    /// 1984 rules: 专名和通名的附加成分，单音节的与其相关部分连写.
    #[test]
    fn a_single_syllable_added_to_a_name_joins_its_part() {
        use PlaceKind as K;
        for (name, kind, plain) in [
            ("南京西路", K::Road, "Nanjing Xilu"),
            ("景山后街", K::Road, "Jingshan Houjie"),
            ("潮白新河", K::NaturalFeature, "Chaobai Xinhe"),
            ("西辽河", K::NaturalFeature, "Xiliao He"),
            ("长江中路", K::Road, "Changjiang Zhonglu"),
            ("和平里中街", K::Road, "Hepingli Zhongjie"),
            ("人民东大道", K::Road, "Renmin Dongdadao"),
            ("朝阳门内大街", K::Road, "Chaoyangmen Nei Dajie"),
            ("建国门外大街", K::Road, "Jianguomen Wai Dajie"),
            ("阳光新城", K::Residence, "Yangguang Xincheng"),
            // Two characters are a name, and stay one.
            ("江南路", K::Road, "Jiangnan Lu"),
            ("新华路", K::Road, "Xinhua Lu"),
            ("济南路", K::Road, "Jinan Lu"),
            ("河东路", K::Road, "Hedong Lu"),
            ("五指山", K::NaturalFeature, "Wuzhi Shan"),
            // Serial numbers keep their rule.
            ("解放二路", K::Road, "Jiefang 2 Lu"),
        ] {
            let (specific, generic) = split(name, kind);
            assert_eq!(romanise(specific, generic, kind).plain, plain, "{name}");
        }
    }

    /// 1984 rules: 儿化音用“r”表示; a child is no 儿化.
    #[test]
    fn only_what_is_said_with_an_r_is_written_with_one() {
        for (name, plain) in [
            ("盆儿胡同", "Penr Hutong"),
            ("女儿街", "Nü'er Jie"),
            ("孤儿巷", "Gu'er Xiang"),
            ("儿童路", "Ertong Lu"),
            ("新儿童路", "Xin'ertong Lu"),
        ] {
            let (specific, generic) = split(name, PlaceKind::Road);
            assert_eq!(
                romanise(specific, generic, PlaceKind::Road).plain,
                plain,
                "{name}"
            );
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
