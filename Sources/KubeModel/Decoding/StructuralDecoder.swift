import JSON

/// Brings a JSON tree into the form in which the original would hold and write it: fields of the type alone, in the
/// order of its declaration, nulls and empty optional fields gone, what is always written there, and quantities,
/// times and base64 in their canonical form. Tells of unknown and duplicate fields on the way.
///
/// Faults and their order follow Go's decoder: a value of the wrong type is remembered, the first of them is thrown at
/// the end; a text that its type can't read (a quantity, a time) is thrown at once.
package struct StructuralDecoder {
    /// Members of lists and maps deeper than this are refused; JSON's parser has the same limit.
    static let maximumDepth = JSON.maximumDepth
    /// Members and elements that an object may come out with. What the original always writes can be a hundred times
    /// what was sent (`[{},{},…]` as containers); the largest request, 3 MiB, holds no honest object of this size.
    package static let maximumValues = 1_000_000

    /// Of the whole document.
    let root: SchemaType
    private let duplicates: [String: [JSON.Duplicate]]
    let defaults: Bool
    var strict = StrictErrors()
    /// Names and `[index]` steps from the document to the value being read.
    var path: [String] = []
    /// Names alone: what Go's messages show.
    var names: [String] = []
    /// The type of the struct around the value being read; nil for none.
    var owner: SchemaType?
    var firstFault: DecodingError?
    private var depth = 0
    private var values = 0

    private init(_ root: SchemaType, _ duplicates: [JSON.Duplicate], defaults: Bool) {
        self.root = root
        self.duplicates = Dictionary(grouping: duplicates, by: \.object)
        self.defaults = defaults
    }

    /// - Parameters:
    ///   - duplicates: what the parser told of.
    ///   - defaults: whether missing fields get the schema's defaults.
    package static func decode(
        _ tree: JSON, as type: SchemaType, duplicates: [JSON.Duplicate] = [], defaults: Bool = true
    ) throws(DecodingError) -> (object: JSON, strict: StrictErrors) {
        var decoder = StructuralDecoder(type, duplicates, defaults: defaults)
        let object = try decoder.value(tree, type)
        if let fault = decoder.firstFault { throw fault }
        return (object, decoder.strict)
    }

    /// What stands for a value that isn't set, where one has to be written.
    package static func zero(of type: SchemaType) -> JSON {
        var decoder = StructuralDecoder(type, [], defaults: false)
        return (try? decoder.zero(type)) ?? .null
    }

    /// The value in its written form; null when nothing is set, or when the value is of the wrong type.
    mutating func value(_ json: JSON, _ type: SchemaType) throws(DecodingError) -> JSON {
        if json.isNull { return .null }
        switch type.shape {
        case .object:
            guard case .object(let members) = json else { return mismatch(json, type.goName) }
            return try object(members, type)
        case .map(let element):
            guard case .object(let members) = json else { return mismatch(json, type.goName) }
            return try map(members, element)
        case .list(let element, _):
            guard case .array(let elements) = json else { return mismatch(json, type.goName) }
            return try list(elements, element)
        default: return try leaf(json, type)
        }
    }

    private mutating func object(_ members: JSONObject, _ type: SchemaType) throws(DecodingError) -> JSON {
        try descend(type.fields.count)
        let fields = type.fields
        var values = [JSON](repeating: .null, count: fields.count)
        var extra: [(String, JSON)] = []
        var told = duplicatesHere()
        var written = 0
        let outer = owner
        for (name, json) in members {
            tell(&told, before: written) { type.position($0) != nil }
            written += 1
            guard let at = type.position(name) else {
                if type.preservesUnknown { extra.append((name, json)) } else { strict.unknown(place(name)) }
                continue
            }
            path.append(name)
            names.append(name)
            owner = type
            values[at] = try value(json, fields[at].type)
            path.removeLast()
            names.removeLast()
            owner = outer
        }
        tell(&told, before: .max) { type.position($0) != nil }
        var out = JSONObject()
        for (at, field) in fields.enumerated() {
            if let value = try finished(values[at], field) { out.append(field.name, value) }
        }
        for (name, json) in extra { out.append(name, json) }
        depth -= 1
        return .object(out)
    }

    private mutating func map(_ members: JSONObject, _ type: SchemaType) throws(DecodingError) -> JSON {
        try descend(members.count)
        var told = duplicatesHere()
        var written = 0
        var out: [(String, JSON)] = []
        for (name, json) in members {
            tell(&told, before: written) { _ in true }
            written += 1
            path.append(name)
            let value = try value(json, type)
            out.append((name, value.isNull ? try entryZero(type) : value))
            path.removeLast()
        }
        tell(&told, before: .max) { _ in true }
        depth -= 1
        // Go writes the keys of a map in their order.
        var sorted = JSONObject()
        sorted.reserveCapacity(out.count)
        for (name, value) in out.sorted(by: { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }) {
            sorted.append(name, value)
        }
        return .object(sorted)
    }

    private mutating func list(_ elements: [JSON], _ type: SchemaType) throws(DecodingError) -> JSON {
        try descend(elements.count)
        var out: [JSON] = []
        out.reserveCapacity(elements.count)
        for (at, json) in elements.enumerated() {
            path.append("[\(at)]")
            let value = try value(json, type)
            out.append(value.isNull ? try zero(type) : value)
            path.removeLast()
        }
        depth -= 1
        return .array(out)
    }

    private mutating func descend(_ parts: Int) throws(DecodingError) {
        depth += 1
        values += parts
        guard depth <= StructuralDecoder.maximumDepth else { throw DecodingError("exceeded max depth") }
        guard values <= StructuralDecoder.maximumValues else {
            throw DecodingError("exceeded max size of \(StructuralDecoder.maximumValues) values")
        }
    }
}

