/// Holds a tree to a shape and tells the complaint that is most to the point: the deepest one, in the original's words.
enum SchemaCheck {
    private struct Complaint {
        var path: [String]
        var text: String
        var place: Place
        /// How deep in the file it is; keys that nothing names count one more.
        var depth: Int
        /// It is about one key of the map at the path, whose place it has.
        var isOfKey = false
    }

    static func check(_ tree: Node, against shape: Shape = TopSchema.shape, path: [String] = []) throws {
        guard let worst = complaint(tree, shape, path) else { return }
        throw ComposeError("\(worst.path.joined(separator: ".")) \(worst.text)".trimmedStart, at: worst.place)
    }

    private static func deepest(_ all: [Complaint?]) -> Complaint? {
        all.reduce(nil) { worst, next in
            guard let next else { return worst }
            return next.depth > (worst?.depth ?? -1) ? next : worst
        }
    }

    private static func complaint(_ node: Node, _ shape: Shape, _ path: [String]) -> Complaint? {
        func complain(_ text: String) -> Complaint {
            Complaint(path: path, text: text, place: node.place, depth: path.count)
        }
        switch shape {
        case .any: return nil
        case .scalar(let types, let bounds):
            guard types.contains(where: { fits(node, $0) }) else { return complain(wanted(types)) }
            guard let bounds, let number = number(node) else { return nil }
            if number < bounds.lowerBound {
                return complain("must be greater than or equal to \(GoFloat.text(bounds.lowerBound))")
            }
            return number > bounds.upperBound
                ? complain("must be less than or equal to \(GoFloat.text(bounds.upperBound))") : nil
        case .options(let options):
            guard let text = node.string, options.contains(text) else {
                let shown = options.map { "'\($0)'" }.joined(separator: ", ")
                return complain(options.count == 1 ? "value must be \(shown)" : "value must be one of \(shown)")
            }
            return nil
        case .pattern(let pattern, let isFit):
            guard let text = node.string else { return complain(wanted([.string])) }
            return isFit(text) ? nil : complain("'\(text)' does not match pattern '\(pattern)'")
        case .list(let element, let unique):
            guard let elements = node.list else { return complain(wanted([.array])) }
            var all = elements.enumerated().map { complaint($1, element, path + ["\($0)"]) }
            if unique, let twin = twin(elements) {
                all.append(
                    Complaint(
                        path: path, text: "items at \(twin.0) and \(twin.1) are equal",
                        place: elements[twin.1].place, depth: path.count))
            }
            return deepest(all)
        case .oneOf(let shapes):
            let all = shapes.map { complaint(node, $0, path) }
            return all.contains { $0 == nil } ? nil : deepest(all)
        case .object(let object): return self.object(node, object, path)
        }
    }

    private static func object(_ node: Node, _ shape: ObjectShape, _ path: [String]) -> Complaint? {
        guard let members = node.map else {
            if shape.takesNull, node.isNull { return nil }
            return Complaint(
                path: path, text: wanted(shape.takesNull ? [.object, .null] : [.object]), place: node.place,
                depth: path.count)
        }
        var all: [Complaint?] = []
        for name in shape.required where members[name] == nil {
            all.append(
                Complaint(path: path, text: "missing property '\(name)'", place: node.place, depth: path.count))
        }
        var unknown: [NodeMap.Entry] = []
        for entry in members.entries {
            if let field = shape.fields.first(where: { $0.name == entry.key }) {
                all.append(atKey(complaint(entry.node, field.shape, path + [entry.key]), entry))
            } else if let each = shape.members, shape.isName(entry.key) {
                all.append(atKey(complaint(entry.node, each, path + [entry.key]), entry))
            } else if !shape.isOpen, !(shape.takesExtensions && entry.key.hasPrefix("x-")) {
                unknown.append(entry)
            }
        }
        if let first = unknown.first {
            let names = unknown.map { "'\($0.key)'" }.joined(separator: ", ")
            all.append(
                Complaint(
                    path: path, text: "additional properties \(names) not allowed", place: first.keyPlace,
                    depth: path.count + 1, isOfKey: true))
        }
        return deepest(all)
    }

    /// A complaint about a whole list or map is placed at its key, which stands a line above.
    private static func atKey(_ complaint: Complaint?, _ entry: NodeMap.Entry) -> Complaint? {
        guard var moved = complaint, !moved.isOfKey, moved.place == entry.node.place,
            entry.node.map != nil || entry.node.list != nil,
            moved.path.last == entry.key
        else { return complaint }
        moved.place = entry.keyPlace
        return moved
    }

    private static func fits(_ node: Node, _ type: ScalarType) -> Bool {
        switch (node.value, type) {
        case (.string, .string), (.bool, .boolean), (.int, .integer), (.int, .number), (.float, .number),
            (.null, .null), (.map, .object), (.list, .array):
            true
        case (.float(let text), .integer): Double(text).map { $0.rounded() == $0 } ?? false
        default: false
        }
    }

    private static func number(_ node: Node) -> Double? {
        switch node.value {
        case .int(let number): Double(number)
        case .float(let text): Double(text)
        default: nil
        }
    }

    private static func wanted(_ types: [ScalarType]) -> String {
        let names = types.map { $0 == .object ? "mapping" : $0.rawValue }.sorted()
        guard let last = names.last, names.count > 1 else { return "must be a \(names.first ?? "")" }
        return "must be a \(names.dropLast().joined(separator: ", ")) or \(last)"
    }

    private static func twin(_ elements: [Node]) -> (Int, Int)? {
        let values = elements.map(\.json)
        for (at, value) in values.enumerated() {
            if let first = values[..<at].firstIndex(of: value) { return (first, at) }
        }
        return nil
    }
}

extension String {
    fileprivate var trimmedStart: String { String(drop { $0 == " " }) }
}
