/// Sizes and times as Docker writes and reads them.
package enum Units {
    private static let decimalSuffixes = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    private static let binarySuffixes = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]

    private static func scaled(_ bytes: Double, base: Double, suffixes: [String]) -> (Double, String) {
        var size = bytes, step = 0
        while size >= base, step < suffixes.count - 1 {
            size /= base
            step += 1
        }
        return (size, suffixes[step])
    }

    /// `938MB`, `1.021GB`: powers of 1000, `precision` significant digits.
    package static func decimalSize(_ bytes: Double, precision: Int = 4) -> String {
        let (size, suffix) = scaled(bytes, base: 1000, suffixes: decimalSuffixes)
        return GoText.number("%.\(precision)g", size) + suffix
    }

    /// `7.633MiB`: powers of 1024, four significant digits.
    package static func binarySize(_ bytes: Double) -> String {
        let (size, suffix) = scaled(bytes, base: 1024, suffixes: binarySuffixes)
        return GoText.number("%.4g", size) + suffix
    }

    /// `64m`, `1.5 GiB`, `100`: bytes, powers of 1024. Nil for anything else.
    package static func parseBinarySize(_ text: String) -> Int64? {
        guard let numberEnd = text.lastIndex(where: { $0.isASCII && $0.isNumber || $0 == "." }) else { return nil }
        let after = text.index(after: numberEnd)
        var suffix = text[after...]
        if suffix.first == " " { suffix = suffix.dropFirst() }
        guard let value = Double(text[..<after]), value >= 0, value.isFinite else { return nil }
        var unit = suffix.lowercased()[...]
        guard unit.count <= 3 else { return nil }
        if unit.isEmpty || unit == "b" { return Int64(exactly: value.rounded(.towardZero)) }
        let power: Int
        switch unit.removeFirst() {
        case "k": power = 1
        case "m": power = 2
        case "g": power = 3
        case "t": power = 4
        case "p": power = 5
        default: return nil
        }
        guard unit.isEmpty || unit == "b" || unit == "ib" else { return nil }
        let scale = (0..<power).reduce(1.0) { product, _ in product * 1024 }
        return Int64(exactly: (value * scale).rounded(.towardZero))
    }

    /// `About a minute`, `3 seconds`, `2 weeks`: a span given in seconds.
    package static func humanDuration(_ seconds: Double) -> String {
        let whole = Int(seconds)
        if whole < 1 { return "Less than a second" }
        if whole == 1 { return "1 second" }
        if whole < 60 { return "\(whole) seconds" }
        let minutes = Int(seconds / 60)
        if minutes == 1 { return "About a minute" }
        if minutes < 60 { return "\(minutes) minutes" }
        let hours = Int((seconds / 3600).rounded())
        if hours == 1 { return "About an hour" }
        if hours < 48 { return "\(hours) hours" }
        if hours < 24 * 7 * 2 { return "\(hours / 24) days" }
        if hours < 24 * 30 * 2 { return "\(hours / 24 / 7) weeks" }
        if hours < 24 * 365 * 2 { return "\(hours / 24 / 30) months" }
        return "\(Int(seconds / 3600) / 24 / 365) years"
    }
}
