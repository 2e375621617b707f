import Fault

/// The records of a PAX header: `LENGTH KEY=VALUE\n`, overriding what the next header says (POSIX pax "Extended Header").
struct PAXRecords {
    private(set) var values: [String: [UInt8]] = [:]
    private(set) var attributes: [TarEntry.Attribute] = []
    /// GNU.sparse 0.0 repeats keys, so its runs are taken in order.
    private(set) var sparseRuns: [Int64] = []

    static let attributePrefix = "SCHILY.xattr."

    mutating func read(_ bytes: [UInt8]) throws(Fault) {
        var rest = bytes[...]
        while let first = rest.first, first != 0 {
            guard let space = rest.prefix(20).firstIndex(of: 0x20),
                let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > space - rest.startIndex + 2, length <= rest.count,
                rest[rest.startIndex + length - 1] == 0x0A
            else { throw Fault(.invalid, "tar archive has a malformed PAX header") }
            let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
            rest = rest[(rest.startIndex + length)...]
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else {
                throw Fault(.invalid, "tar archive has a PAX record without '='")
            }
            try take(String(decoding: record[..<equals], as: UTF8.self), Array(record[(equals + 1)...]))
        }
    }

    private mutating func take(_ key: String, _ value: [UInt8]) throws(Fault) {
        switch key {
        case "path", "linkpath", "GNU.sparse.name":
            guard !value.contains(0) else { throw Fault(.invalid, "tar archive has a name with a NUL byte") }
            values[key] = value.isEmpty ? nil : value
        case "GNU.sparse.offset", "GNU.sparse.numbytes":
            guard sparseRuns.count < 2 * TarLimit.sparseRuns else {
                throw Fault(.invalid, "sparse file has too many runs")
            }
            sparseRuns.append(try Self.integer(value, key))
        case _ where key.hasPrefix(Self.attributePrefix):
            let name = String(key.dropFirst(Self.attributePrefix.count))
            attributes.removeAll { $0.name == name }
            attributes.append(TarEntry.Attribute(name, value))
        default: values[key] = value.isEmpty ? nil : value
        }
    }

    func integer(_ key: String) throws(Fault) -> Int64? {
        guard let value = values[key] else { return nil }
        return try Self.integer(value, key)
    }

    static func integer(_ value: [UInt8], _ key: String) throws(Fault) -> Int64 {
        guard let number = Int64(String(decoding: value, as: UTF8.self)), number >= 0 else {
            throw Fault(.invalid, "tar archive has a malformed PAX record \(key)")
        }
        return number
    }

    /// Seconds with an optional fraction, possibly before the epoch.
    func time(_ key: String) throws(Fault) -> TarEntry.Time? {
        guard let value = values[key] else { return nil }
        let text = String(decoding: value, as: UTF8.self)
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let seconds = Int64(parts[0]) else {
            throw Fault(.invalid, "tar archive has a malformed PAX record \(key)")
        }
        guard parts.count == 2, !parts[1].isEmpty else { return TarEntry.Time(seconds) }
        let digits = String(parts[1].prefix(9))
        guard let fraction = Int(digits), fraction >= 0 else {
            throw Fault(.invalid, "tar archive has a malformed PAX record \(key)")
        }
        let nanoseconds = fraction * (0..<(9 - digits.utf8.count)).reduce(1) { power, _ in power * 10 }
        guard text.hasPrefix("-"), nanoseconds > 0 else { return TarEntry.Time(seconds, nanoseconds: nanoseconds) }
        return TarEntry.Time(seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds)
    }
}
