import OCI
import Protobuf

/// A result as an LLB definition, which clients hand from one build to another without looking into it: one source, whose
/// identifier names the result, and the mark of the end (ops.proto).
enum ResultDefinition {
    static let scheme = "hakobune-result://"

    /// `Ref` of the bridge.
    static func write(_ id: String, _ writer: inout ProtobufWriter) {
        let source = ProtobufWriter.message { operation in
            operation.message(3) { $0.text(1, scheme + id) }
        }
        let end = ProtobufWriter.message { operation in
            operation.message(1) { $0.text(1, "\(Digest(of: source))") }
        }
        writer.text(1, id)
        writer.message(2) { definition in
            for operation in [source, end] { definition.bytes(1, operation) }
            for operation in [source, end] {
                definition.message(2) { entry in
                    entry.text(1, "\(Digest(of: operation))")
                    entry.message(2) { _ in }
                }
            }
        }
    }

    /// The results among a Solve's `FrontendInputs`, by their names there.
    static func inputs(_ request: ProtobufFields) throws(ProtobufFault) -> [String: String] {
        var inputs: [String: String] = [:]
        for entry in try request.messages(13) {
            for operation in try entry.message(2)?.messages(1) ?? [] {
                guard let identifier = try operation.message(3)?.text(1), identifier.hasPrefix(scheme) else { continue }
                inputs[entry.text(1)] = String(identifier.dropFirst(scheme.count))
            }
        }
        return inputs
    }
}
