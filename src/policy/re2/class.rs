//! Character classes as Go has them: named groups, Unicode names and case folding.
//!
//! Go's tables are those of Unicode 15.0, which the `regex` crate has left behind. What came later
//! is taken out again here, so that a class holds the same characters in both.

use std::sync::{LazyLock, OnceLock};

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, HirKind};

/// The largest number that stands for a character, surrogates included.
pub(super) const MAX_RUNE: u32 = 0x10_FFFF;

/// General categories, in Go's spelling.
const CATEGORIES: [&str; 38] = [
    "C", "Cc", "Cf", "Cn", "Co", "Cs", "L", "LC", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me",
    "Mn", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk",
    "Sm", "So", "Z", "Zl", "Zp", "Zs",
];

/// What is neither a category nor a script.
const OTHERS: [&str; 3] = ["Any", "ASCII", "Assigned"];

/// Scripts of Unicode 15.0, in Go's spelling.
const SCRIPTS: [&str; 163] = [
    "Adlam",
    "Ahom",
    "Anatolian_Hieroglyphs",
    "Arabic",
    "Armenian",
    "Avestan",
    "Balinese",
    "Bamum",
    "Bassa_Vah",
    "Batak",
    "Bengali",
    "Bhaiksuki",
    "Bopomofo",
    "Brahmi",
    "Braille",
    "Buginese",
    "Buhid",
    "Canadian_Aboriginal",
    "Carian",
    "Caucasian_Albanian",
    "Chakma",
    "Cham",
    "Cherokee",
    "Chorasmian",
    "Common",
    "Coptic",
    "Cuneiform",
    "Cypriot",
    "Cypro_Minoan",
    "Cyrillic",
    "Deseret",
    "Devanagari",
    "Dives_Akuru",
    "Dogra",
    "Duployan",
    "Egyptian_Hieroglyphs",
    "Elbasan",
    "Elymaic",
    "Ethiopic",
    "Georgian",
    "Glagolitic",
    "Gothic",
    "Grantha",
    "Greek",
    "Gujarati",
    "Gunjala_Gondi",
    "Gurmukhi",
    "Han",
    "Hangul",
    "Hanifi_Rohingya",
    "Hanunoo",
    "Hatran",
    "Hebrew",
    "Hiragana",
    "Imperial_Aramaic",
    "Inherited",
    "Inscriptional_Pahlavi",
    "Inscriptional_Parthian",
    "Javanese",
    "Kaithi",
    "Kannada",
    "Katakana",
    "Kawi",
    "Kayah_Li",
    "Kharoshthi",
    "Khitan_Small_Script",
    "Khmer",
    "Khojki",
    "Khudawadi",
    "Lao",
    "Latin",
    "Lepcha",
    "Limbu",
    "Linear_A",
    "Linear_B",
    "Lisu",
    "Lycian",
    "Lydian",
    "Mahajani",
    "Makasar",
    "Malayalam",
    "Mandaic",
    "Manichaean",
    "Marchen",
    "Masaram_Gondi",
    "Medefaidrin",
    "Meetei_Mayek",
    "Mende_Kikakui",
    "Meroitic_Cursive",
    "Meroitic_Hieroglyphs",
    "Miao",
    "Modi",
    "Mongolian",
    "Mro",
    "Multani",
    "Myanmar",
    "Nabataean",
    "Nag_Mundari",
    "Nandinagari",
    "New_Tai_Lue",
    "Newa",
    "Nko",
    "Nushu",
    "Nyiakeng_Puachue_Hmong",
    "Ogham",
    "Ol_Chiki",
    "Old_Hungarian",
    "Old_Italic",
    "Old_North_Arabian",
    "Old_Permic",
    "Old_Persian",
    "Old_Sogdian",
    "Old_South_Arabian",
    "Old_Turkic",
    "Old_Uyghur",
    "Oriya",
    "Osage",
    "Osmanya",
    "Pahawh_Hmong",
    "Palmyrene",
    "Pau_Cin_Hau",
    "Phags_Pa",
    "Phoenician",
    "Psalter_Pahlavi",
    "Rejang",
    "Runic",
    "Samaritan",
    "Saurashtra",
    "Sharada",
    "Shavian",
    "Siddham",
    "SignWriting",
    "Sinhala",
    "Sogdian",
    "Sora_Sompeng",
    "Soyombo",
    "Sundanese",
    "Syloti_Nagri",
    "Syriac",
    "Tagalog",
    "Tagbanwa",
    "Tai_Le",
    "Tai_Tham",
    "Tai_Viet",
    "Takri",
    "Tamil",
    "Tangsa",
    "Tangut",
    "Telugu",
    "Thaana",
    "Thai",
    "Tibetan",
    "Tifinagh",
    "Tirhuta",
    "Toto",
    "Ugaritic",
    "Vai",
    "Vithkuqi",
    "Wancho",
    "Warang_Citi",
    "Yezidi",
    "Yi",
    "Zanabazar_Square",
];

