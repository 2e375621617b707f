import JSON

/// One type of the API: a published definition, a part of one, or a part of a CustomResourceDefinition's schema.
///
/// Types refer to each other, in circles too (`JSONSchemaProps`), so they are objects. A type is built in two steps,
/// made and then given its shape, and never changes after; only then it is handed out. So it may cross threads.
package final class SchemaType: @unchecked Sendable {
    package enum Shape {
        /// Members with names. Others are unknown unless `preservesUnknown`.
        case object([SchemaField])
        case map(of: SchemaType)
        case list(of: SchemaType, ListKind)
        case string(StringFormat)
        case integer(bits: Int)
        /// A double.
        case number
        case boolean
        /// `intstr.IntOrString`.
        case intOrString
        /// `resource.Quantity`: a string, or a number that is written as one.
        case quantity
        /// Any JSON at all: `runtime.RawExtension`, `JSON`, an open part of a custom resource.
        case any
    }

    package enum StringFormat: String, Sendable { case plain, byte, dateTime, microTime, duration }

    /// How apply and strategic merge treat a list (`x-kubernetes-list-type` and its keys).
    package enum ListKind: Sendable, Equatable {
        case atomic, set
        case map(keys: [String])
    }

    /// The published name (`io.k8s.api.core.v1.PodSpec`); "" for what has none.
    package let name: String
    package private(set) var shape: Shape
    /// Whether an object is replaced as a whole by apply (`x-kubernetes-map-type: atomic`).
    package private(set) var isAtomic: Bool
    /// Unknown members are kept (`x-kubernetes-preserve-unknown-fields`).
    package private(set) var preservesUnknown: Bool
    package private(set) var traits: Traits = []
    /// `x-kubernetes-unions` as JSON, for the published documents; "" for none.
    package private(set) var unions = ""
    /// What Go calls the type where that doesn't follow from its name or parts; "" otherwise.
    private var ownGoName = ""
    /// Places of the fields by name; kept only for types with more fields than a search is quicker for.
    private var positions: [String: Int] = [:]
    private static let indexedFrom = 9

    /// What a built-in type needs to be said on the wire and in the published documents.
    package struct Traits: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        /// This list is a message with the elements as its first field (`ExtraValue { repeated string items = 1 }`).
        package static let listMessage = Traits(rawValue: 1)
        /// The documents say `x-kubernetes-map-type: granular`, which is what they mean without it too.
        package static let statesGranular = Traits(rawValue: 2)
        /// The documents don't say `x-kubernetes-list-type`; it counts as atomic.
        package static let omitsListKind = Traits(rawValue: 4)
    }

    package init(name: String = "", _ shape: Shape = .any, isAtomic: Bool = false, preservesUnknown: Bool = false) {
        self.name = name
        self.shape = shape
        self.isAtomic = isAtomic
        self.preservesUnknown = preservesUnknown
        index()
    }

    /// The second step of building; not to be called once the type is in use.
    package func become(
        _ shape: Shape, isAtomic: Bool = false, preservesUnknown: Bool = false, traits: Traits = [],
        unions: String = "",
        goName: String = ""
    ) {
        self.shape = shape
        self.isAtomic = isAtomic
        self.preservesUnknown = preservesUnknown
        self.traits = traits
        self.unions = unions
        ownGoName = goName
        index()
    }

    private func index() {
        guard case .object(let fields) = shape, fields.count >= SchemaType.indexedFrom else { return positions = [:] }
        positions = Dictionary(fields.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The type as Go prints it, which the original's messages show: `v1.PodSpec`, `[]v1.Container`, `int32`.
    package var goName: String {
        if !ownGoName.isEmpty { return ownGoName }
        if !name.isEmpty { return name.split(separator: ".").suffix(2).joined(separator: ".") }
        return switch shape {
        case .map(let value): "map[string]\(value.goName)"
        case .list(let element, _): "[]\(element.goName)"
        case .string(.byte): "[]uint8"
        case .string: "string"
        case .integer(let bits): "int\(bits)"
        case .number: "float64"
        case .boolean: "bool"
        case .object, .intOrString, .quantity, .any: "interface {}"
        }
    }

    /// The place of the member of that name among `fields`.
    func position(_ name: String) -> Int? {
        guard case .object(let fields) = shape else { return nil }
        return fields.count < SchemaType.indexedFrom ? fields.firstIndex { $0.name == name } : positions[name]
    }

    /// The members of an object, in the order in which the original writes them; empty for other shapes.
    package var fields: [SchemaField] { if case .object(let fields) = shape { fields } else { [] } }

    /// The member of that name; nil when the object has none or this is no object.
    package func field(_ name: String) -> SchemaField? {
        guard let at = position(name), case .object(let fields) = shape else { return nil }
        return fields[at]
    }
}

/// A member of an object.
package struct SchemaField: Sendable {
    package let name: String
    package let type: SchemaType
    package var isRequired = false
    /// What stands for a missing member; nil: nothing.
    package var defaultValue: JSON?
    /// `x-kubernetes-patch-strategy`, for strategic merge patch.
    package var patchStrategy: PatchStrategy = []
    /// `x-kubernetes-patch-merge-key`.
    package var patchMergeKey: String?
    /// The field's number on the protobuf wire; 0: none.
    package var protobufNumber: Int = 0
    /// The numbers of the messages around the field that JSON writes without a name of their own, from outside in
    /// (`Volume.volumeSource`).
    package var protobufOuter: [Int] = []
    /// Whether apply replaces the object in this field as a whole, where the field says it; nil: as its type says.
    package var isAtomic: Bool?
    /// What a text in the field may be, told and not checked by the schema; of a list or map, each of its elements.
    package var enumValues: [String] = []
    /// When the original writes the field.
    package var presence = Presence.whenSet

    package enum Presence: UInt8, Sendable {
        /// When it is set, zero or not: a pointer in Go, any field of a custom resource.
        case whenSet
        /// Unless it is empty or zero (`omitempty`).
        case whenNotEmpty
        /// Even when nothing is set: by its zero value.
        case always
        /// Even when nothing is set: by null. Lists, maps and pointers without `omitempty`.
        case alwaysOrNull
        /// Unless every member of the object is zero (`omitzero`).
        case whenNotZero
    }

    package init(_ name: String, _ type: SchemaType) {
        self.name = name
        self.type = type
    }

    package struct PatchStrategy: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }
        package static let merge = PatchStrategy(rawValue: 1)
        package static let retainKeys = PatchStrategy(rawValue: 2)
        /// An object is replaced, not merged; of a list, what no strategy means too.
        package static let replace = PatchStrategy(rawValue: 4)
    }
}
