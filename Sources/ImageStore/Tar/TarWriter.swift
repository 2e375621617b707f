import Fault

/// Turns members into tar blocks: ustar where that says it all, a PAX header before it where it doesn't. The same
/// member always gives the same bytes.
package enum TarWriter {
    /// A record of zeros: two blocks end an archive.
    package static let end = [UInt8](repeating: 0, count: 2 * TarLimit.block)

    /// Bytes to add after a content of so many.
    package static func padding(_ size: Int64) -> Int { Int((512 - size % 512) % 512) }

    /// The blocks before the member's content. `size` of regular files is the number of content bytes that follow.
    package static func header(_ entry: TarEntry) -> [UInt8] {
        var records: [(String, [UInt8])] = []
        var path = entry.path
        if entry.kind == .directory, path.last != UInt8(ascii: "/") { path.append(UInt8(ascii: "/")) }
        let split = splitPath(path)
        if split == nil { records.append(("path", path)) }
        if entry.link.count > 100 { records.append(("linkpath", entry.link)) }
        let limits: [(String, Int64, Int64)] = [
            ("size", entry.kind == .regular ? entry.size : 0, 1 << 33), ("uid", Int64(entry.uid), 1 << 21),
            ("gid", Int64(entry.gid), 1 << 21),
        ]
        for (key, value, limit) in limits where value >= limit { records.append((key, Array(String(value).utf8))) }
        if entry.mtime.nanoseconds != 0 || entry.mtime.seconds < 0 || entry.mtime.seconds >= 1 << 33 {
            records.append(("mtime", Array(text(entry.mtime).utf8)))
        }
        for attribute in entry.attributes {
            records.append((PAXRecords.attributePrefix + attribute.name, attribute.value))
        }
        var short = entry
        short.path = path
        let header = block(short, type: type(entry.kind), split: split)
        return records.isEmpty ? header : extended(records, for: path) + header
    }

    private static func type(_ kind: TarEntry.Kind) -> UInt8 {
        switch kind {
        case .regular: UInt8(ascii: "0")
        case .hardLink: UInt8(ascii: "1")
        case .symlink: UInt8(ascii: "2")
        case .character: UInt8(ascii: "3")
        case .block: UInt8(ascii: "4")
        case .directory: UInt8(ascii: "5")
        case .fifo: UInt8(ascii: "6")
        }
    }

    /// Go's and POSIX's form: seconds with a fraction, no trailing zeros.
    private static func text(_ time: TarEntry.Time) -> String {
        guard time.nanoseconds != 0 else { return "\(time.seconds)" }
        let isNegative = time.seconds < 0
        let seconds = isNegative ? -(time.seconds + 1) : time.seconds
        let nanoseconds = isNegative ? 1_000_000_000 - time.nanoseconds : time.nanoseconds
        var digits = String(nanoseconds)
        digits = String(repeating: "0", count: 9 - digits.utf8.count) + digits
        while digits.hasSuffix("0") { digits.removeLast() }
        return "\(isNegative ? "-" : "")\(seconds).\(digits)"
    }

    /// Name and prefix, which a slash joins; nil when they don't hold the path.
    private static func splitPath(_ path: [UInt8]) -> (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>)? {
        if path.count <= 100 { return ([], path[...]) }
        guard path.count <= 256 else { return nil }
        for at in path.indices.dropLast() where path[at] == UInt8(ascii: "/") && path.count - at - 1 <= 100 {
            return at <= 155 && at > 0 ? (path[..<at], path[(at + 1)...]) : nil
        }
        return nil
    }

    private static func extended(_ records: [(String, [UInt8])], for path: [UInt8]) -> [UInt8] {
        var body: [UInt8] = []
        for (key, value) in records {
            let rest = key.utf8.count + value.count + 3  // blank, equals sign, line feed
            var length = rest + 1
            while String(length).utf8.count + rest != length { length = String(length).utf8.count + rest }
            body += Array("\(length) \(key)=".utf8) + value + [0x0A]
        }
        var entry = TarEntry(
            path: Array("PaxHeaders.0/".utf8) + path.suffix(80).filter { $0 != 0x2F }, kind: .regular, mode: 0o644)
        entry.size = Int64(body.count)
        return block(entry, type: UInt8(ascii: "x"), split: ([], entry.path[...])) + body
            + [UInt8](repeating: 0, count: padding(Int64(body.count)))
    }

    private static func block(
        _ entry: TarEntry, type: UInt8, split: (prefix: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarLimit.block)
        func put(_ bytes: some Sequence<UInt8>, _ at: Int, _ limit: Int) {
            for (index, byte) in bytes.prefix(limit).enumerated() { block[at + index] = byte }
        }
        func octal(_ value: Int64, _ at: Int, _ digits: Int) {
            let limit: Int64 = 1 << (3 * Int64(digits))
            let text = String(value >= 0 && value < limit ? value : 0, radix: 8)
            put((String(repeating: "0", count: digits - text.utf8.count) + text).utf8, at, digits)
        }
        put(split?.name ?? entry.path[...], 0, 100)
        octal(Int64(entry.mode), 100, 7)
        octal(Int64(entry.uid), 108, 7)
        octal(Int64(entry.gid), 116, 7)
        octal(entry.kind == .regular ? entry.size : 0, 124, 11)
        octal(entry.mtime.seconds, 136, 11)
        block[156] = type
        put(entry.link, 157, 100)
        put("ustar\u{0}00".utf8, 257, 8)
        if entry.kind == .character || entry.kind == .block {
            octal(Int64(entry.major), 329, 7)
            octal(Int64(entry.minor), 337, 7)
        }
        put(split?.prefix ?? [], 345, 155)
        put([UInt8](repeating: 0x20, count: 8), 148, 8)
        octal(block.reduce(0) { $0 + Int64($1) }, 148, 6)
        block[154] = 0
        return block
    }
}
