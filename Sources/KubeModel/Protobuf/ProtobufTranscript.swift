import Glibc
import JSON
import Protobuf

/// An object's text as its message, without a tree between them: the text is read once, and each message's fields are
/// written as they come and then put in the order of their numbers.
///
/// The text is to be as `JSON.bytes` writes it, of an object that fits its type. Whatever else is met ends the work with
/// `Unfit`, never with a wrong message; the tree is the way for that.
struct ProtobufTranscript {
    struct Unfit: Error {}

    private typealias Way = ProtobufFieldNames.Way

    /// A piece of a message that is being written, up to where the next one begins.
    private struct Piece {
        let way: Way
        let start: Int
        var end: Int
    }

    private let text: UnsafeRawBufferPointer
    private var at = 0
    private var writer = ProtobufWriter()
    /// Pieces of the messages around the place that is being read, the innermost last.
    private var pieces: [Piece] = []
    private var depth = 0

    /// The object's message as the field `number` of the one around it.
    /// - Throws: `Unfit`.
    static func field(_ number: Int, _ text: UnsafeRawBufferPointer, as type: SchemaType) throws(Unfit) -> [UInt8] {
        var transcript = ProtobufTranscript(text)
        let start = transcript.writer.begin(number)
        try transcript.object(type)
        transcript.writer.end(start)
        return try transcript.whole()
    }

    /// The object's message.
    /// - Throws: `Unfit`.
    static func message(_ text: UnsafeRawBufferPointer, as type: SchemaType) throws(Unfit) -> [UInt8] {
        var transcript = ProtobufTranscript(text)
        try transcript.object(type)
        return try transcript.whole()
    }

    private init(_ text: UnsafeRawBufferPointer) {
        self.text = text
        writer.out.reserveCapacity(text.count)
    }

    private func whole() throws(Unfit) -> [UInt8] {
        guard at == text.count else { throw Unfit() }
        return writer.out
    }

    // MARK: Text

    private func isNext(_ byte: Unicode.Scalar) -> Bool { at < text.count && text[at] == UInt8(ascii: byte) }

    private mutating func expect(_ byte: Unicode.Scalar) throws(Unfit) {
        guard isNext(byte) else { throw Unfit() }
        at += 1
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard isNext(byte) else { return false }
        at += 1
        return true
    }

    private mutating func takeWord(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard at + count <= text.count, let base = text.baseAddress, memcmp(base + at, word.utf8Start, count) == 0
        else { return false }
        at += count
        return true
    }

    /// The value that begins here, as it stands.
    private mutating func takeValue() throws(Unfit) -> UnsafeRawBufferPointer {
        let end = JSONText(text).end(ofValueAt: at)
        guard end > at else { throw Unfit() }
        defer { at = end }
        return UnsafeRawBufferPointer(rebasing: text[at..<end])
    }

    /// What stands between the quotes; nil when some of it is escaped, and then nothing is taken.
    private mutating func takePlain() throws(Unfit) -> UnsafeRawBufferPointer? {
        guard isNext("\""), let start = text.baseAddress.map({ $0 + at + 1 }),
            let end = memchr(start, 0x22, text.count - at - 1)
        else { throw Unfit() }
        let count = UnsafeRawPointer(end) - start
        if memchr(start, 0x5C, count) != nil { return nil }
        at += count + 2
        return UnsafeRawBufferPointer(start: start, count: count)
    }

    private mutating func takeString() throws(Unfit) -> String {
        if let plain = try takePlain() { return String(decoding: plain, as: UTF8.self) }
        guard let text = (try? JSON(parsing: [UInt8](try takeValue())))?.string else { throw Unfit() }
        return text
    }

    // MARK: Messages

    private mutating func object(_ type: SchemaType) throws(Unfit) {
        guard let names = ProtobufFieldNames.of(type) else { throw Unfit() }
        depth += 1
        guard depth < JSON.maximumDepth else { throw Unfit() }
        let (start, first) = (writer.out.count, pieces.count)
        try expect("{")
        var place = 0
        if !take("}") {
            repeat {
                guard let name = try takePlain() else { throw Unfit() }
                try expect(":")
                guard let entry = names.entry(name, near: &place) else {
                    _ = try takeValue()
                    continue
                }
                if takeWord("null") { continue }
                let begin = writer.out.count
                try value(entry.way.second == 0 ? entry.way.first : entry.way.second, entry.type)
                pieces.append(Piece(way: entry.way, start: begin, end: writer.out.count))
            } while take(",")
            try expect("}")
        }
        try settle(first, from: start, names.embedded)
        depth -= 1
    }

