import BuildProtocol
import CommandLine
import Fault
import Protobuf
import Wire

/// Where a secret's value is.
package enum SecretPlace: Sendable, Equatable {
    case file(String)
    case text(String)
}

/// Gives secrets by their IDs (secrets.proto).
struct SecretService: SessionService {
    let methods = ["/moby.buildkit.secrets.v1.Secrets/GetSecret"]
    let secrets: [String: SecretPlace]

    func answer(_ call: GRPCStream) async throws {
        let id = try await call.request().text(1)
        let value: [UInt8]
        switch secrets[id] {
        case nil: throw GRPCStatus(.notFound, "secret \(id): not found")
        case .text(let text): value = Array(text.utf8)
        case .file(let path):
            do { value = try await onPool { try WholeFile.read(path, limit: SecretLimit.bytes) } } catch {
                throw GRPCStatus(.unknown, sentence(error))
            }
        }
        try await call.send(ProtobufWriter.message { if !value.isEmpty { $0.bytes(1, value) } })
    }
}

package enum SecretLimit {
    /// Bytes of one secret; BuildKit's own limit.
    package static let bytes = 500 << 10
}
