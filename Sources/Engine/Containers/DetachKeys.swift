import Fault
import NIOCore

/// The keys by which a client on a terminal leaves without ending the container: `ctrl-p,ctrl-q` by default.
struct DetachKeys: Sendable, Equatable {
    var bytes: [UInt8]

    /// Nil or empty: the default. Throws Docker's words for keys that don't exist.
    init(_ text: String?) throws(Fault) {
        guard let text, !text.isEmpty else {
            bytes = [16, 17]
            return
        }
        bytes = []
        for key in text.split(separator: ",", omittingEmptySubsequences: false) {
            let lower = key.lowercased()
            if key.utf8.count == 1, let byte = key.utf8.first {
                bytes.append(byte)
            } else if lower.hasPrefix("ctrl-"), lower.utf8.count == 6, let letter = lower.utf8.last,
                let code = Self.control(letter)
            {
                bytes.append(code)
            } else if lower == "del" {
                bytes.append(127)
            } else {
                throw Fault(.invalid, "Invalid detach keys (\(text)) provided: Unknown character: '\(key)'")
            }
        }
    }

    private static func control(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): letter - UInt8(ascii: "a") + 1
        case UInt8(ascii: "@"): 0
        case UInt8(ascii: "["): 27
        case UInt8(ascii: "\\"): 28
        case UInt8(ascii: "]"): 29
        case UInt8(ascii: "^"): 30
        case UInt8(ascii: "_"): 31
        default: nil
        }
    }

    /// Watches what is typed. A beginning of the keys is held back until it is known whether the rest follows.
    struct Matcher: Sendable {
        private let keys: [UInt8]
        private var matched = 0

        init(_ keys: DetachKeys) { self.keys = keys.bytes }

        /// What goes on to the process, and whether the keys were typed: then nothing after them counts.
        mutating func take(_ input: ByteBuffer) -> (passed: ByteBuffer, isDetached: Bool) {
            var passed = ByteBuffer()
            for byte in input.readableBytesView {
                if byte == keys[matched] {
                    matched += 1
                    if matched == keys.count { return (passed, true) }
                    continue
                }
                passed.writeBytes(keys[..<matched])
                matched = 0
                if byte == keys[0], keys.count > 1 { matched = 1 } else { passed.writeInteger(byte) }
            }
            return (passed, false)
        }
    }
}
