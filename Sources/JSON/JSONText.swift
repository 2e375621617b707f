import Glibc

/// Finds values in JSON text without making a tree of it. The text must be well-formed and without spaces, as this
/// module writes it; in any other it finds something wrong, but reads nothing beyond its end.
package struct JSONText {
    private let bytes: UnsafeRawBufferPointer

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Where the value of the member is in the object that begins at `start`; nil when it has no such member.
    /// - Parameter name: one that needs no escapes.
    package func member(_ name: StaticString, ofObjectAt start: Int) -> Range<Int>? {
        var at = start + 1
        while at < bytes.count, bytes[at] == UInt8(ascii: "\"") {
            let value = endOfString(at) + 1
            let end = end(ofValueAt: value)
            if isName(name, at + 1, value - 2) { return value..<end }
            at = end + 1
        }
        return nil
    }

    private func isName(_ name: StaticString, _ start: Int, _ end: Int) -> Bool {
        guard end - start == name.utf8CodeUnitCount, end <= bytes.count, let base = bytes.baseAddress else {
            return false
        }
        return memcmp(base + start, name.utf8Start, end - start) == 0
    }

    /// The first byte behind the value.
    package func end(ofValueAt start: Int) -> Int {
        guard start < bytes.count else { return bytes.count }
        switch bytes[start] {
        case UInt8(ascii: "\""): return endOfString(start)
        case UInt8(ascii: "{"), UInt8(ascii: "["): return endOfBrackets(start)
        default: return bytes[start...].firstIndex { [0x2C, 0x5D, 0x7D].contains($0) } ?? bytes.count
        }
    }

    private func endOfBrackets(_ start: Int) -> Int {
        var at = start
        var depth = 0
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""):
                at = endOfString(at)
                continue
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
            at += 1
            if depth == 0 { return at }
        }
        return at
    }

    private func endOfString(_ start: Int) -> Int {
        guard let base = bytes.baseAddress else { return 0 }
        var at = start + 1
        while at < bytes.count, let found = memchr(base + at, 0x22, bytes.count - at) {
            let quote = UnsafeRawPointer(found) - base
            var slash = quote
            while slash > at, bytes[slash - 1] == UInt8(ascii: "\\") { slash -= 1 }
            if (quote - slash).isMultiple(of: 2) { return quote + 1 }
            at = quote + 1
        }
        return bytes.count
    }

    /// The value at `start` with all lists in it empty.
    package func withoutLists(at start: Int) -> [UInt8] {
        var out: [UInt8] = []
        let end = end(ofValueAt: start)
        var copied = start
        var at = start
        while at < end {
            switch bytes[at] {
            case UInt8(ascii: "\""): at = endOfString(at)
            case UInt8(ascii: "["):
                out += bytes[copied...at]
                at = endOfBrackets(at)
                copied = at - 1
            default: at += 1
            }
        }
        out += bytes[copied..<end]
        return out
    }
}
