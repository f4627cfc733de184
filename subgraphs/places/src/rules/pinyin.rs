//! The sounds of characters in place names.
//!
//! The common readings come from the crate `pinyin`; where a character has several, a library alone is
//! wrong too often for names (长乐, 厦门, 十里堡), so a reviewed table goes before it: whole words first,
//! then what a character is usually read as in names. Additions go into the tables here, with a test.

use ::pinyin::ToPinyin;

/// Words whose reading was reviewed, longest match first. Sources: 行政区划 names as romanised by 民政部,
/// 现代汉语词典 place-name entries.
const WORDS: &[(&str, &str)] = &[
    ("十里堡", "shí lǐ pù"),
    ("大黄堡", "dà huáng bǎo"),
    ("吴堡", "wú bǔ"),
    ("厦门", "xià mén"),
    ("六安", "lù ān"),
    ("六合", "lù hé"),
    ("台州", "tāi zhōu"),
    ("天台", "tiān tāi"),
    ("乐清", "yuè qīng"),
    ("乐亭", "lào tíng"),
    ("东阿", "dōng ē"),
    ("东莞", "dōng guǎn"),
    ("丽水", "lí shuǐ"),
    ("番禺", "pān yú"),
    ("大埔", "dà bù"),
    ("黄埔", "huáng pǔ"),
    ("尉犁", "yù lí"),
    ("蔚县", "yù xiàn"),
    ("浚县", "xùn xiàn"),
    ("单县", "shàn xiàn"),
    ("莘县", "shēn xiàn"),
    ("莘庄", "xīn zhuāng"),
    ("任县", "rén xiàn"),
    ("任丘", "rén qiū"),
    ("洪洞", "hóng tóng"),
    ("繁峙", "fán shì"),
    ("荥经", "yíng jīng"),
    ("荥阳", "xíng yáng"),
    ("中牟", "zhōng mù"),
    ("泌阳", "bì yáng"),
    ("铅山", "yán shān"),
    ("筠连", "jūn lián"),
    ("犍为", "qián wéi"),
    ("涡阳", "guō yáng"),
    ("濉溪", "suī xī"),
    ("砀山", "dàng shān"),
    ("枞阳", "zōng yáng"),
    ("歙县", "shè xiàn"),
    ("蚌埠", "bèng bù"),
    ("柏林", "bǎi lín"),
    ("曲江", "qǔ jiāng"),
    ("会稽", "kuài jī"),
    ("鄱阳", "pó yáng"),
    ("于都", "yú dū"),
    ("闵行", "mǐn háng"),
    ("太行", "tài háng"),
    ("浒墅关", "xǔ shù guān"),
    ("甪直", "lù zhí"),
    ("邗江", "hán jiāng"),
    ("盱眙", "xū yí"),
    ("北碚", "běi bèi"),
    ("綦江", "qí jiāng"),
    ("梁平", "liáng píng"),
    ("都江堰", "dū jiāng yàn"),
    ("重庆", "chóng qìng"),
    ("车里", "chē lǐ"),
    ("牟定", "móu dìng"),
    ("宕昌", "tàn chāng"),
    ("吐鲁番", "tǔ lǔ fān"),
    ("喀什", "kā shí"),
    ("朝阳", "cháo yáng"),
    ("长子县", "zhǎng zǐ xiàn"),
    ("长兴岛", "cháng xīng dǎo"),
    ("隆化", "lóng huà"),
    ("里弄", "lǐ lòng"),
];

/// How a character is read in names unless a word above says otherwise.
const CHARACTERS: &[(char, &str)] = &[
    ('长', "cháng"),
    ('重', "chóng"),
    ('都', "dū"),
    ('涌', "chōng"),
    ('弄', "lòng"),
    ('藏', "zàng"),
    ('单', "shàn"),
];

/// P-15, 汉语拼音方案: the syllables of a text with tone marks, one a character; what is no Chinese character (digits,
/// letters) stands for itself.
pub fn syllables(text: &str) -> Vec<String> {
    let mut syllables = Vec::with_capacity(text.chars().count());
    let mut rest = text;
    'text: while let Some(first) = rest.chars().next() {
        for (word, reading) in WORDS {
            if let Some(after) = rest.strip_prefix(word) {
                syllables.extend(reading.split(' ').map(str::to_owned));
                rest = after;
                continue 'text;
            }
        }
        syllables.push(of_character(first));
        rest = &rest[first.len_utf8()..];
    }
    syllables
}

fn of_character(character: char) -> String {
    if let Some((_, reading)) = CHARACTERS.iter().find(|(c, _)| *c == character) {
        return (*reading).to_owned();
    }
    character
        .to_pinyin()
        .map_or_else(|| character.to_string(), |p| p.with_tone().to_owned())
}

/// P-15, 汉语拼音方案: a text of syllables without tone marks; ü stays ü, as in Lüshun.
pub fn toneless(toned: &str) -> String {
    toned
        .chars()
        .map(|c| match c {
            'ā' | 'á' | 'ǎ' | 'à' => 'a',
            'ē' | 'é' | 'ě' | 'è' | 'ê' => 'e',
            'ī' | 'í' | 'ǐ' | 'ì' => 'i',
            'ō' | 'ó' | 'ǒ' | 'ò' => 'o',
            'ū' | 'ú' | 'ǔ' | 'ù' => 'u',
            'ǖ' | 'ǘ' | 'ǚ' | 'ǜ' => 'ü',
            'Ā' | 'Á' | 'Ǎ' | 'À' => 'A',
            'Ē' | 'É' | 'Ě' | 'È' => 'E',
            'Ō' | 'Ó' | 'Ǒ' | 'Ò' => 'O',
            'ń' | 'ň' | 'ǹ' => 'n',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_names() {
        for (name, reading) in [
            ("长乐", "cháng lè"),
            ("厦门", "xià mén"),
            ("十里堡", "shí lǐ pù"),
            ("大黄堡", "dà huáng bǎo"),
            ("吴堡", "wú bǔ"),
            ("重庆", "chóng qìng"),
            ("成都", "chéng dū"),
            ("乐山", "lè shān"),
            ("新津", "xīn jīn"),
            ("建瓯", "jiàn ōu"),
            ("旅顺", "lǚ shùn"),
            ("5号", "5 hào"),
        ] {
            assert_eq!(syllables(name).join(" "), reading, "{name}");
        }
        assert_eq!(toneless("lǚ shùn"), "lü shun");
    }

    #[test]
    fn every_reviewed_word_has_a_syllable_for_each_character() {
        for (word, reading) in WORDS {
            assert_eq!(word.chars().count(), reading.split(' ').count(), "{word}");
        }
    }
}
