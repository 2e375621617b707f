/// A set of characters: ranges, general categories and scripts, perhaps turned around.
struct RE2CharacterSet: Sendable {
    enum Part: Sendable {
        case range(ClosedRange<UInt32>)
        /// A bit a general category, by `RE2Classes.bit`.
        case categories(UInt32)
        case not([Part])
    }

    private let parts: [Part]
    private let isNegated: Bool
    private let foldsCase: Bool
    /// The answers for ASCII, bit by bit: nearly all text that is ever matched.
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    init(_ parts: [Part], isNegated: Bool = false, foldsCase: Bool = false) {
        self.parts = parts
        self.isNegated = isNegated
        self.foldsCase = foldsCase
        for value in UInt32(0)..<128 where search(value) { noteASCII(value) }
    }

    private mutating func noteASCII(_ value: UInt32) {
        if value < 64 { low |= 1 << UInt64(value) } else { high |= 1 << UInt64(value - 64) }
    }

    private init(only value: UInt32) {
        parts = [.range(value...value)]
        isNegated = false
        foldsCase = false
        if value < 128 { noteASCII(value) }
    }

    static func one(_ scalar: UInt32, foldsCase: Bool) -> RE2CharacterSet {
        foldsCase ? RE2CharacterSet([.range(scalar...scalar)], foldsCase: true) : RE2CharacterSet(only: scalar)
    }
    static let any = RE2CharacterSet([.range(0...0x10FFFF)])
    static let anyButNewline = RE2CharacterSet([.range(0x0A...0x0A)], isNegated: true)

    func contains(_ value: UInt32) -> Bool {
        if value < 64 { return low >> UInt64(value) & 1 == 1 }
        if value < 128 { return high >> UInt64(value - 64) & 1 == 1 }
        return search(value)
    }

    private func search(_ value: UInt32) -> Bool {
        let isIn = foldsCase ? Self.caseVariants(value).contains { Self.holds(parts, $0) } : Self.holds(parts, value)
        return isIn != isNegated
    }

    private static func holds(_ parts: [Part], _ value: UInt32) -> Bool {
        parts.contains { part in
            switch part {
            case .range(let range): range.contains(value)
            case .categories(let bits): RE2Classes.category(of: value) & bits != 0
            case .not(let inner): !holds(inner, value)
            }
        }
    }

    /// The characters that are the same but for case (`unicode.SimpleFold`).
    static func caseVariants(_ value: UInt32) -> [UInt32] {
        guard let scalar = Unicode.Scalar(value) else { return [value] }
        var variants = [value]
        for text in [scalar.properties.lowercaseMapping, scalar.properties.uppercaseMapping] {
            let scalars = Array(text.unicodeScalars)
            if scalars.count == 1, !variants.contains(scalars[0].value) { variants.append(scalars[0].value) }
        }
        // Two letters have a second lower- or upper-case form outside ASCII: the Kelvin sign and the long s.
        if variants.contains(0x6B), !variants.contains(0x212A) { variants.append(0x212A) }
        if variants.contains(0x73), !variants.contains(0x17F) { variants.append(0x17F) }
        return variants
    }
}

/// The named classes of RE2.
enum RE2Classes {
    typealias Part = RE2CharacterSet.Part

    private static func ranges(_ text: StaticString) -> [Part] {
        let scalars = Array("\(text)".unicodeScalars)
        return stride(from: 0, to: scalars.count - 1, by: 2).map { .range(scalars[$0].value...scalars[$0 + 1].value) }
    }

    private static let digit = ranges("09")
    private static let word = ranges("09AZ__az")
    private static let space = ranges("\t\n\u{0C}\r  ")

    /// `\d` and its kind; nil when the letter names none.
    static func perl(_ letter: Unicode.Scalar) -> [Part]? {
        switch letter {
        case "d": digit
        case "D": [.not(digit)]
        case "s": space
        case "S": [.not(space)]
        case "w": word
        case "W": [.not(word)]
        default: nil
        }
    }

    /// `[:alpha:]` and its kind, by the name with its colons, without the brackets.
    static func posix(_ name: String) -> [Part]? {
        let isNegated = name.hasPrefix("^")
        let parts: [Part]
        switch isNegated ? String(name.dropFirst()) : name {
        case "alnum": parts = ranges("09AZaz")
        case "alpha": parts = ranges("AZaz")
        case "ascii": parts = [.range(0...0x7F)]
        case "blank": parts = ranges("\t\t  ")
        case "cntrl": parts = [.range(0...0x1F), .range(0x7F...0x7F)]
        case "digit": parts = digit
        case "graph": parts = ranges("!~")
        case "lower": parts = ranges("az")
        case "print": parts = ranges(" ~")
        case "punct": parts = ranges("!/:@[`{~")
        case "space": parts = ranges("\t\r  ")
        case "upper": parts = ranges("AZ")
        case "word": parts = word
        case "xdigit": parts = ranges("09AFaf")
        default: return nil
        }
        return isNegated ? [.not(parts)] : parts
    }

