internal import CYaml
import JSON

/// Builds JSON from libyaml's events.
///
/// An alias costs nothing to build, as values are shared, but everything that walks the tree after pays for each use:
/// so uses are counted as if they were written out, and refused in the proportion that go-yaml refuses them.
final class YAMLReader {
    /// A value, and the number of nodes that it would have if every alias were written out.
    private struct Built {
        var json: JSON
        var nodes = 1
        /// For keys: what the scalar was, and whether it was plain.
        var scalar: YAMLScalar?
        var isPlain = false
    }

    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let input: UnsafeMutableBufferPointer<UInt8>
    private var event = yaml_event_t()
    private var hasStarted = false
    /// Nil while the anchor's own value is being read.
    private var anchors: [String: Built?] = [:]
    private var nodes = 0
    private var nodesOfAliases = 0
    private var depth = 0
    private var duplicates: [String] = []

    /// Sentences of duplicate keys that are kept.
    private static let maximumDuplicates = 100

    init(_ bytes: [UInt8]) {
        input = .allocate(capacity: max(1, bytes.count))
        // Nothing at all is an empty line.
        input.initialize(repeating: 0x0A)
        _ = input.update(fromContentsOf: bytes)
        yaml_parser_initialize(parser)
        yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    }

    deinit {
        yaml_event_delete(&event)
        yaml_parser_delete(parser)
        parser.deallocate()
        input.deallocate()
    }

    /// The next document; nil after the last.
    func next() throws(YAMLError) -> YAML.Document? {
        if !hasStarted {
            try advance()
            hasStarted = true
        }
        try advance()
        guard event.type == YAML_DOCUMENT_START_EVENT else { return nil }
        (anchors, nodes, nodesOfAliases, depth, duplicates) = ([:], 0, 0, 0, [])
        try advance()
        let value = try node().json
        try advance()
        let told = duplicates.isEmpty ? nil : "unmarshal errors:" + duplicates.map { "\n  \($0)" }.joined()
        return YAML.Document(value: value, duplicates: told.map { YAMLError($0) })
    }

    private func advance() throws(YAMLError) {
        yaml_event_delete(&event)
        guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
    }

    private func fault() -> YAMLError {
        let state = parser.pointee
        // The scanner counts a line when it leaves it.
        let extra = state.error == YAML_SCANNER_ERROR ? 1 : 0
        let context = state.context_mark.line
        let line = context != 0 ? context : state.problem_mark.line
        let problem = state.problem.map { String(cString: $0) } ?? "unknown problem parsing YAML content"
        return YAMLError(line == 0 ? problem : "line \(Int(line) + extra): \(problem)")
    }

    private var line: Int { Int(event.start_mark.line) + 1 }

    private func count(_ more: Int, ofAlias: Bool = false) throws(YAMLError) {
        nodes += more
        if ofAlias { nodesOfAliases += more }
        guard nodesOfAliases > 100, nodes > 1_000 else { return }
        let share = Double(nodesOfAliases) / Double(nodes)
        // 99 % of a document of up to 400,000 nodes may come from aliases, 10 % of one of ten times the size.
        let progress = min(max(Double(nodes - 400_000) / 3_600_000, 0), 1)
        if share > 0.99 - 0.89 * progress { throw YAMLError("document contains excessive aliasing") }
    }

