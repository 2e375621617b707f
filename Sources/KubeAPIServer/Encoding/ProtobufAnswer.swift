import JSON
import KubeModel
import KubeStorage
import NIOCore

/// Answers in protobuf, of every kind whose messages have numbers.
enum ProtobufAnswer {
    /// Throws 406 for a kind without that form.
    static func bytes(_ tree: JSON) throws(APIStatus) -> [UInt8] {
        KubeProtobuf.encode(tree, as: try type(of: tree))
    }

    /// What is stored, of a resource that is stored as it is served; its tree is made only where the text won't do.
    static func bytes(_ value: StoredValue, _ served: ServedResource) throws(APIStatus) -> [UInt8] {
        let (apiVersion, kind) = (served.groupVersion.description, served.resource.kind)
        let type = try type(apiVersion, kind)
        let text = ObjectRecord.text(value)
        if let message = text.withUnsafeReadableBytes({ KubeProtobuf.message(text: $0, as: type) }) {
            return KubeProtobuf.envelope(apiVersion: apiVersion, kind: kind, message)
        }
        return KubeProtobuf.encode(try ObjectStore.decode(value), as: type)
    }

    private static func type(of tree: JSON) throws(APIStatus) -> SchemaType {
        try type(tree["apiVersion"].string ?? "v1", tree["kind"].string ?? "")
    }

    private static func type(_ apiVersion: String, _ kind: String) throws(APIStatus) -> SchemaType {
        guard let groupVersion = GroupVersion(apiVersion: apiVersion), let type = type(groupVersion, kind) else {
            throw APIStatus(
                code: 406, reason: "NotAcceptable",
                message: "\(kind) has no protobuf form; the following media types are accepted: application/json, "
                    + "application/yaml")
        }
        return type
    }

    /// A list whose items are encoded one after the other.
    struct List {
        private let apiVersion: String
        private let kind: String
        private let items: KubeProtobuf.Items
        /// The list's message up to its first item.
        let begin: [UInt8]

        /// - Parameter head: the list without its items. Throws 406 for a kind without that form.
        init(_ head: JSON) throws(APIStatus) {
            let type = try ProtobufAnswer.type(of: head)
            guard let items = KubeProtobuf.Items(of: type) else {
                throw .internalError("\(type.name) has no items")
            }
            self.items = items
            apiVersion = head["apiVersion"].string ?? ""
            kind = head["kind"].string ?? ""
            begin = KubeProtobuf.message(head, as: type)
        }

        func item(_ object: JSON) -> [UInt8] { items.encode(object) }

        /// - Parameter text: an object's; nil where its tree must be made.
        func item(_ text: ByteBuffer) -> [UInt8]? { text.withUnsafeReadableBytes { items.encode(text: $0) } }

        /// What stands before and behind the list's message of so many bytes.
        func envelope(_ count: Int) -> (head: [UInt8], tail: [UInt8]) {
            KubeProtobuf.envelope(apiVersion: apiVersion, kind: kind, count: count)
        }
    }

    /// Kinds of meta.k8s.io that every group has, and that are written as `v1`.
    private static let unversioned: Set<String> = [
        "Status", "APIVersions", "APIGroupList", "APIGroup", "APIResourceList",
    ]

    private static func type(_ groupVersion: GroupVersion, _ kind: String) -> SchemaType? {
        if groupVersion.group == "meta.k8s.io" || (groupVersion.description == "v1" && unversioned.contains(kind)) {
            return Schema.builtIn.meta(kind)
        }
        return Schema.builtIn.type(groupVersion, kind: kind)
    }
}

/// A `Status` in the encoding that its client asked for; whatever can't be made is JSON.
enum StatusText {
    static func encode(_ status: JSON, _ form: AnswerForm) throws(APIStatus) -> ByteBuffer {
        switch form.encoding {
        case .yaml: return ByteBuffer(bytes: YAML.write(status))
        case .protobuf: return ByteBuffer(bytes: try ProtobufAnswer.bytes(status))
        case .json where form.isPretty: return ByteBuffer(string: status.pretty(indent: "  ", escapeHTML: true))
        case .json: return ByteBuffer(bytes: status.bytes(escapeHTML: true) + [UInt8(ascii: "\n")])
        }
    }
}
