import JSON

/// Reads the file that `scripts/make-schema` writes.
///
/// Integers are unsigned LEB128, texts are places in a table of strings at the file's head:
///
///     "HKS" 1 · strings: count, lengths, bytes
///     types: count, count of named ones, their names, then one shape each
///     kinds: count, then each: type, count, (group, version, kind)…
///     group-versions: count, then each: group, version, on by default, its resources with their subresources
enum SchemaFile {
    static let meta = "io.k8s.apimachinery.pkg.apis.meta.v1."

    struct Parts {
        var named: [SchemaType] = []
        var kinds: [String: [GroupVersionKind]] = [:]
        var groupVersions: [GroupVersion] = []
        var on: [GroupVersion] = []
        var resources: [APIResource] = []
    }

    /// What is wrong, and the offset in bytes at which it was seen.
    struct Damage: Error { let what: String, offset: Int }

    static func read(_ bytes: UnsafeRawBufferPointer) throws(Damage) -> Parts {
        var reader = SchemaFileReader(bytes: bytes)
        try reader.head()
        var parts = Parts()
        let types = try reader.types()
        parts.named = Array(types.named)
        try reader.kinds(types.all, into: &parts)
        try reader.groupVersions(types.all, into: &parts)
        guard reader.at == bytes.count else { throw Damage(what: "bytes after the end", offset: reader.at) }
        return parts
    }
}

/// Reads types and their fields.
extension SchemaFileReader {
    mutating func types() throws(SchemaFile.Damage) -> (all: [SchemaType], named: ArraySlice<SchemaType>) {
        let count = try count()
        let named = try self.count(upTo: count)
        var all: [SchemaType] = []
        all.reserveCapacity(count)
        for at in 0..<count { all.append(SchemaType(name: at < named ? try text() : "")) }
        for type in all { try shape(of: type, all) }
        return (all, all[..<named])
    }

    private mutating func shape(of type: SchemaType, _ all: [SchemaType]) throws(SchemaFile.Damage) {
        let tag = try byte()
        let flags = try byte()
        var traits: SchemaType.Traits = []
        if flags & 2 != 0 { traits.insert(.listMessage) }
        if flags & 8 != 0 { traits.insert(.statesGranular) }
        let unions = flags & 4 != 0 ? try text() : ""
        let goName = flags & 16 != 0 ? try text() : ""
        let shape: SchemaType.Shape
        switch tag {
        case 0: shape = .object(try fields(all))
        case 1: shape = .map(of: all[try count(below: all.count)])
        case 2:
            let element = all[try count(below: all.count)]
            switch try byte() {
            case 0: shape = .list(of: element, .atomic)
            case 1: shape = .list(of: element, .set)
            case 2: shape = .list(of: element, .map(keys: try texts()))
            default:
                shape = .list(of: element, .atomic)
                traits.insert(.omitsListKind)
            }
        case 3:
            let formats: [SchemaType.StringFormat] = [.plain, .byte, .dateTime, .microTime, .duration]
            shape = .string(formats[try count(below: formats.count)])
        case 4: shape = .integer(bits: try number())
        case 5: shape = .number
        case 6: shape = .boolean
        case 7: shape = .intOrString
        case 8: shape = .quantity
        case 9: shape = .any
        default: throw damage("unknown shape \(tag)")
        }
        type.become(shape, isAtomic: flags & 1 != 0, traits: traits, unions: unions, goName: goName)
    }

    private mutating func fields(_ all: [SchemaType]) throws(SchemaFile.Damage) -> [SchemaField] {
        let count = try count()
        var fields: [SchemaField] = []
        fields.reserveCapacity(count)
        for _ in 0..<count {
            let name = try text()
            var field = SchemaField(name, all[try self.count(below: all.count)])
            let flags = try number()
            field.isRequired = flags & 1 != 0
            if flags & 4 != 0 { field.patchStrategy.insert(.merge) }
            if flags & 8 != 0 { field.patchStrategy.insert(.retainKeys) }
            if flags & 16 != 0 { field.patchStrategy.insert(.replace) }
            if flags & 256 != 0 { field.isAtomic = true }
            if flags & 512 != 0 { field.isAtomic = false }
            guard let presence = SchemaField.Presence(rawValue: UInt8(truncatingIfNeeded: flags >> 10)) else {
                throw damage("unknown presence")
            }
            field.presence = presence
            field.protobufNumber = try number()
            if flags & 2 != 0 { field.defaultValue = try value() }
            if flags & 32 != 0 { field.patchMergeKey = try text() }
            if flags & 64 != 0 { for _ in 0..<(try self.count()) { field.protobufOuter.append(try number()) } }
            if flags & 128 != 0 { field.enumValues = try texts() }
            fields.append(field)
        }
        return fields
    }
}

/// Reads kinds, group-versions and resources.
extension SchemaFileReader {
    private mutating func groupVersion() throws(SchemaFile.Damage) -> GroupVersion {
        let group = try text()
        return GroupVersion(group, try text())
    }

    mutating func kinds(_ all: [SchemaType], into parts: inout SchemaFile.Parts) throws(SchemaFile.Damage) {
        for _ in 0..<(try count()) {
            let name = all[try count(below: all.count)].name
            for _ in 0..<(try count()) {
                let groupVersion = try groupVersion()
                parts.kinds[name, default: []].append(GroupVersionKind(groupVersion, try text()))
            }
        }
    }

    mutating func groupVersions(_ all: [SchemaType], into parts: inout SchemaFile.Parts) throws(SchemaFile.Damage) {
        for _ in 0..<(try count()) {
            let groupVersion = try groupVersion()
            parts.groupVersions.append(groupVersion)
            if try byte() != 0 { parts.on.append(groupVersion) }
            for _ in 0..<(try count()) { parts.resources.append(try resource(groupVersion, all)) }
        }
    }

    private mutating func resource(_ groupVersion: GroupVersion, _ all: [SchemaType]) throws(SchemaFile.Damage)
        -> APIResource
    {
        let plural = try text()
        let singular = try text()
        let kind = try text()
        let flags = try byte()
        let type = all[try count(below: all.count)]
        var resource = APIResource(
            groupVersion: groupVersion, kind: kind, plural: plural, singular: singular, isNamespaced: flags & 1 != 0,
            verbs: try words(), type: type)
        resource.returnsDeleted = flags & 2 != 0
        resource.shortNames = try words()
        resource.categories = try words()
        resource.storageGroup = try text()
        resource.storageVersion = try text()
        resource.storageVersionHash = try text()
        for _ in 0..<(try count()) {
            let name = try text()
            let groupVersion = try self.groupVersion()
            let kind = try text()
            let verbs = try words()
            let type = try count(upTo: all.count)
            resource.subresources.append(
                .init(
                    name: name, kind: kind, groupVersion: groupVersion, verbs: verbs,
                    type: type == 0 ? nil : all[type - 1]))
        }
        return resource
    }

    private mutating func words() throws(SchemaFile.Damage) -> [String] {
        try text().split(separator: ",").map(String.init)
    }
}