    private func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?, _ count: Int? = nil) -> String {
        guard let bytes else { return "" }
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count ?? strlen(bytes)), as: UTF8.self)
    }

    private func strlen(_ bytes: UnsafeMutablePointer<yaml_char_t>) -> Int {
        var count = 0
        while bytes[count] != 0 { count += 1 }
        return count
    }

    /// The node that the current event begins.
    private func node() throws(YAMLError) -> Built {
        switch event.type {
        case YAML_ALIAS_EVENT: return try alias()
        case YAML_SCALAR_EVENT:
            let anchor = event.data.scalar.anchor.map { text($0) }
            let built = try scalar()
            try count(1)
            if let anchor { anchors[anchor] = .some(built) }
            return built
        case YAML_SEQUENCE_START_EVENT:
            return try anchored(event.data.sequence_start.anchor.map { text($0) }) { () throws(YAMLError) in
                try sequence()
            }
        case YAML_MAPPING_START_EVENT:
            return try anchored(event.data.mapping_start.anchor.map { text($0) }) { () throws(YAMLError) in
                try mapping()
            }
        default: throw YAMLError("attempted to parse unknown event: \(event.type.rawValue)")
        }
    }

    private func anchored(_ anchor: String?, _ read: () throws(YAMLError) -> Built) throws(YAMLError) -> Built {
        depth += 1
        guard depth < JSON.maximumDepth else { throw YAMLError("exceeded max depth of \(JSON.maximumDepth)") }
        try count(1)
        if let anchor { anchors[anchor] = .some(nil) }
        let built = try read()
        if let anchor { anchors[anchor] = .some(built) }
        depth -= 1
        return built
    }

    private func alias() throws(YAMLError) -> Built {
        let name = text(event.data.alias.anchor)
        guard let known = anchors[name] else { throw YAMLError("unknown anchor '\(name)' referenced") }
        guard var built = known else { throw YAMLError("anchor '\(name)' value contains itself") }
        try count(1)
        try count(built.nodes, ofAlias: true)
        built.nodes += 1
        built.isPlain = false
        return built
    }

    private func sequence() throws(YAMLError) -> Built {
        var elements: [JSON] = []
        var nodes = 1
        while true {
            try advance()
            if event.type == YAML_SEQUENCE_END_EVENT { return Built(json: .array(elements), nodes: nodes) }
            let element = try node()
            nodes += element.nodes
            elements.append(element.json)
        }
    }

    private func mapping() throws(YAMLError) -> Built {
        var members: [String: JSON] = [:]
        var seen: Set<String> = []
        var nodes = 1
        while true {
            try advance()
            if event.type == YAML_MAPPING_END_EVENT { break }
            let key = try node()
            let isMerge = key.isPlain && key.json == "<<"
            let name = isMerge ? "" : try self.name(key)
            try advance()
            let line = line
            let value = try node()
            nodes += key.nodes + value.nodes
            if isMerge {
                for (name, value) in try merged(value.json) {
                    set(name, value, shown: GoText.quoted(name), line, &members, &seen)
                }
            } else {
                let shown = key.scalar == .string || key.scalar == .timestamp ? GoText.quoted(name) : name
                set(name, value.json, shown: shown, line, &members, &seen)
            }
        }
        let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return Built(json: .object(JSONObject(sorted.map { ($0.key, $0.value) })), nodes: nodes)
    }

    private func set(
        _ name: String, _ value: JSON, shown: String, _ line: Int, _ members: inout [String: JSON],
        _ seen: inout Set<String>
    ) {
        if !seen.insert(shown).inserted, duplicates.count < YAMLReader.maximumDuplicates {
            duplicates.append("line \(line): key \(shown) already set in map")
        }
        members[name] = value
    }

    /// The members that a merge key brings; of several mappings the earlier ones win.
    private func merged(_ value: JSON) throws(YAMLError) -> [(String, JSON)] {
        let wanted = YAMLError("map merge requires map or sequence of maps as the value")
        switch value {
        case .object(let members): return members.map { ($0.key, $0.value) }
        case .array(let elements):
            var all = JSONObject()
            for element in elements.reversed() {
                guard case .object(let members) = element else { throw wanted }
                for (name, value) in members { all[name] = value }
            }
            return all.map { ($0.key, $0.value) }
        default: throw wanted
        }
    }
}

/// Scalars.
extension YAMLReader {
    private func scalar() throws(YAMLError) -> Built {
        let data = event.data.scalar
        let value = text(data.value, data.length)
        let tag = data.tag.map { text($0) } ?? ""
        if tag.isEmpty {
            guard data.plain_implicit != 0 else { return Built(json: .string(value), scalar: .string) }
            return try built(value, YAMLScalar.resolve(value), isPlain: true)
        }
        guard tag.hasPrefix(YAMLScalar.tagPrefix) else { return Built(json: .string(value), scalar: .string) }
        let name = String(tag.dropFirst(YAMLScalar.tagPrefix.count))
        if name == "binary" {
            guard let bytes = try? GoBase64.decode(value) else {
                throw YAMLError("!!binary value contains invalid base64 data")
            }
            return Built(json: .string(String(decoding: bytes, as: UTF8.self)), scalar: .string)
        }
        guard let meaning = YAMLScalar.resolve(value, tag: name) else {
            let found = YAMLReader.tag(YAMLScalar.resolve(value))
            throw YAMLError("cannot decode \(found) `\(value)` as a !!\(name)")
        }
        return try built(value, meaning, isPlain: false)
    }

    private static func tag(_ scalar: YAMLScalar) -> String {
        switch scalar {
        case .null: "!!null"
        case .bool: "!!bool"
        case .int, .unsigned: "!!int"
        case .float: "!!float"
        case .string: "!!str"
        case .timestamp: "!!timestamp"
        }
    }

    private func built(_ text: String, _ meaning: YAMLScalar, isPlain: Bool) throws(YAMLError) -> Built {
        let json: JSON =
            switch meaning {
            case .null: .null
            case .bool(let value): .bool(value)
            case .int(let value): .int(value)
            case .unsigned(let value): .number("\(value)")
            case .float(let value): value.isFinite ? GoNumber.json(value) : .string(text)
            case .string, .timestamp: .string(text)
            }
        return Built(json: json, scalar: meaning, isPlain: isPlain)
    }

    /// A key as a member's name.
    private func name(_ key: Built) throws(YAMLError) -> String {
        switch key.scalar {
        case .string, .timestamp: return key.json.string ?? ""
        case .bool(let value): return value ? "true" : "false"
        case .int, .unsigned: return key.json.text
        case .float(let value):
            if value.isNaN { return ".nan" }
            if value.isInfinite { return value < 0 ? "-.inf" : ".inf" }
            return GoNumber.general(Double(Float(value)), shortest: "\(Float(value).magnitude)")
        case .null:
            throw YAMLError("unsupported map key of type: %!s(<nil>), key: <nil>")
        case nil: throw YAMLError("invalid map key: \(key.json.text)")
        }
    }
}