/// Longer names of categories, which Go has taken since 1.25, in loose spelling.
const ALIASES: [(&str, &str); 42] = [
    ("casedletter", "LC"),
    ("closepunctuation", "Pe"),
    ("cntrl", "Cc"),
    ("combiningmark", "M"),
    ("connectorpunctuation", "Pc"),
    ("control", "Cc"),
    ("currencysymbol", "Sc"),
    ("dashpunctuation", "Pd"),
    ("decimalnumber", "Nd"),
    ("digit", "Nd"),
    ("enclosingmark", "Me"),
    ("finalpunctuation", "Pf"),
    ("format", "Cf"),
    ("initialpunctuation", "Pi"),
    ("letter", "L"),
    ("letternumber", "Nl"),
    ("lineseparator", "Zl"),
    ("lowercaseletter", "Ll"),
    ("mark", "M"),
    ("mathsymbol", "Sm"),
    ("modifierletter", "Lm"),
    ("modifiersymbol", "Sk"),
    ("nonspacingmark", "Mn"),
    ("number", "N"),
    ("openpunctuation", "Ps"),
    ("other", "C"),
    ("otherletter", "Lo"),
    ("othernumber", "No"),
    ("otherpunctuation", "Po"),
    ("othersymbol", "So"),
    ("paragraphseparator", "Zp"),
    ("privateuse", "Co"),
    ("punct", "P"),
    ("punctuation", "P"),
    ("separator", "Z"),
    ("spaceseparator", "Zs"),
    ("spacingmark", "Mc"),
    ("surrogate", "Cs"),
    ("symbol", "S"),
    ("titlecaseletter", "Lt"),
    ("unassigned", "Cn"),
    ("uppercaseletter", "Lu"),
];

/// A class under construction.
#[derive(Debug, Default)]
pub(super) struct Members {
    ranges: Vec<ClassUnicodeRange>,
}

impl Members {
    /// Adds the characters from `low` to `high`; surrogates, which no text holds, are left out.
    pub(super) fn add_range(&mut self, low: u32, high: u32) {
        let low = char::from_u32(low).unwrap_or('\u{E000}');
        let high = char::from_u32(high).unwrap_or('\u{D7FF}');
        if low <= high {
            self.ranges.push(ClassUnicodeRange::new(low, high));
        }
    }

    pub(super) fn add_class(&mut self, class: &ClassUnicode) {
        self.ranges.extend_from_slice(class.ranges());
    }

    pub(super) fn into_class(self) -> ClassUnicode {
        ClassUnicode::new(self.ranges)
    }
}

/// What `\d`, `\s`, `\w` and their negations stand for; `letter` is what follows the backslash.
pub(super) fn perl(letter: char, fold_case: bool) -> Option<ClassUnicode> {
    let ranges: &[(char, char)] = match letter.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        's' => &[('\t', '\n'), ('\u{C}', '\r'), (' ', ' ')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        _ => return None,
    };
    Some(group(ranges, fold_case, letter.is_ascii_uppercase()))
}

/// What `[:name:]` or `[:^name:]` stands for, given what stands between the colons.
pub(super) fn posix(name: &str, fold_case: bool) -> Option<ClassUnicode> {
    let (negated, name) = match name.strip_prefix('^') {
        Some(name) => (true, name),
        None => (false, name),
    };
    let ranges: &[(char, char)] = match name {
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "ascii" => &[('\0', '\x7F')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "cntrl" => &[('\0', '\x1F'), ('\x7F', '\x7F')],
        "digit" => &[('0', '9')],
        "graph" => &[('!', '~')],
        "lower" => &[('a', 'z')],
        "print" => &[(' ', '~')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "upper" => &[('A', 'Z')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        _ => return None,
    };
    Some(group(ranges, fold_case, negated))
}

/// Go folds a group before it negates it.
fn group(ranges: &[(char, char)], fold_case: bool, negated: bool) -> ClassUnicode {
    let ranges = ranges
        .iter()
        .map(|&(low, high)| ClassUnicodeRange::new(low, high));
    let mut class = ClassUnicode::new(ranges);
    if fold_case {
        class = folded(&class);
    }
    if negated {
        class.negate();
    }
    class
}

/// The characters of a general category or a script, or `None` where Go has no such name.
pub(super) fn unicode(name: &str, fold_case: bool) -> Option<&'static ClassUnicode> {
    const NAMES: usize = OTHERS.len() + CATEGORIES.len() + SCRIPTS.len();
    static TABLES: [[OnceLock<ClassUnicode>; 2]; NAMES] =
        [const { [const { OnceLock::new() }; 2] }; NAMES];
    let name = known_name(name)?;
    let index = names().position(|known| known == name)?;
    let [plain, with_case_variants] = &TABLES[index];
    let plain = plain.get_or_init(|| table(name));
    if !fold_case {
        return Some(plain);
    }
    Some(with_case_variants.get_or_init(|| folded(plain)))
}

fn names() -> impl Iterator<Item = &'static str> {
    OTHERS.into_iter().chain(CATEGORIES).chain(SCRIPTS)
}

/// The name as Go keeps it. Since version 1.25 letter case, spaces, underscores and hyphens don't
/// count, and categories have aliases.
fn known_name(name: &str) -> Option<&'static str> {
    let loose = |name: &str| -> String {
        let letters = name.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
        letters.map(|c| c.to_ascii_lowercase()).collect()
    };
    let wanted = loose(name);
    let alias = ALIASES.iter().find(|(alias, _)| *alias == wanted);
    alias
        .map(|(_, name)| *name)
        .or_else(|| names().find(|known| loose(known) == wanted))
}

