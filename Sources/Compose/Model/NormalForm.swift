import CommandLine
import JSON

/// Turns a tree that fits its shape into JSON whose values have one form each, in the original's order.
struct NormalForm {
    func object(_ node: Node, _ shape: Shape, _ path: [String] = []) throws -> JSON {
        try same(node, shape, path)
    }

    /// The objects' shape among the alternatives.
    static func objectShape(_ shape: Shape) -> ObjectShape? {
        switch shape {
        case .object(let object): object
        case .oneOf(let all): all.lazy.compactMap { objectShape($0) }.first
        default: nil
        }
    }

    private static func elementShape(_ shape: Shape) -> Shape? {
        switch shape {
        case .list(let element, _): element
        case .oneOf(let all): all.lazy.compactMap { elementShape($0) }.first
        default: nil
        }
    }

    private func same(_ node: Node, _ shape: Shape, _ path: [String]) throws -> JSON {
        switch node.value {
        case .map(let members):
            guard let object = Self.objectShape(shape) else { return node.json }
            return try self.members(members, object, path)
        case .list(let elements):
            guard let element = Self.elementShape(shape) else { return node.json }
            return .array(try elements.enumerated().map { try same($1, element, path + ["\($0)"]) })
        default: return node.json
        }
    }

    private func members(_ members: NodeMap, _ shape: ObjectShape, _ path: [String]) throws -> JSON {
        var out = JSONObject()
        for field in shape.fields {
            guard let node = members[field.name] else {
                if field.empty == .always, let value = Self.emptyValue(field) { out[field.name] = value }
                continue
            }
            let value: JSON
            do { value = try form(node, field, path + [field.name]) } catch let error as FlagValueError {
                throw ComposeError("\(TreePath(path + [field.name]).pretty): \(error)", at: node.place)
            }
            if field.empty == .omitted, Self.isEmpty(value, node) { continue }
            out[field.name] = value
        }
        let others = members.entries.filter { entry in !shape.fields.contains { $0.name == entry.key } }
        for entry in others.sorted(by: { $0.key < $1.key }) {
            guard let each = shape.members, !entry.key.hasPrefix("x-") || shape.isOpen else {
                if entry.key.hasPrefix("x-") || shape.isOpen { out[entry.key] = entry.node.sortedJSON }
                continue
            }
            out[entry.key] = try same(entry.node, each, path + [entry.key])
        }
        return .object(out)
    }

    /// What stands for a field that is never left out.
    private static func emptyValue(_ field: Field) -> JSON? {
        switch field.form {
        case .command: .null
        case .boolean: .bool(false)
        default: field.name == "exec" ? ["command": .null] : .object(JSONObject())
        }
    }

    private static func isEmpty(_ value: JSON, _ node: Node) -> Bool {
        switch value {
        case .null, .bool(false), .int(0), .string(""): true
        case .number(let text): Double(text) == 0
        case .array(let elements): elements.isEmpty
        case .object: false
        default: false
        }
    }

    private func form(_ node: Node, _ field: Field, _ path: [String]) throws -> JSON {
        switch field.form {
        case .hidden: return .null
        case .same: return try same(node, field.shape, path)
        case .text: return .string(node.scalarText ?? "")
        case .boolean: return .bool(try boolean(node))
        case .integer: return .int(try integer(node))
        case .float: return .number(GoFloat.text(try number(node)))
        case .float32: return .number(GoFloat.text(Float(try number(node))))
        case .bytes: return .string("\(try bytes(node))")
        case .duration: return .string(try duration(node))
        case .texts: return JSON((node.list ?? [node]).map { $0.scalarText ?? "" })
        case .mapping: return try mapping(node) { .string($0 ?? "") }
        case .variables: return try mapping(node) { $0.map { .string($0) } ?? .null }
        case .command: return try command(node)
        case .ssh:
            return JSON(
                (node.map?.entries ?? []).map { entry in
                    entry.node.string.map { $0.isEmpty ? entry.key : "\(entry.key): \($0)" } ?? entry.key
                }.sorted())
        case .hosts: return try hosts(node)
        case .mode: return .string(try mode(node))
        case .ulimits: return try ulimits(node)
        case .healthTest: return healthTest(node)
        case .deviceCount:
            if node.string?.lowercased() == "all" { return -1 }
            guard let count = node.int ?? node.string.flatMap({ Int64($0) }) else {
                throw FlagValueError(
                    "invalid value \"\(node.scalarText ?? "")\", the only value allowed is 'all' or a number")
            }
            return .int(count)
        }
    }

    private func boolean(_ node: Node) throws(FlagValueError) -> Bool {
        if let flag = node.bool { return flag }
        return try GoValue.bool(node.scalarText ?? "")
    }

