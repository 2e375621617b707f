import BuildProtocol
import CommandLine
import Fault
import Protobuf
import Wire

/// Says who the user is at a registry (auth.proto), from the docker client's configuration.
struct CredentialService: SessionService {
    let methods = ["/moby.filesync.v1.Auth/Credentials"]
    let configuration: DockerConfig

    func answer(_ call: GRPCStream) async throws {
        let host = try await call.request().text(1)
        let configuration = configuration
        let found: RegistryCredentials?
        do { found = try await onPool { try configuration.credentials(for: host) } } catch {
            throw GRPCStatus(.unknown, sentence(error))
        }
        try await call.send(
            ProtobufWriter.message { answer in
                guard let found else { return }
                if found.identityToken.isEmpty {
                    answer.text(1, found.username)
                    answer.text(2, found.password)
                } else {
                    answer.text(2, found.identityToken)
                }
            })
    }
}
