import JSON

/// `metav1.ObjectMeta` inside a custom resource: read as Go's decoder reads it, and checked.
enum EmbeddedMetadata {
    private indirect enum Kind: Sendable {
        case text, integer, boolean, time, any
        case list(Kind)
        case map(Kind)
        case structure(String, [String: Kind])

        /// The Go type's name in messages.
        var name: String {
            switch self {
            case .text: "string"
            case .integer: "int64"
            case .boolean: "bool"
            case .time: "string"
            case .any: "v1.FieldsV1"
            case .list(let element): "[]\(element.name)"
            case .map(let element): "map[string]\(element.name)"
            case .structure(let name, _): "v1.\(name)"
            }
        }
    }

    private static let owner = Kind.structure(
        "OwnerReference",
        [
            "apiVersion": .text, "kind": .text, "name": .text, "uid": .text, "controller": .boolean,
            "blockOwnerDeletion": .boolean,
        ])
    private static let managedFields = Kind.structure(
        "ManagedFieldsEntry",
        [
            "manager": .text, "operation": .text, "apiVersion": .text, "time": .time, "fieldsType": .text,
            "fieldsV1": .any, "subresource": .text,
        ])
    private static let objectMeta = Kind.structure(
        "ObjectMeta",
        [
            "name": .text, "generateName": .text, "namespace": .text, "selfLink": .text, "uid": .text,
            "resourceVersion": .text, "generation": .integer, "creationTimestamp": .time, "deletionTimestamp": .time,
            "deletionGracePeriodSeconds": .integer, "labels": .map(.text), "annotations": .map(.text),
            "ownerReferences": .list(owner), "finalizers": .list(.text), "managedFields": .list(managedFields),
        ])

    /// Why a value couldn't be read.
    struct Malformed: Error { let message: String }

    /// The metadata as it is written back: unknown and empty members are gone. `unknown` holds their paths below it.
    static func read(_ metadata: JSON) throws(Malformed) -> (value: JSON, unknown: [String]) {
        guard !metadata.isNull else { return ([:], []) }
        var unknown: [String] = []
        var value = try read(metadata, objectMeta, "", in: "", &unknown)
        if var members = value.object {
            for (name, member) in members where isEmpty(member) { members[name] = nil }
            value = .object(members)
        }
        return (value, unknown)
    }

    private static func isEmpty(_ value: JSON) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .int(let number): number == 0
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        case .bool, .number: false
        }
    }

    private static func read(
        _ value: JSON, _ kind: Kind, _ path: String, in structure: String, _ unknown: inout [String]
    )
        throws(Malformed) -> JSON
    {
        if value.isNull { return .null }
        switch (kind, value) {
        case (.text, .string), (.integer, .int), (.boolean, .bool), (.any, _): return value
        case (.time, .string(let text)):
            do throws(TimestampError) { _ = try Timestamp(parsing: text) } catch {
                throw Malformed(message: error.description)
            }
            return value
        case (.list(let element), .array(let elements)):
            var result: [JSON] = []
            for (index, value) in elements.enumerated() {
                var below: [String] = []
                result.append(try read(value, element, path, in: structure, &below))
                unknown += below.map { replacingHead($0, path, "\(path)[\(index)]") }
            }
            return .array(result)
        case (.map(let element), .object(let members)):
            var result = members
            for (name, value) in members {
                let read = try read(value, element, path, in: structure, &unknown)
                result[name] = read.isNull ? "" : read
            }
            return .object(result)
        case (.structure(let name, let fields), .object(let members)):
            var result = members
            for (member, value) in members {
                let place = path.isEmpty ? member : "\(path).\(member)"
                if let field = fields[member] {
                    result[member] = try read(value, field, place, in: name, &unknown)
                } else {
                    unknown.append(place)
                    result[member] = nil
                }
            }
            return .object(result)
        default:
            let found = GoText.kind(value)
            let place =
                structure.isEmpty || kind.name == "string" && path.isEmpty
                ? "Go value of type \(kind.name)" : "Go struct field \(structure).\(path) of type \(kind.name)"
            throw Malformed(message: "json: cannot unmarshal \(found) into \(place)")
        }
    }

    private static func replacingHead(_ text: String, _ head: String, _ new: String) -> String {
        text.hasPrefix(head) ? new + text.dropFirst(head.count) : text
    }
}
