import JSON
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
        var parts = text.split(separator: ";").map { Self.trimmed($0) }
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
    /// What a path and method can answer with.
    enum Offer: Sendable {
        /// A built-in kind's object, or a list, whose path watches too.
        case object, list
        case watch
        /// Custom resources have no protobuf.
        case custom, customWatch
        /// Anything that can be said at all.
        case status
        /// A page of discovery, which has one shape only.
        case page(isRouted: Bool)

        var hasProtobuf: Bool {
            switch self {
            case .object, .list, .watch, .status, .page: true
            case .custom, .customWatch: false
            }
        }
        var isWatch: Bool {
            switch self {
            case .watch, .customWatch: true
            case .object, .list, .custom, .status, .page: false
            }
        }
        fileprivate var hasShapes: Bool { if case .page = self { false } else { true } }

        /// Of the paths of built-in kinds, which the original routes by the media types that they answer with.
        fileprivate var routed: [String] {
            switch self {
            case .object, .page(isRouted: true): Self.whole
            case .list, .watch: Self.whole + Self.streams
            case .custom, .customWatch, .status, .page(isRouted: false): []
            }
        }
        fileprivate static let whole = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
        fileprivate static let streams = ["application/json", "application/vnd.kubernetes.protobuf"].map {
            "\($0);stream=watch"
        }
        fileprivate var accepted: [String] {
            let all = isWatch ? Self.streams : Self.whole
            return hasProtobuf ? all : all.filter { !$0.contains("protobuf") }
        }
    }

    /// What a client gets that sent these `Accept` headers; 406 when it wants nothing that there is.
    static func negotiate(_ accept: [String], pretty: Bool, _ offer: Offer) throws(APIStatus) -> AnswerForm {
        var form = AnswerForm()
        form.isPretty = pretty
        let wanted = MediaType.accepted(accept)
        if wanted.isEmpty { return form }
        if !offer.routed.isEmpty, !wanted.contains(where: { $0.type == "*/*" || offer.routed.contains($0.type) }) {
            throw APIStatus(
                code: 406, reason: "NotAcceptable",
                message: "406: Not Acceptable\n\nAvailable representations: \(offer.routed.joined(separator: ", "))",
                details: [:])
        }
        for type in wanted {
            guard let encoding = encoding(type.type, hasProtobuf: offer.hasProtobuf),
                !offer.isWatch || encoding != .yaml
            else { continue }
            form.encoding = encoding
            guard let shape = type.parameters["as"] else { return form }
            let version = type.parameters["v"] ?? "v1"
            guard offer.hasShapes, type.parameters["g"] == "meta.k8s.io", ["v1", "v1beta1"].contains(version),
                let known = Self.shape(shape), known != .table || encoding != .protobuf
            else { continue }
            form.shape = known
            form.shapeVersion = version
            return form
        }
        throw APIStatus(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: \(offer.accepted.joined(separator: ", "))")
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
