import Glibc

/// Keys are compared as bytes. Swift's own `String` order and equality are Unicode's: slower, and two different keys
/// could be one.
enum KeyOrder {
    static func bytes<R>(_ text: String, _ body: (UnsafeBufferPointer<UInt8>) throws -> R) rethrows -> R {
        if let result = try text.utf8.withContiguousStorageIfAvailable(body) { return result }
        return try Array(text.utf8).withUnsafeBufferPointer(body)
    }

    /// Negative when `left` comes first, 0 when they are the same bytes, positive when `right` comes first.
    static func compare(_ left: String, _ right: String) -> Int {
        bytes(left) { left in bytes(right) { right in compare(left, right) } }
    }

    static func compare(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        let shared = min(left.count, right.count)
        let order = compare(left, right, first: shared)
        return order != 0 ? order : left.count - right.count
    }

    static func hasPrefix(_ key: String, _ prefix: String) -> Bool {
        bytes(key) { key in
            bytes(prefix) { key.count >= $0.count && compare(key, $0, first: $0.count) == 0 }
        }
    }

    /// Whether the key comes after every key that begins with `prefix`.
    static func isBeyond(_ key: String, prefix: String) -> Bool {
        bytes(key) { key in bytes(prefix) { compare(key, $0, first: min(key.count, $0.count)) > 0 } }
    }

    private static func compare(
        _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>, first count: Int
    ) -> Int {
        guard count > 0, let left = left.baseAddress, let right = right.baseAddress else { return 0 }
        return Int(memcmp(left, right, count))
    }
}

/// A key as a dictionary's key: equal when its bytes are.
struct ByteKey: Hashable {
    let text: String

    static func == (left: Self, right: Self) -> Bool { KeyOrder.compare(left.text, right.text) == 0 }

    func hash(into hasher: inout Hasher) {
        KeyOrder.bytes(text) { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