    private func integer(_ node: Node) throws(FlagValueError) -> Int64 {
        if let number = node.int { return number }
        let text = node.scalarText ?? ""
        if let number = Int64(text) ?? Double(text).flatMap({ Int64(exactly: $0.rounded(.towardZero)) }) {
            return number
        }
        throw FlagValueError("strconv.ParseInt: parsing \(GoText.quote(text)): invalid syntax")
    }

    private func number(_ node: Node) throws(FlagValueError) -> Double {
        let text = node.scalarText ?? ""
        guard let number = Double(text) else {
            throw FlagValueError("strconv.ParseFloat: parsing \(GoText.quote(text)): invalid syntax")
        }
        return number
    }

    private func bytes(_ node: Node) throws(FlagValueError) -> Int64 {
        if let number = node.int { return number }
        let text = node.scalarText ?? ""
        guard let size = Int64(text) ?? Units.parseBinarySize(text) else {
            throw FlagValueError("invalid size: '\(text)'")
        }
        return size
    }

    private func duration(_ node: Node) throws(FlagValueError) -> String {
        let text = node.scalarText ?? ""
        guard let span = GoDuration.parse(text) ?? days(text) else {
            throw FlagValueError(GoDuration.complaint(about: text))
        }
        return GoDuration.format(span)
    }

    /// `1d`, `2w`: the original takes these too.
    private func days(_ text: String) -> Int64? {
        guard let unit = text.last, let count = Int64(text.dropLast()) else { return nil }
        let day: Int64 = 86_400_000_000_000
        return unit == "d" ? count * day : unit == "w" ? count * 7 * day : nil
    }

    private func mapping(_ node: Node, _ value: (String?) -> JSON) throws -> JSON {
        var pairs: [String: JSON] = [:]
        if let members = node.map {
            for entry in members.entries { pairs[entry.key] = value(entry.node.scalarText) }
        } else {
            for element in node.list ?? [node] {
                let text = element.scalarText ?? ""
                let (name, given) = text.cut("=").map { ($0.0, Optional($0.1)) } ?? (text, nil)
                if name.last?.isWhitespace == true {
                    throw ComposeError(
                        "environment variable \(name) is declared with a trailing space", at: element.place)
                }
                pairs[name] = value(given)
            }
        }
        return .object(JSONObject(pairs.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    }

    private func command(_ node: Node) throws(FlagValueError) -> JSON {
        if node.isNull { return .null }
        if let text = node.string { return JSON(try ShellWords.split(text)) }
        return JSON((node.list ?? []).map { $0.scalarText ?? "" })
    }

    private func healthTest(_ node: Node) -> JSON {
        if let text = node.string { return ["CMD-SHELL", .string(text)] }
        return JSON((node.list ?? []).map { $0.scalarText ?? "" })
    }

    private func hosts(_ node: Node) throws(FlagValueError) -> JSON {
        var all: [String] = []
        func add(_ host: String, _ address: String) throws(FlagValueError) {
            guard !host.isEmpty, !host.contains(where: { $0 == ":" || $0 == "=" }) else {
                throw FlagValueError("bad host name '\(host)'")
            }
            let isBracketed = address.count > 2 && address.hasPrefix("[") && address.hasSuffix("]")
            all.append("\(host)=\(isBracketed ? String(address.dropFirst().dropLast()) : address)")
        }
        if let members = node.map {
            for entry in members.entries {
                for address in entry.node.list ?? [entry.node] { try add(entry.key, address.scalarText ?? "") }
            }
        } else {
            for element in node.list ?? [] {
                let text = element.scalarText ?? ""
                guard let (host, addresses) = text.cut("=") ?? text.cut(":") else {
                    throw FlagValueError("invalid additional host, missing IP: \(text)")
                }
                for address in addresses.parts(",") { try add(host, address) }
            }
        }
        return JSON(all.sorted())
    }

    private func mode(_ node: Node) throws(FlagValueError) -> String {
        if let number = node.int { return "0" + String(number, radix: 8) }
        let text = node.scalarText ?? ""
        guard let number = Int64(text, radix: 8) else {
            throw FlagValueError("strconv.ParseInt: parsing \(GoText.quote(text)): invalid syntax")
        }
        return "0" + String(number, radix: 8)
    }

    private func ulimits(_ node: Node) throws -> JSON {
        var all: [String: JSON] = [:]
        for entry in node.map?.entries ?? [] {
            guard entry.node.map != nil else {
                all[entry.key] = .int(try integer(entry.node))
                continue
            }
            var limit = JSONObject()
            for key in ["single", "soft", "hard"] {
                if let value = try entry.node[key].map(integer), value != 0 { limit[key] = .int(value) }
            }
            all[entry.key] = .object(limit)
        }
        return .object(JSONObject(all.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    }
}