    /// `\p{Lu}`, `\pL`, `\p{Greek}`, `\p{^Lu}`; nil when the name is not known.
    static func unicode(_ name: String) -> [Part]? {
        if name.hasPrefix("^") { return unicode(String(name.dropFirst())).map { [.not($0)] } }
        if name == "Any" { return [.range(0...0x10FFFF)] }
        if let script = scripts[name] { return script.map { .range($0) } }
        let bits = categoryNames.enumerated().reduce(UInt32(0)) { bits, entry in
            entry.element == name || entry.element.first.map(String.init) == name ? bits | 1 << entry.offset : bits
        }
        return bits == 0 ? nil : [.categories(bits)]
    }

    private static let categoryNames = [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "Sm",
        "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
    ]

    /// The bit of a character's category.
    static func category(of value: UInt32) -> UInt32 {
        guard let scalar = Unicode.Scalar(value) else { return 0 }
        return 1 << bit(scalar.properties.generalCategory)
    }

    private static func bit(_ category: Unicode.GeneralCategory) -> UInt32 {
        switch category {
        case .uppercaseLetter: 0
        case .lowercaseLetter: 1
        case .titlecaseLetter: 2
        case .modifierLetter: 3
        case .otherLetter: 4
        case .nonspacingMark: 5
        case .spacingMark: 6
        case .enclosingMark: 7
        case .decimalNumber: 8
        case .letterNumber: 9
        case .otherNumber: 10
        case .connectorPunctuation: 11
        case .dashPunctuation: 12
        case .openPunctuation: 13
        case .closePunctuation: 14
        case .initialPunctuation: 15
        case .finalPunctuation: 16
        case .otherPunctuation: 17
        case .mathSymbol: 18
        case .currencySymbol: 19
        case .modifierSymbol: 20
        case .otherSymbol: 21
        case .spaceSeparator: 22
        case .lineSeparator: 23
        case .paragraphSeparator: 24
        case .control: 25
        case .format: 26
        case .surrogate: 27
        case .privateUse: 28
        case .unassigned: 29
        @unknown default: 29
        }
    }

    /// The blocks of the scripts that patterns name in practice.
    private static let scripts: [String: [ClosedRange<UInt32>]] = [
        "Latin": [
            0x41...0x5A, 0x61...0x7A, 0xAA...0xAA, 0xBA...0xBA, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2B8, 0x1E00...0x1EFF,
            0x2C60...0x2C7F, 0xA722...0xA787, 0xFB00...0xFB06, 0xFF21...0xFF3A, 0xFF41...0xFF5A,
        ],
        "Greek": [
            0x370...0x373, 0x375...0x377, 0x37A...0x37D, 0x37F...0x37F, 0x384...0x384, 0x386...0x386, 0x388...0x3E1,
            0x3F0...0x3FF, 0x1F00...0x1FFE,
        ],
        "Cyrillic": [0x400...0x484, 0x487...0x52F, 0x1C80...0x1C88, 0x2DE0...0x2DFF, 0xA640...0xA69F],
        "Armenian": [0x531...0x556, 0x559...0x58A],
        "Hebrew": [0x591...0x5C7, 0x5D0...0x5EA, 0x5EF...0x5F4, 0xFB1D...0xFB4F],
        "Arabic": [
            0x600...0x604, 0x606...0x60B, 0x60D...0x61A, 0x61C...0x61E, 0x620...0x63F, 0x641...0x64A, 0x656...0x6FF,
            0x750...0x77F,
        ],
        "Devanagari": [0x900...0x950, 0x955...0x963, 0x966...0x97F, 0xA8E0...0xA8FF],
        "Thai": [0xE01...0xE3A, 0xE40...0xE5B],
        "Hangul": [0x1100...0x11FF, 0x3131...0x318E, 0xAC00...0xD7A3],
        "Hiragana": [0x3041...0x3096, 0x309D...0x309F],
        "Katakana": [0x30A1...0x30FA, 0x30FD...0x30FF, 0x31F0...0x31FF, 0xFF66...0xFF6F, 0xFF71...0xFF9D],
        "Han": [
            0x2E80...0x2E99, 0x2E9B...0x2EF3, 0x2F00...0x2FD5, 0x3005...0x3005, 0x3007...0x3007, 0x3021...0x3029,
            0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAD9, 0x20000...0x2FA1D, 0x30000...0x323AF,
        ],
    ]
}
