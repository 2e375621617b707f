/// The keys that leave a container without stopping it: `ctrl-p,ctrl-q`, `a,b`, `ctrl-@`.
package struct DetachKeys: Sendable, Equatable {
    package let bytes: [UInt8]

    package static let standard = DetachKeys(bytes: [16, 17])

    package init(bytes: [UInt8]) { self.bytes = bytes }

    /// Nil for an empty or wrong text.
    package init?(parsing text: String) {
        var bytes: [UInt8] = []
        for key in text.parts(",") {
            if key.count == 1, let byte = key.utf8.first, key.utf8.count == 1 {
                bytes.append(byte)
                continue
            }
            guard key.hasPrefix("ctrl-"), key.utf8.count == 6, let letter = key.utf8.last else { return nil }
            switch letter {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): bytes.append(letter - UInt8(ascii: "a") + 1)
            case UInt8(ascii: "@"): bytes.append(0)
            case UInt8(ascii: "[")...UInt8(ascii: "_"): bytes.append(letter - UInt8(ascii: "@"))
            default: return nil
            }
        }
        guard !bytes.isEmpty else { return nil }
        self.bytes = bytes
    }
}

/// Holds back the keys of a sequence that has begun, and hands them on when it breaks off.
package struct DetachFilter {
    private let keys: [UInt8]
    private var matched = 0

    package init(_ keys: DetachKeys) { self.keys = keys.bytes }

    /// What is to be sent; nil when the sequence is complete.
    package mutating func pass(_ bytes: [UInt8]) -> [UInt8]? {
        var out: [UInt8] = []
        for byte in bytes {
            if byte == keys[matched] {
                matched += 1
                if matched == keys.count { return nil }
                continue
            }
            out += keys[..<matched]
            matched = byte == keys[0] ? 1 : 0
            if matched == 0 { out.append(byte) }
            if matched == keys.count { return nil }
        }
        return out
    }
}
