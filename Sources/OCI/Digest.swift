import Crypto
import Fault

/// The name of a content by its hash: `sha256:` and 64 hex digits (image-spec, descriptor.md "Digests").
/// Only sha256 is taken; sha512 is legal but no registry in use serves it.
package struct Digest: Sendable, Hashable, CustomStringConvertible, Comparable {
    /// 64 lower-case hex digits.
    package let hex: String

    package var description: String { "sha256:\(hex)" }

    /// The first 12 digits, as `docker images` shows them.
    package var short: String { String(hex.prefix(12)) }

    package init(parsing text: String) throws(Fault) {
        let hex = text.dropFirst("sha256:".count)
        guard text.hasPrefix("sha256:"), hex.utf8.count == 64,
            hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { throw Fault(.invalid, "invalid digest \"\(text.prefix(100))\": want sha256: and 64 hex digits") }
        self.hex = String(hex)
    }

    package init(hash: SHA256Digest) {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in hash {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        hex = String(decoding: text, as: UTF8.self)
    }

    package init(of bytes: some Sequence<UInt8>) {
        self.init(hash: SHA256.hash(data: Array(bytes)))
    }

    package static func < (a: Digest, b: Digest) -> Bool { a.hex < b.hex }
}
