internal import CYaml
import Fault

/// Reads YAML into nodes that know their lines: anchors are resolved, merge keys are merged, and the tags `!reset` and
/// `!override` become paths.
final class YAMLTreeReader {
    enum Limit {
        /// Nested lists and maps.
        static let depth = 200
        /// Nodes of a file with all aliases written out: a bomb of aliases ends here.
        static let nodes = 200_000
    }

    /// A document, and the paths that it takes back from the files before it.
    struct Document {
        var root: Node
        var resets: [TreePath] = []
    }

    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private let input: UnsafeMutableBufferPointer<UInt8>
    private let file: String
    private var event = yaml_event_t()
    private var anchors: [String: Anchored?] = [:]
    private var nodes = 0
    private var depth = 0
    private var resets: [TreePath] = []

    private struct Anchored {
        var node: Node
        /// Nodes that it has, aliases written out.
        var size: Int
        /// What it takes back, from its own root.
        var resets: [TreePath]
    }

    private init(_ bytes: [UInt8], file: String) {
        self.file = file
        input = .allocate(capacity: max(1, bytes.count))
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

    /// All documents of a file.
    static func read(_ bytes: [UInt8], file: String) throws -> [Document] {
        let reader = YAMLTreeReader(bytes, file: file)
        var documents: [Document] = []
        try reader.advance()
        while true {
            try reader.advance()
            guard reader.event.type == YAML_DOCUMENT_START_EVENT else { return documents }
            (reader.anchors, reader.nodes, reader.depth, reader.resets) = ([:], 0, 0, [])
            try reader.advance()
            let root = try reader.node(TreePath())
            documents.append(Document(root: root ?? Node(.null, at: Place(file: file, line: 1)), resets: reader.resets))
            try reader.advance()
        }
    }

    private var place: Place { Place(file: file, line: Int(event.start_mark.line) + 1) }

    private func advance() throws {
        yaml_event_delete(&event)
        guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
    }

    private func fault() -> ComposeError {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "unknown problem parsing YAML content"
        var line = Int(state.problem_mark.line) + 1
        if state.error == YAML_READER_ERROR { line = lineOf(offset: state.problem_offset) }
        return ComposeError("yaml: \(problem)", at: Place(file: file, line: line))
    }

    private func lineOf(offset: Int) -> Int {
        1 + input.prefix(max(0, min(offset, input.count))).reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
    }

    private func text(_ bytes: UnsafeMutablePointer<yaml_char_t>?) -> String {
        bytes.map { String(cString: $0) } ?? ""
    }

    private func count(_ more: Int) throws {
        nodes += more
        guard nodes <= Limit.nodes else {
            throw ComposeError("yaml: document contains excessive aliasing", at: place)
        }
    }

    /// The node that the current event begins; nil when its tag takes it away.
    private func node(_ path: TreePath) throws -> Node? {
        let start = nodes
        let resetsBefore = resets.count
        let (anchor, tag): (String?, String)
        switch event.type {
        case YAML_ALIAS_EVENT: return try alias(path)
        case YAML_SCALAR_EVENT: (anchor, tag) = (event.data.scalar.anchor.map { text($0) }, text(event.data.scalar.tag))
        case YAML_SEQUENCE_START_EVENT:
            (anchor, tag) = (event.data.sequence_start.anchor.map { text($0) }, text(event.data.sequence_start.tag))
        case YAML_MAPPING_START_EVENT:
            (anchor, tag) = (event.data.mapping_start.anchor.map { text($0) }, text(event.data.mapping_start.tag))
        default: throw ComposeError("yaml: attempted to parse unknown event: \(event.type.rawValue)", at: place)
        }
        try count(1)
        if let anchor { anchors[anchor] = .some(nil) }
        var built = try content(path, tag)
        if tag == "!reset" || tag == "!override" { resets.append(path) }
        if tag == "!reset" { built = nil }
        if let anchor, let built {
            let own = resets[resetsBefore...].map { TreePath(Array($0.parts.dropFirst(path.parts.count))) }
            anchors[anchor] = Anchored(node: built, size: nodes - start, resets: Array(own))
        }
        return built
    }

    private func content(_ path: TreePath, _ tag: String) throws -> Node? {
        switch event.type {
        case YAML_SCALAR_EVENT: return scalar(tag)
        case YAML_SEQUENCE_START_EVENT: return try nested { try list(path) }
        default: return try nested { try map(path) }
        }
    }

    private func nested(_ read: () throws -> Node) throws -> Node {
        depth += 1
        guard depth <= Limit.depth else { throw ComposeError("yaml: exceeded max depth of \(Limit.depth)", at: place) }
        defer { depth -= 1 }
        return try read()
    }

    private func alias(_ path: TreePath) throws -> Node {
        let name = text(event.data.alias.anchor)
        guard let known = anchors[name] else {
            throw ComposeError("yaml: unknown anchor '\(name)' referenced", at: place)
        }
        guard let known else {
            throw ComposeError("cycle detected: anchor '\(name)' value contains itself", at: place)
        }
        try count(known.size)
        resets += known.resets.map { TreePath(path.parts + $0.parts) }
        return known.node
    }

    private func scalar(_ tag: String) -> Node {
        let scalar = event.data.scalar
        let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
        let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
        let place = place
        if tag == "tag:yaml.org,2002:str" || (!isPlain && !tag.hasPrefix("tag:")) {
            return Node(.string(text), at: place)
        }
        return Node(YAMLCore.resolve(text), at: place)
    }

    private func list(_ path: TreePath) throws -> Node {
        let place = place
        var elements: [Node] = []
        try advance()
        while event.type != YAML_SEQUENCE_END_EVENT {
            if let element = try node(path.next("\(elements.count)")) { elements.append(element) }
            try advance()
        }
        return Node(.list(elements), at: place)
    }

    private func map(_ path: TreePath) throws -> Node {
        let place = place
        var members = NodeMap()
        var merged: [Node] = []
        try advance()
        while event.type != YAML_MAPPING_END_EVENT {
            let keyPlace = self.place
            let key = try key(path)
            try advance()
            if key == "<<" {
                merged += try toMerge(path)
            } else {
                if let known = members.keyPlace(key) {
                    throw ComposeError("mapping key \"\(key)\" already defined at line \(known.line)", at: keyPlace)
                }
                if let value = try node(path.next(key)) { members.set(key, value, keyPlace: keyPlace) }
            }
            try advance()
        }
        for other in merged {
            for entry in other.map?.entries ?? [] where members[entry.key] == nil {
                members.set(entry.key, entry.node, keyPlace: entry.keyPlace)
            }
        }
        return Node(.map(members), at: place)
    }

    private func key(_ path: TreePath) throws -> String {
        let keyPlace = place
        guard let key = try node(path.next("?")) else { return "" }
        if let text = key.string { return text }
        let shown = key.scalarText ?? (key.isNull ? "null" : "a collection")
        throw ComposeError(
            path.parts.isEmpty ? "non-string key at top level: \(shown)" : "non-string key in \(path): \(shown)",
            at: keyPlace)
    }

    private func toMerge(_ path: TreePath) throws -> [Node] {
        let start = place
        guard let value = try node(path) else { return [] }
        let maps = value.list ?? [value]
        guard maps.allSatisfy({ $0.map != nil }) else {
            throw ComposeError("yaml: map merge requires map or sequence of maps as the value", at: start)
        }
        return maps
    }
}