/// The nearest name that Go has.
pub(super) fn nearest_name(name: &str) -> Option<&'static str> {
    const NEAR: f64 = 0.8;
    let score = |known: &'static str| (strsim::jaro_winkler(known, name), known);
    let names = CATEGORIES.into_iter().chain(SCRIPTS).map(score);
    let best = names.filter(|(score, _)| *score >= NEAR);
    best.max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

/// The characters that `name`, one of Go's, had in Unicode 15.0.
fn table(name: &str) -> ClassUnicode {
    /// The one character whose category changed since: a nonspacing mark then, a spacing one now.
    const AHOM_MEDIAL_RA: char = '\u{1171E}';
    let ahom = ClassUnicode::new([ClassUnicodeRange::new(AHOM_MEDIAL_RA, AHOM_MEDIAL_RA)]);
    let mut class = match name {
        "Any" => return ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)]),
        "ASCII" => return ClassUnicode::new([ClassUnicodeRange::new('\0', '\x7f')]),
        "Assigned" => return ASSIGNED.clone(),
        // Surrogates, which no text holds.
        "Cs" => return ClassUnicode::empty(),
        _ if CATEGORIES.contains(&name) => property(&format!("gc={name}")),
        _ => property(&format!("sc={name}")),
    };
    match name {
        "C" | "Cn" => {
            let mut unassigned = ASSIGNED.clone();
            unassigned.negate();
            class.union(&unassigned);
        }
        _ => class.intersect(&ASSIGNED),
    }
    match name {
        "Mc" => class.difference(&ahom),
        "Mn" => class.union(&ahom),
        _ => {}
    }
    class
}

/// The characters of Unicode 15.0.
static ASSIGNED: LazyLock<ClassUnicode> = LazyLock::new(|| property("age=15.0"));

/// What the `regex` crate's `\p{query}` stands for.
fn property(query: &str) -> ClassUnicode {
    let parsed = regex_syntax::parse(&format!(r"\p{{{query}}}"));
    let hir = parsed.expect("the query is a property of the crate's tables");
    match hir.into_kind() {
        HirKind::Class(Class::Unicode(class)) => class,
        // A class of one character comes back as that character.
        HirKind::Literal(literal) => {
            let text = String::from_utf8_lossy(&literal.0).into_owned();
            ClassUnicode::new(text.chars().map(|c| ClassUnicodeRange::new(c, c)))
        }
        _ => ClassUnicode::empty(),
    }
}

/// `class` and every case variant of its characters.
pub(super) fn folded(class: &ClassUnicode) -> ClassUnicode {
    let mut all = Members::default();
    all.add_class(class);
    // The table takes a millisecond to make, and most patterns have no need of it.
    if class
        .ranges()
        .last()
        .is_none_or(|last| last.end().is_ascii())
    {
        for variant in characters(class).flat_map(other_cases) {
            all.ranges.push(ClassUnicodeRange::new(variant, variant));
        }
        return all.into_class();
    }
    for range in class.ranges() {
        let first = VARIANTS.partition_point(|(c, _)| *c < range.start());
        let inside = VARIANTS[first..]
            .iter()
            .take_while(|(c, _)| *c <= range.end());
        for variant in inside.flat_map(|(_, others)| others) {
            all.ranges.push(ClassUnicodeRange::new(*variant, *variant));
        }
    }
    all.into_class()
}

