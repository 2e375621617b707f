import JSON

/// A function that templates may call.
package struct TemplateFunction: Sendable {
    package enum Arity: Sendable {
        case exactly(Int), atLeast(Int)

        func complaint(_ name: String, _ count: Int) -> String? {
            switch self {
            case .exactly(let wanted):
                count == wanted ? nil : "wrong number of args for \(name): want \(wanted) got \(count)"
            case .atLeast(let wanted):
                count >= wanted ? nil : "wrong number of args for \(name): want at least \(wanted) got \(count)"
            }
        }
    }

    package let arity: Arity
    package let call: @Sendable ([TemplateValue]) throws -> TemplateValue

    package init(_ arity: Arity, _ call: @escaping @Sendable ([TemplateValue]) throws -> TemplateValue) {
        self.arity = arity
        self.call = call
    }
}

/// Go's own functions and those that Docker adds.
package enum TemplateFunctions {
    package static let standard: [String: TemplateFunction] = predefined.merging(docker) { $1 }

    /// In a table's header every function that shapes a value leaves the column's title as it is.
    package static let forHeaders: [String: TemplateFunction] = standard.merging([
        "json": TemplateFunction(.exactly(1)) { .text($0[0].printed) },
        "split": TemplateFunction(.exactly(2)) { .text($0[0].printed) },
        "join": TemplateFunction(.exactly(2)) { .text($0[0].printed) },
        "title": TemplateFunction(.exactly(1)) { .text($0[0].printed) },
        "lower": TemplateFunction(.exactly(1)) { .text($0[0].printed) },
        "upper": TemplateFunction(.exactly(1)) { .text($0[0].printed) },
        "truncate": TemplateFunction(.exactly(2)) { .text($0[0].printed) },
        "pad": TemplateFunction(.exactly(3)) { .text($0[0].printed) },
    ]) { $1 }

    private static let predefined: [String: TemplateFunction] = [
        "not": TemplateFunction(.exactly(1)) { .bool(!$0[0].isTrue) },
        "len": TemplateFunction(.exactly(1)) { .int(try length($0[0])) },
        "index": TemplateFunction(.atLeast(1)) { values in
            try values.dropFirst().reduce(values[0]) { try element($0, $1) }
        },
        "slice": TemplateFunction(.atLeast(1)) { try slice($0) },
        "print": TemplateFunction(.atLeast(0)) { .text(GoFormat.print($0)) },
        "println": TemplateFunction(.atLeast(0)) { .text($0.map(\.printed).joined(separator: " ") + "\n") },
        "printf": TemplateFunction(.atLeast(1)) { values in
            .text(GoFormat.format(values[0].printed, Array(values.dropFirst())))
        },
        "html": TemplateFunction(.atLeast(0)) { .text(escapeHTML(GoFormat.print($0))) },
        "js": TemplateFunction(.atLeast(0)) { .text(escapeScript(GoFormat.print($0))) },
        "urlquery": TemplateFunction(.atLeast(0)) { .text(escapeQuery(GoFormat.print($0))) },
        "eq": TemplateFunction(.atLeast(1)) { values in
            guard values.count > 1 else { throw TemplateError("missing argument for comparison") }
            return .bool(try values.dropFirst().contains { try equal(values[0], $0) })
        },
        "ne": TemplateFunction(.exactly(2)) { .bool(try !equal($0[0], $0[1])) },
        "lt": TemplateFunction(.exactly(2)) { .bool(try less($0[0], $0[1])) },
        "le": TemplateFunction(.exactly(2)) { .bool(try !less($0[1], $0[0])) },
        "gt": TemplateFunction(.exactly(2)) { .bool(try less($0[1], $0[0])) },
        "ge": TemplateFunction(.exactly(2)) { .bool(try !less($0[0], $0[1])) },
    ]

    private static let docker: [String: TemplateFunction] = [
        "json": TemplateFunction(.exactly(1)) { values in
            if case .record(let record) = values[0] {
                return .text(String(decoding: record.json().bytes(escapeHTML: true), as: UTF8.self))
            }
            return .text(values[0].asJSON.text)
        },
        "split": TemplateFunction(.exactly(2)) { values in
            .json(JSON(split(try string(values[0]), try string(values[1]))))
        },
        "join": TemplateFunction(.exactly(2)) { values in
            guard let list = values[0].asJSON.array else {
                if !values[0].isTrue { return .text("") }
                throw TemplateError("wrong type for value; expected []string; got \(values[0].typeName)")
            }
            return .text(list.map { GoPrint.text($0) }.joined(separator: try string(values[1])))
        },
        "title": TemplateFunction(.exactly(1)) { .text(title(try string($0[0]))) },
        "lower": TemplateFunction(.exactly(1)) { .text(try string($0[0]).lowercased()) },
        "upper": TemplateFunction(.exactly(1)) { .text(try string($0[0]).uppercased()) },
        "pad": TemplateFunction(.exactly(3)) { values in
            let text = try string(values[0])
            guard !text.isEmpty else { return .text(text) }
            func spaces(_ value: TemplateValue) -> String {
                String(repeating: " ", count: max(0, value.asJSON.int ?? 0))
            }
            return .text(spaces(values[1]) + text + spaces(values[2]))
        },
        "truncate": TemplateFunction(.exactly(2)) { values in
            let text = try string(values[0])
            return .text(String(decoding: Array(text.utf8.prefix(max(0, values[1].asJSON.int ?? 0))), as: UTF8.self))
        },
    ]

    private static func string(_ value: TemplateValue) throws -> String {
        if case .json(.string(let text)) = value { return text }
        throw TemplateError("wrong type for value; expected string; got \(value.typeName)")
    }

    private static func split(_ text: String, _ separator: String) -> [String] {
        if separator.isEmpty { return text.map(String.init) }
        var parts: [String] = []
        let bytes = Array(text.utf8), mark = Array(separator.utf8)
        var start = 0, at = 0
        while at + mark.count <= bytes.count {
            if bytes[at..<(at + mark.count)].elementsEqual(mark) {
                parts.append(String(decoding: bytes[start..<at], as: UTF8.self))
                at += mark.count
                start = at
            } else {
                at += 1
            }
        }
        return parts + [String(decoding: bytes[start...], as: UTF8.self)]
    }

    private static func title(_ text: String) -> String {
        var startsWord = true
        return String(
            text.map { character in
                defer {
                    startsWord = !(character.isLetter || character.isNumber || character == "_" || character == "'")
                }
                return startsWord ? Character(character.uppercased()) : character
            })
    }

    private static func length(_ value: TemplateValue) throws -> Int {
        switch value {
        case .list(let list): return list.count
        case .map(let map): return map.count
        case .json(.string(let text)): return text.utf8.count
        case .json(.array(let list)): return list.count
        case .json(.object(let members)), .typedMap(let members): return members.count
        case .absent: return 0
        case .missing, .json(.null): throw TemplateError("len of nil pointer")
        default: throw TemplateError("len of type \(value.typeName)")
        }
    }

    private static func element(_ value: TemplateValue, _ key: TemplateValue) throws -> TemplateValue {
        func position(in count: Int) throws -> Int {
            guard let at = key.asJSON.int else {
                throw TemplateError("cannot index slice/array with type \(key.typeName)")
            }
            guard at >= 0, at < count else { throw TemplateError("index out of range: \(at)") }
            return at
        }
        switch value {
        case .list(let list): return list[try position(in: list.count)]
        case .json(.array(let list)): return .json(list[try position(in: list.count)])
        case .json(.string(let text)):
            let bytes = Array(text.utf8)
            return .int(Int(bytes[try position(in: bytes.count)]))
        case .map(let map): return map[key.printed] ?? .missing
        case .json(.object(let members)): return members[key.printed].map { .json($0) } ?? .missing
        case .typedMap(let members):
            let areTexts = members.allSatisfy { $0.value.string != nil }
            return members[key.printed].map { .json($0) } ?? (areTexts ? .text("") : .missing)
        case .absent(let kind):
            if case .array = kind { _ = try position(in: 0) }
            return .text("")
        case .missing, .json(.null): throw TemplateError("index of untyped nil")
        default: throw TemplateError("can't index item of type \(value.typeName)")
        }
    }

    private static func slice(_ values: [TemplateValue]) throws -> TemplateValue {
        guard values.count <= 4 else { throw TemplateError("too many slice indexes: \(values.count - 1)") }
        let indexes = values.dropFirst().map { $0.asJSON.int ?? -1 }
        func bounds(_ count: Int) throws -> Range<Int> {
            let from = indexes.first ?? 0, to = indexes.count > 1 ? indexes[1] : count
            for index in [from, to] where index < 0 || index > count {
                throw TemplateError("index out of range: \(index)")
            }
            guard from <= to else { throw TemplateError("invalid slice index: \(from) > \(to)") }
            return from..<to
        }
        switch values[0] {
        case .list(let list): return .list(Array(list[try bounds(list.count)]))
        case .json(.array(let list)): return .json(.array(Array(list[try bounds(list.count)])))
        case .json(.string(let text)):
            let bytes = Array(text.utf8)
            return .text(String(decoding: bytes[try bounds(bytes.count)], as: UTF8.self))
        case .absent:
            _ = try bounds(0)
            return values[0]
        case .missing, .json(.null): throw TemplateError("slice of untyped nil")
        default: throw TemplateError("can't slice item of type \(values[0].typeName)")
        }
    }

    private static func equal(_ a: TemplateValue, _ b: TemplateValue) throws -> Bool {
        switch (a.asJSON, b.asJSON) {
        case (.string(let a), .string(let b)): return a == b
        case (.bool(let a), .bool(let b)): return a == b
        case (.null, let other), (let other, .null): return other.isNull
        case (.array, _), (.object, _), (_, .array), (_, .object):
            throw TemplateError("non-comparable type \(a.typeName)")
        case (let x, let y):
            guard let x = x.double, let y = y.double else { throw TemplateError("incompatible types for comparison") }
            return x == y
        }
    }

    private static func less(_ a: TemplateValue, _ b: TemplateValue) throws -> Bool {
        switch (a.asJSON, b.asJSON) {
        case (.string(let a), .string(let b)): return Array(a.utf8).lexicographicallyPrecedes(Array(b.utf8))
        case (let x, let y):
            guard let x = x.double, let y = y.double else { throw TemplateError("incompatible types for comparison") }
            return x < y
        }
    }

    private static func escapeHTML(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "&": out += "&amp;"
            case "\"": out += "&#34;"
            case "'": out += "&#39;"
            default: out.append(character)
            }
        }
        return out
    }

    private static func escapeScript(_ text: String) -> String {
        var out = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": out += "\\\\"
            case "'": out += "\\'"
            case "\"": out += "\\\""
            case "<", ">", "&", "=": out += "\\u" + GoText.hex(scalar.value, digits: 4).uppercased()
            case "\u{00}"..."\u{1F}": out += "\\u" + GoText.hex(scalar.value, digits: 4).uppercased()
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out
    }

    private static func escapeQuery(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: " "): out += "+"
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default: out += "%" + GoText.hex(UInt32(byte), digits: 2).uppercased()
            }
        }
        return out
    }
}
