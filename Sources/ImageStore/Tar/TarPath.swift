import CLinux
import Fault

/// A member's path, cleaned: relative to the root it is unpacked in, without empty, "." and ".." parts.
/// Bytes end in a NUL, ready for the kernel.
struct TarPath {
    /// The whole path and a NUL; only the NUL for the root itself.
    private(set) var whole: [UInt8] = []
    /// Where the last component starts in `whole`.
    private(set) var nameStart = 0

    /// Throws `invalid` when the path leads above its root or can't be a path.
    init(_ bytes: [UInt8], under base: [UInt8] = []) throws(Fault) {
        whole.reserveCapacity(bytes.count + base.count + 2)
        whole += base
        let floor = base.count
        for part in bytes.split(separator: UInt8(ascii: "/")) where !(part.count == 1 && part.first == Self.dot) {
            if part.count == 2, part.allSatisfy({ $0 == Self.dot }) {
                guard whole.count > floor else { throw Self.refuse(bytes, "leads out of the archive's root") }
                whole.removeSubrange((whole.lastIndex(of: UInt8(ascii: "/")).map { max($0, floor) } ?? floor)...)
                continue
            }
            guard !part.contains(0) else { throw Self.refuse(bytes, "has a NUL byte") }
            if !whole.isEmpty { whole.append(UInt8(ascii: "/")) }
            whole += part
        }
        guard whole.count <= TarLimit.pathBytes else {
            throw Self.refuse(bytes, "is longer than \(TarLimit.pathBytes) bytes")
        }
        nameStart = whole.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
        whole.append(0)
    }

    private static let dot = UInt8(ascii: ".")

    private static func refuse(_ bytes: [UInt8], _ why: String) -> Fault {
        Fault(
            .invalid,
            "tar archive has an illegal path: \"\(String(decoding: bytes.prefix(200), as: UTF8.self))\" \(why)")
    }

    var isRoot: Bool { whole.count == 1 }
    var name: ArraySlice<UInt8> { whole[nameStart..<(whole.count - 1)] }
    /// The folder's path with a NUL.
    var parent: [UInt8] { nameStart == 0 ? [0] : Array(whole[..<(nameStart - 1)]) + [0] }
    var shown: String { String(decoding: whole.dropLast(), as: UTF8.self) }

    /// Another name in the same folder, with a NUL.
    func sibling(_ name: some Sequence<UInt8>) -> [UInt8] { Array(name) + [0] }
}

extension Array where Element == UInt8 {
    /// The bytes as a C string; they must end in a NUL.
    func withPath<R>(from start: Int = 0, _ body: (UnsafePointer<CChar>) -> R) -> R {
        withUnsafeBytes { bytes in
            precondition(bytes.last == 0, "a path for the kernel ends in a NUL")
            return body(bytes.baseAddress.unsafelyUnwrapped.advanced(by: start).assumingMemoryBound(to: CChar.self))
        }
    }
}
