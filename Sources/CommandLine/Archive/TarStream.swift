import Fault
import Glibc
import NIOCore

/// One member of a tar archive (POSIX ustar with pax records for what doesn't fit).
package struct TarHeader: Sendable, Equatable {
    package enum Kind: Sendable, Equatable { case file, directory, symbolicLink, hardLink, other }

    package var name: String
    package var kind: Kind
    package var mode: UInt32 = 0o644
    package var user = 0, group = 0
    /// Bytes of content that follow.
    package var size = 0
    /// Unix time, seconds.
    package var modified = 0
    package var link = ""

    package init(
        name: String, kind: Kind, mode: UInt32 = 0o644, user: Int = 0, group: Int = 0, size: Int = 0, modified: Int = 0,
        link: String = ""
    ) {
        self.name = name
        self.kind = kind
        self.mode = mode
        self.user = user
        self.group = group
        self.size = size
        self.modified = modified
        self.link = link
    }
}

package enum TarLimit {
    package static let blockBytes = 512
    /// Largest pax or GNU long-name record that is read, in bytes.
    package static let recordBytes = 1 << 20
}

package enum TarWriting {
    /// The header's blocks, with a pax record in front for long names, non-ASCII names and large numbers.
    package static func blocks(_ header: TarHeader) -> [UInt8] {
        var records: [(String, String)] = []
        if header.name.utf8.count > 100 || !header.name.utf8.allSatisfy({ $0 < 0x80 }) {
            records.append(("path", header.name))
        }
        if header.link.utf8.count > 100 || !header.link.utf8.allSatisfy({ $0 < 0x80 }) {
            records.append(("linkpath", header.link))
        }
        if header.size > 0o77777777777 { records.append(("size", "\(header.size)")) }
        if header.user > 0o7777777 { records.append(("uid", "\(header.user)")) }
        if header.group > 0o7777777 { records.append(("gid", "\(header.group)")) }
        var out: [UInt8] = []
        if !records.isEmpty {
            let body = records.flatMap { record($0.0, $0.1) }
            var pax = TarHeader(name: "PaxHeaders.0/file", kind: .file, mode: 0o644)
            pax.size = body.count
            out += block(pax, type: UInt8(ascii: "x")) + body + padding(body.count)
        }
        return out + block(header, type: type(header.kind))
    }

    package static func padding(_ size: Int) -> [UInt8] {
        [UInt8](repeating: 0, count: (TarLimit.blockBytes - size % TarLimit.blockBytes) % TarLimit.blockBytes)
    }

    package static let end = [UInt8](repeating: 0, count: TarLimit.blockBytes * 2)

    private static func type(_ kind: TarHeader.Kind) -> UInt8 {
        switch kind {
        case .file, .other: UInt8(ascii: "0")
        case .hardLink: UInt8(ascii: "1")
        case .symbolicLink: UInt8(ascii: "2")
        case .directory: UInt8(ascii: "5")
        }
    }

    /// `LENGTH KEY=VALUE\n`, where LENGTH counts itself.
    private static func record(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count + 1
        while "\(length)".utf8.count + rest.utf8.count != length { length = "\(length)".utf8.count + rest.utf8.count }
        return Array("\(length)\(rest)".utf8)
    }

    private static func block(_ header: TarHeader, type: UInt8) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: TarLimit.blockBytes)
        func put(_ bytes: some Sequence<UInt8>, at: Int, limit: Int) {
            for (position, byte) in bytes.prefix(limit).enumerated() { block[at + position] = byte }
        }
        func octal(_ value: Int, at: Int, digits: Int) {
            let largest = (1 << (3 * digits)) - 1
            let text = String(min(max(0, value), largest), radix: 8)
            put(Array((String(repeating: "0", count: digits - text.count) + text).utf8), at: at, limit: digits)
        }
        put(header.name.utf8, at: 0, limit: 100)
        octal(Int(header.mode), at: 100, digits: 7)
        octal(header.user, at: 108, digits: 7)
        octal(header.group, at: 116, digits: 7)
        octal(header.size, at: 124, digits: 11)
        octal(header.modified, at: 136, digits: 11)
        put([UInt8](repeating: 0x20, count: 8), at: 148, limit: 8)
        block[156] = type
        put(header.link.utf8, at: 157, limit: 100)
        put("ustar\u{0}00".utf8, at: 257, limit: 8)
        let sum = block.reduce(0) { $0 + Int($1) }
        octal(sum, at: 148, digits: 6)
        block[154] = 0
        return block
    }
}

