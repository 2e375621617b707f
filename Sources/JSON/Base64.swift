private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

/// RFC 4648 section 4, padded.
package func encodeBase64(_ bytes: [UInt8]) -> String {
    var out: [UInt8] = []
    out.reserveCapacity((bytes.count + 2) / 3 * 4)
    var at = 0
    while at < bytes.count {
        let left = bytes.count - at
        let group =
            UInt32(bytes[at]) << 16 | (left > 1 ? UInt32(bytes[at + 1]) << 8 : 0)
            | (left > 2 ? UInt32(bytes[at + 2]) : 0)
        out.append(alphabet[Int(group >> 18)])
        out.append(alphabet[Int(group >> 12 & 63)])
        out.append(left > 1 ? alphabet[Int(group >> 6 & 63)] : UInt8(ascii: "="))
        out.append(left > 2 ? alphabet[Int(group & 63)] : UInt8(ascii: "="))
        at += 3
    }
    return String(decoding: out, as: UTF8.self)
}

/// Both alphabets of RFC 4648, with and without padding; nil for other text.
package func decodeBase64(_ text: String) -> [UInt8]? {
    var out: [UInt8] = []
    var group: UInt32 = 0, bits = 0
    for byte in text.utf8 {
        let value: UInt32
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(byte) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(byte) + 4
        case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
        case UInt8(ascii: "="), 0x0a, 0x0d: continue
        default: return nil
        }
        group = group << 6 | value
        bits += 6
        if bits >= 8 {
            bits -= 8
            out.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
        }
    }
    guard bits < 6 else { return nil }  // a single digit is left: six bits are no byte
    return out
}