    /// Puts the pieces from the place `first` on, written from `start` on, in the order of their ways.
    private mutating func settle(_ first: Int, from start: Int, _ embedded: [Int]) throws(Unfit) {
        defer { pieces.removeSubrange(first...) }
        if embedded.isEmpty, isInOrder(first) { return }
        var sorted = pieces[first...].sorted { $0.way < $1.way }[...]
        var settled = ProtobufWriter()
        settled.out.reserveCapacity(writer.out.count - start + 8)
        for number in embedded {
            append(&sorted, to: &settled) { $0.first < number }
            let message = settled.begin(number)
            append(&sorted, to: &settled) { $0.first == number }
            settled.end(message)
        }
        append(&sorted, to: &settled) { _ in true }
        // A member that stands twice is the tree's to judge.
        guard sorted.isEmpty else { throw Unfit() }
        writer.out.replaceSubrange(start..., with: settled.out)
    }

    private func isInOrder(_ first: Int) -> Bool {
        var at = first + 1
        while at < pieces.count {
            guard pieces[at - 1].way < pieces[at].way else { return false }
            at += 1
        }
        return true
    }

    /// Takes pieces, each of another field, while their ways are wanted.
    private func append(_ sorted: inout ArraySlice<Piece>, to settled: inout ProtobufWriter, _ isWanted: (Way) -> Bool)
    {
        var last: Way?
        while let piece = sorted.first, isWanted(piece.way), piece.way != last {
            settled.out += writer.out[piece.start..<piece.end]
            last = piece.way
            sorted.removeFirst()
        }
    }

    // MARK: Values

    private mutating func value(_ number: Int, _ type: SchemaType) throws(Unfit) {
        switch type.shape {
        case .object:
            let message = writer.begin(number)
            try object(type)
            writer.end(message)
        case .map(let element): try map(number, element)
        case .list(let element, _): try list(number, element, isMessage: type.traits.contains(.listMessage))
        case .string(.plain):
            if let plain = try takePlain() {
                writer.bytes(number, plain)
            } else {
                writer.string(number, try takeString())
            }
        case .string(let format): writer.string(number, try takeString(), format)
        case .integer: writer.integer(number, try integer())
        case .boolean:
            if takeWord("true") {
                writer.integer(number, 1)
            } else if takeWord("false") {
                writer.integer(number, 0)
            } else {
                throw Unfit()
            }
        case .quantity where isNext("\""):
            let text = try takeString()
            writer.message(number) { $0.string(1, text) }
        case .intOrString, .number, .quantity, .any: try small(number, type)
        }
    }

    /// A value of a type that seldom occurs: by way of its tree.
    private mutating func small(_ number: Int, _ type: SchemaType) throws(Unfit) {
        if case .any = type.shape, ProtobufSchemaForm(type) == nil {
            let value = try takeValue()
            return writer.message(number) { $0.bytes(1, value) }
        }
        guard let json = try? JSON(parsing: [UInt8](try takeValue())) else { throw Unfit() }
        writer.value(number, json, type)
    }

    private mutating func integer() throws(Unfit) -> Int64 {
        let isNegative = take("-")
        let start = at
        var value: Int64 = 0
        while at < text.count, text[at] &- 0x30 < 10 {
            value = value &* 10 &+ Int64(text[at] - 0x30)
            at += 1
        }
        // More digits may not fit; a fraction or an exponent is no integer.
        guard (1...18).contains(at - start), isNext(",") || isNext("}") || isNext("]") else { throw Unfit() }
        return isNegative ? -value : value
    }

    private mutating func list(_ number: Int, _ element: SchemaType, isMessage: Bool) throws(Unfit) {
        if isMessage {
            let message = writer.begin(number)
            try list(1, element, isMessage: false)
            return writer.end(message)
        }
        try expect("[")
        if take("]") { return }
        repeat { try value(number, element) } while take(",")
        try expect("]")
    }

    /// Entries in the order of their keys.
    private mutating func map(_ number: Int, _ element: SchemaType) throws(Unfit) {
        try expect("{")
        if take("}") { return }
        let start = writer.out.count
        var entries: [(key: [UInt8], place: Range<Int>)] = []
        repeat {
            guard let key = try takePlain() else { throw Unfit() }
            try expect(":")
            let begin = writer.out.count
            let entry = writer.begin(number)
            writer.bytes(1, key)
            // A time that isn't set is an empty message.
            if takeWord("null") { writer.message(2) { _ in } } else { try value(2, element) }
            writer.end(entry)
            entries.append((Array(key), begin..<writer.out.count))
        } while take(",")
        try expect("}")
        let isBefore: ([UInt8], [UInt8]) -> Bool = { $0.lexicographicallyPrecedes($1) }
        if zip(entries, entries.dropFirst()).allSatisfy({ isBefore($0.key, $1.key) }) { return }
        let written = Array(writer.out[start...])
        writer.out.removeSubrange(start...)
        for entry in entries.sorted(by: { isBefore($0.key, $1.key) }) {
            writer.out += written[entry.place.lowerBound - start..<entry.place.upperBound - start]
        }
    }
}
