/// Byte strings: the program carries no Unicode tables, and HTTP needs none.

func equal(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    for at in 0..<bytes.count where bytes[at] != text.utf8Start[at] { return false }
    return true
}

func lowercased(_ bytes: [UInt8]) -> [UInt8] {
    bytes.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
}

func trimmed(_ bytes: [UInt8]) -> [UInt8] {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
    guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return Array(bytes[first...last])
}

/// Nil for anything but digits, and above a milliard.
func number(_ bytes: [UInt8], radix: Int) -> Int? {
    guard !bytes.isEmpty, bytes.count <= 9 else { return nil }
    var value = 0
    for byte in bytes {
        let digit: Int
        switch byte {
        case 0x30...0x39: digit = Int(byte) - 0x30
        case 0x61...0x66: digit = Int(byte) - 0x61 + 10
        case 0x41...0x46: digit = Int(byte) - 0x41 + 10
        default: return nil
        }
        guard digit < radix else { return nil }
        value = value * radix + digit
    }
    return value
}

func find(_ pattern: StaticString, in bytes: [UInt8], from start: Int) -> Int? {
    let length = pattern.utf8CodeUnitCount
    guard bytes.count >= start + length else { return nil }
    for at in start...(bytes.count - length) {
        var same = 0
        while same < length, bytes[at + same] == pattern.utf8Start[same] { same += 1 }
        if same == length { return at }
    }
    return nil
}

func decimal(_ value: Int) -> [UInt8] {
    guard value > 9 else { return [UInt8(0x30 + max(0, value))] }
    return decimal(value / 10) + [UInt8(0x30 + value % 10)]
}

extension [UInt8] {
    mutating func add(_ text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }
}