/// The case variants of one character, itself included.
pub(super) fn variants(c: char) -> ClassUnicode {
    folded(&ClassUnicode::new([ClassUnicodeRange::new(c, c)]))
}

/// The characters that have case variants, in order, each with its variants (simple case folding
/// of Unicode 15.0).
static VARIANTS: LazyLock<Vec<(char, Vec<char>)>> = LazyLock::new(|| {
    // Two that look alike to Unicode since 15.1.
    const PAIRED_LATER: [char; 6] = [
        '\u{390}', '\u{3B0}', '\u{1FD3}', '\u{1FE3}', '\u{FB05}', '\u{FB06}',
    ];
    let mut cased = property("Changes_When_Casemapped");
    cased.intersect(&ASSIGNED);
    let cased = characters(&cased).filter(|c| !PAIRED_LATER.contains(c));
    let with_others = cased.map(|c| (c, other_cases(c)));
    with_others
        .filter(|(_, others)| !others.is_empty())
        .collect()
});

fn other_cases(c: char) -> Vec<char> {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    class
        .try_case_fold_simple()
        .expect("the crate is built with its case tables");
    characters(&class)
        .filter(|other| *other != c && (c.is_ascii() || is_assigned(*other)))
        .collect()
}

/// Whether Unicode 15.0 has `c`, as it has the variants of all ASCII characters.
fn is_assigned(c: char) -> bool {
    let ranges = ASSIGNED.ranges();
    let after = ranges.partition_point(|range| range.start() <= c);
    after > 0 && c <= ranges[after - 1].end()
}

fn characters(class: &ClassUnicode) -> impl Iterator<Item = char> {
    class
        .ranges()
        .iter()
        .flat_map(|range| range.start()..=range.end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(class: &ClassUnicode) -> usize {
        characters(class).count()
    }

    #[test]
    fn categories_are_those_of_unicode_15() {
        let sizes = [
            ("Mn", 1985),
            ("Cc", 65),
            ("Pc", 10),
            ("Ll", 2233),
            ("Nl", 236),
            ("Me", 13),
            ("Pf", 10),
            ("Lo", 131_612),
            ("Z", 19),
            ("Lt", 31),
            ("P", 842),
            ("N", 1831),
            ("Pi", 12),
            ("Sc", 63),
            ("M", 2450),
            ("Zs", 17),
            ("No", 915),
            ("Sm", 948),
            ("Pe", 77),
            ("Po", 628),
            ("Mc", 452),
            ("S", 7770),
            ("Co", 137_468),
            ("Sk", 125),
            ("L", 136_104),
            ("Nd", 680),
            ("Pd", 26),
            ("Lm", 397),
            ("Ps", 79),
            ("So", 6634),
            ("LC", 4095),
            ("Lu", 1831),
            ("Cf", 170),
            ("Zl", 1),
            ("Zp", 1),
            ("Cs", 0),
        ];
        for (name, size) in sizes {
            assert_eq!(count(unicode(name, false).expect(name)), size, "{name}");
        }
        let assigned = 1_112_064 - count(unicode("Cn", false).expect("Cn"));
        let sum: usize = ["L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Co"]
            .map(|name| count(unicode(name, false).expect(name)))
            .iter()
            .sum();
        assert_eq!(assigned, sum);
    }

    #[test]
    fn every_character_is_in_one_script_at_most() {
        let mut all = 0;
        for name in SCRIPTS {
            let size = count(unicode(name, false).expect(name));
            assert!(size > 0, "{name}");
            all += size;
        }
        assert_eq!(all, 149_251);
    }

    #[test]
    fn names_are_as_loose_as_in_go() {
        for name in [
            "greek",
            "LETTER",
            "lu",
            "old-italic",
            "Old Italic",
            "ascii",
            "assigned",
        ] {
            assert!(unicode(name, false).is_some(), "{name}");
        }
        assert_eq!(unicode("Upper case_Letter", false), unicode("Lu", false));
        assert_eq!(unicode("ASCII", false).map(count), Some(128));
        for name in ["Grek", "Alphabetic", "Garay", "", "scx=Greek"] {
            assert!(unicode(name, false).is_none(), "{name}");
        }
    }

    #[test]
    fn folding_is_that_of_unicode_15() {
        let others = |c: char| characters(&variants(c)).collect::<String>();
        assert_eq!(others('k'), "Kk\u{212A}");
        assert_eq!(others('s'), "Ss\u{17F}");
        assert_eq!(others('ß'), "ß\u{1E9E}");
        for alone in ['1', 'İ', 'ı', '\u{390}', '\u{FB05}', '\u{264}', '\u{19B}'] {
            assert_eq!(others(alone), alone.to_string());
        }
        assert_eq!(VARIANTS.len(), 2_878);
    }
}
