import KubeModel

/// One form of answers, as an `Accept` header asks for it.
package struct AnswerForm: Sendable, Hashable {
    package enum Encoding: Sendable, Hashable { case json, yaml, protobuf }
    package enum Shape: Sendable, Hashable {
        case whole, table, partialMetadata, partialMetadataList
    }

    package var encoding = Encoding.json
    package var shape = Shape.whole
    /// `v1` or `v1beta1` of meta.k8s.io, for the shapes that are no whole object.
    package var shapeVersion = "v1"
    package var isPretty = false

    package var contentType: String {
        switch encoding {
        case .json: "application/json"
        case .yaml: "application/yaml"
        case .protobuf: "application/vnd.kubernetes.protobuf"
        }
    }

    package var watchContentType: String {
        encoding == .protobuf ? "application/vnd.kubernetes.protobuf;stream=watch" : contentType
    }
}

/// A media type with its parameters (RFC 9110, 8.3.1).
struct MediaType: Sendable, Equatable {
    let type: String
    var parameters: [String: String] = [:]
    var quality = 1.0

    init?(_ text: some StringProtocol) {
        var parts = text.split(separator: ";").map(Self.trimmed)
        guard !parts.isEmpty else { return nil }
        type = parts.removeFirst().lowercased()
        guard type.contains("/") else { return nil }
        for part in parts {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2 else { continue }
            let name = Self.trimmed(sides[0]).lowercased()
            var value = Self.trimmed(sides[1])
            if value.hasPrefix("\""), value.hasSuffix("\""), value.count >= 2 {
                value = String(value.dropFirst().dropLast())
            }
            if name == "q" { quality = Double(value) ?? 1 } else { parameters[name] = value }
        }
    }

    private static func trimmed(_ text: some StringProtocol) -> String {
        var text = Substring(text)
        while text.first == " " || text.first == "\t" { text = text.dropFirst() }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return String(text)
    }

    /// The media types of an `Accept` header, the most wanted first.
    static func accepted(_ headers: [String]) -> [MediaType] {
        let all = headers.flatMap { $0.split(separator: ",") }.compactMap { MediaType($0) }
        return all.enumerated().sorted { a, b in
            a.element.quality == b.element.quality ? a.offset < b.offset : a.element.quality > b.element.quality
        }.map(\.element)
    }
}

extension AnswerForm {
    /// What a client gets that sent these `Accept` headers; 406 when it wants nothing that there is.
    /// - Parameter hasProtobuf: custom resources have none.
    static func negotiate(_ accept: [String], pretty: Bool, hasProtobuf: Bool) throws(APIStatus) -> AnswerForm {
        var form = AnswerForm()
        form.isPretty = pretty
        let wanted = MediaType.accepted(accept)
        if wanted.isEmpty { return form }
        for type in wanted {
            guard let encoding = encoding(type.type, hasProtobuf: hasProtobuf) else { continue }
            form.encoding = encoding
            guard let shape = type.parameters["as"] else { return form }
            let version = type.parameters["v"] ?? "v1"
            guard type.parameters["g"] == "meta.k8s.io", ["v1", "v1beta1"].contains(version),
                let known = Self.shape(shape)
            else { continue }
            form.shape = known
            form.shapeVersion = version
            return form
        }
        throw APIStatus(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: application/json, application/yaml"
                + (hasProtobuf ? ", application/vnd.kubernetes.protobuf" : ""))
    }

    private static func encoding(_ type: String, hasProtobuf: Bool) -> Encoding? {
        switch type {
        case "*/*", "application/*", "application/json": .json
        case "application/yaml": .yaml
        case "application/vnd.kubernetes.protobuf": hasProtobuf ? .protobuf : nil
        default: nil
        }
    }

    private static func shape(_ name: String) -> Shape? {
        switch name {
        case "Table": .table
        case "PartialObjectMetadata": .partialMetadata
        case "PartialObjectMetadataList": .partialMetadataList
        default: nil
        }
    }
}