/// Reads a tar archive from pieces as they come.
package struct TarReader {
    private let pull: () async throws -> ByteBuffer?
    private var buffer = ByteBuffer()
    /// Content of the present member that hasn't been read, and the padding after it.
    private var left = 0, padding = 0

    package init(_ pull: @escaping () async throws -> ByteBuffer?) { self.pull = pull }

    /// The next member; nil at the end. Content of the last one that wasn't read is skipped.
    package mutating func next() async throws -> TarHeader? {
        while try await content(limit: 1 << 16) != nil {}
        var path: String?, link: String?, size: Int?, user: Int?, group: Int?
        while true {
            guard let block = try await bytes(TarLimit.blockBytes), block.contains(where: { $0 != 0 }) else {
                while try await refill() {}
                return nil
            }
            guard Self.isSound(block) else { throw Fault(.internalFault, "invalid tar header") }
            let type = block[156], length = try Self.number(block[124..<136])
            if [UInt8(ascii: "x"), UInt8(ascii: "L"), UInt8(ascii: "K"), UInt8(ascii: "g")].contains(type) {
                let record = try await self.record(length)
                if type == UInt8(ascii: "L") { path = Self.text(record[...]) }
                if type == UInt8(ascii: "K") { link = Self.text(record[...]) }
                if type == UInt8(ascii: "x") {
                    for (key, value) in try Self.pax(record) {
                        switch key {
                        case "path": path = value
                        case "linkpath": link = value
                        case "size": size = Int(value)
                        case "uid": user = Int(value)
                        case "gid": group = Int(value)
                        default: break
                        }
                    }
                }
                continue
            }
            let prefix =
                block[257..<262].elementsEqual("ustar".utf8) && block[263] == UInt8(ascii: "0")
                ? Self.text(block[345..<500]) : ""
            let short = Self.text(block[0..<100])
            var header = TarHeader(
                name: path ?? (prefix.isEmpty ? short : "\(prefix)/\(short)"), kind: Self.kind(type, short))
            header.mode = UInt32(truncatingIfNeeded: try Self.number(block[100..<108])) & 0o7777
            header.user = try user ?? Self.number(block[108..<116])
            header.group = try group ?? Self.number(block[116..<124])
            header.size = header.kind == .file ? size ?? length : 0
            header.modified = try Self.number(block[136..<148])
            header.link = link ?? Self.text(block[157..<257])
            guard header.size >= 0 else { throw Fault(.internalFault, "invalid tar header") }
            left = header.size
            padding = TarWriting.padding(header.size).count
            return header
        }
    }

    /// A piece of the present member's content; nil at its end.
    package mutating func content(limit: Int) async throws -> ByteBufferView? {
        guard left > 0 else {
            if padding > 0 {
                let skipped = padding
                padding = 0
                _ = try await bytes(skipped)
            }
            return nil
        }
        if buffer.readableBytes == 0, try await !refill() { throw Fault(.internalFault, "unexpected EOF") }
        let count = min(left, limit, buffer.readableBytes)
        left -= count
        return buffer.readSlice(length: count)?.readableBytesView
    }

    private mutating func refill() async throws -> Bool {
        guard var part = try await pull() else { return false }
        buffer.discardReadBytes()
        if buffer.readableBytes == 0 { buffer = part } else { buffer.writeBuffer(&part) }
        return true
    }

    private mutating func bytes(_ count: Int) async throws -> [UInt8]? {
        while buffer.readableBytes < count {
            guard try await refill() else { return nil }
        }
        return buffer.readBytes(length: count)
    }

    private mutating func record(_ length: Int) async throws -> [UInt8] {
        guard (0...TarLimit.recordBytes).contains(length),
            let bytes = try await bytes(length + TarWriting.padding(length).count)
        else {
            throw Fault(.internalFault, "invalid tar header")
        }
        return Array(bytes.prefix(length))
    }

    private static func isSound(_ block: [UInt8]) -> Bool {
        let sum = block.enumerated().reduce(0) { $0 + ((148..<156).contains($1.offset) ? 0x20 : Int($1.element)) }
        return (try? number(block[148..<156])) == sum
    }

    private static func kind(_ type: UInt8, _ name: String) -> TarHeader.Kind {
        switch type {
        case UInt8(ascii: "0"), 0, UInt8(ascii: "7"): name.hasSuffix("/") ? .directory : .file
        case UInt8(ascii: "1"): .hardLink
        case UInt8(ascii: "2"): .symbolicLink
        case UInt8(ascii: "5"): .directory
        default: .other
        }
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// Octal digits, or base 256 when the first bit is set (GNU).
    private static func number(_ bytes: ArraySlice<UInt8>) throws -> Int {
        if let first = bytes.first, first & 0x80 != 0 {
            let digits = [first & 0x7F] + bytes.dropFirst()
            guard digits.dropLast(7).allSatisfy({ $0 == 0 }) else { throw Fault(.internalFault, "invalid tar header") }
            return digits.reduce(0) { $0 << 8 | Int($1) }
        }
        let digits = bytes.filter { $0 != 0x20 && $0 != 0 }
        guard !digits.isEmpty else { return 0 }
        guard let value = Int(String(decoding: digits, as: UTF8.self), radix: 8) else {
            throw Fault(.internalFault, "invalid tar header")
        }
        return value
    }

    private static func pax(_ record: [UInt8]) throws -> [(String, String)] {
        var pairs: [(String, String)] = [], rest = record[...]
        while !rest.isEmpty {
            guard let space = rest.firstIndex(of: 0x20),
                let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
                length > space - rest.startIndex + 1, length <= rest.count
            else { throw Fault(.internalFault, "invalid tar header") }
            let body = rest[(space + 1)..<(rest.startIndex + length - 1)]
            let text = String(decoding: body, as: UTF8.self)
            if let equals = text.firstIndex(of: "=") {
                pairs.append((String(text[..<equals]), String(text[text.index(after: equals)...])))
            }
            rest = rest.dropFirst(length)
        }
        return pairs
    }
}