/// Fields that aren't set.
extension StructuralDecoder {
    /// What is written for the field; nil when it is left out.
    private mutating func finished(_ value: JSON, _ field: SchemaField) throws(DecodingError) -> JSON? {
        var value = value
        if defaults, let standard = field.defaultValue, standard.object == nil {
            let isUnset = value.isNull || (field.presence != .whenSet && isZero(value))
            if isUnset, !(isZero(standard) && field.presence == .whenNotEmpty) { value = standard }
        }
        // Not with `? :`, where nil would be the JSON null.
        switch field.presence {
        case .whenSet: if value.isNull { return nil }
        case .whenNotEmpty: if isZero(value), !(value == [] && tellsEmpty(field)) { return nil }
        case .always: if value.isNull { return try zero(field.type) }
        // An empty list or map doesn't survive the original's store, whose form doesn't tell it from none.
        case .alwaysOrNull: if isEmptyCollection(value, field.type) { return JSON.null }
        case .whenNotZero: if value.isNull || value == StructuralDecoder.zero(of: field.type) { return nil }
        }
        return value
    }

    /// The original's checks tell an empty list of these from none, which gets a default.
    private func tellsEmpty(_ field: SchemaField) -> Bool { field.type.goName == "[]v2.HPAScalingPolicy" }

    private func isEmptyCollection(_ value: JSON, _ type: SchemaType) -> Bool {
        switch (type.shape, value) {
        case (.list, .array(let elements)): elements.isEmpty
        case (.map, .object(let members)): members.isEmpty
        default: false
        }
    }

    private func isZero(_ value: JSON) -> Bool {
        switch value {
        case .null, .bool(false), .int(0), .string(""): true
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }

    /// A map's value that is null: no bytes are, in the original's store, as good as an empty run of them.
    private mutating func entryZero(_ type: SchemaType) throws(DecodingError) -> JSON {
        if case .string(.byte) = type.shape { return "" }
        return try zero(type)
    }

    private mutating func zero(_ type: SchemaType) throws(DecodingError) -> JSON {
        switch type.shape {
        case .object: return try object(JSONObject(), type)
        case .string(.plain): return ""
        case .string(.duration): return "0s"
        case .integer, .number, .intOrString: return 0
        case .boolean: return false
        case .quantity: return "0"
        case .map, .list, .any, .string(.byte), .string(.dateTime), .string(.microTime): return .null
        }
    }
}

/// Paths, and what is told of them.
extension StructuralDecoder {
    private func place(_ name: String) -> String {
        var text = ""
        for step in path {
            if !text.isEmpty, !step.hasPrefix("[") { text += "." }
            text += step
        }
        return text.isEmpty ? name : "\(text).\(name)"
    }

    private func duplicatesHere() -> ArraySlice<JSON.Duplicate> {
        if duplicates.isEmpty { return [] }
        let here = place("")
        return (duplicates[here.hasSuffix(".") ? String(here.dropLast()) : here] ?? [])[...]
    }

    /// Tells of the duplicates that were written before the member that comes next.
    private mutating func tell(
        _ told: inout ArraySlice<JSON.Duplicate>, before written: Int, where isKnown: (String) -> Bool
    ) {
        while let next = told.first, next.position <= written {
            told.removeFirst()
            if isKnown(next.name) { strict.duplicate(place(next.name)) }
        }
    }

    /// Remembers that the value isn't what the type asks for.
    mutating func mismatch(_ json: JSON, _ goType: String, number: Bool = false) -> JSON {
        if firstFault == nil { firstFault = typeError(json, goType, number: number) }
        return .null
    }

    /// - Parameter number: whether the type is a number's, and the value a number that it can't hold.
    func typeError(_ json: JSON, _ goType: String, number: Bool = false) -> DecodingError {
        let what = number && json.double != nil ? "number \(json.text)" : GoText.kind(json)
        // The struct by its name alone, without its package.
        let holder = owner?.name.split(separator: ".").last ?? ""
        let target =
            names.isEmpty ? "Go value" : "Go struct field \(holder).\(namesWithEmbedded.joined(separator: "."))"
        return DecodingError("json: cannot unmarshal \(what) into \(target) of type \(goType)")
    }
}
