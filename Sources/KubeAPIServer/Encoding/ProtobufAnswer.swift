import JSON
import KubeModel
import NIOCore

/// Answers in protobuf, of every kind whose messages have numbers.
enum ProtobufAnswer {
    /// Throws 406 for a kind without that form.
    static func bytes(_ tree: JSON) throws(APIStatus) -> [UInt8] {
        let kind = tree["kind"].string ?? ""
        guard let groupVersion = GroupVersion(apiVersion: tree["apiVersion"].string ?? ""),
            let type = type(groupVersion, kind)
        else {
            throw APIStatus(
                code: 406, reason: "NotAcceptable",
                message: "\(kind) has no protobuf form; the following media types are accepted: application/json, "
                    + "application/yaml")
        }
        return KubeProtobuf.encode(tree, as: type)
    }

    private static func type(_ groupVersion: GroupVersion, _ kind: String) -> SchemaType? {
        if groupVersion.group == "meta.k8s.io" || (groupVersion.description == "v1" && kind == "Status") {
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
        case .json: return ByteBuffer(bytes: status.bytes(escapeHTML: true) + [UInt8(ascii: "\n")])
        }
    }
}
