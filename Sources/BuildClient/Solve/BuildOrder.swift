import BuildProtocol
import CommandLine
import NIOCore
import Protobuf

/// One build as the client orders it: what is to be built, and what the daemon may have of the client for it.
package struct BuildOrder: Sendable {
    /// One place for the result, by the builder's name for its kind (`image`, `local`, `tar`, `oci`, `docker`).
    package struct Output: Sendable, Equatable {
        package var type: String
        package var attributes: [String: String]

        package init(type: String, attributes: [String: String] = [:]) {
            self.type = type
            self.attributes = attributes
        }
    }

    /// Words for the Dockerfile frontend.
    package var attributes: [String: String] = [:]
    package var outputs: [Output] = []
    package var cacheImports: [CacheOption] = []
    package var cacheExports: [CacheOption] = []
    package var entitlements: [String] = []

    /// By the names that the attributes use.
    package var folders: [String: BuildFolder] = [:]
    package var secrets: [String: SecretPlace] = [:]
    /// Paths of ssh agents' sockets, by ID.
    package var agents: [String: String] = [:]
    /// Where outputs go that don't stay with the daemon, by their numbers.
    package var places: [Int: ExportPlace] = [:]
    /// Paths of folders of content, by the names that caches and outputs use.
    package var stores: [String: String] = [:]
    /// What came in by standard input, piece by piece; its address in the build is `uploadAddress`.
    package var upload: (@Sendable () async throws -> ByteBuffer?)?
    package var configuration: DockerConfig
    /// Names the folder that is built, the same from build to build.
    package var sharedKey = ""

    package static let uploadAddress = UploadService(name: uploadName, next: { nil }).address
    private static let uploadName = "context"

    package init(configuration: DockerConfig) { self.configuration = configuration }

    var services: [any SessionService] {
        var services: [any SessionService] = [
            FolderService(folders: folders), CredentialService(configuration: configuration),
        ]
        if !secrets.isEmpty { services.append(SecretService(secrets: secrets)) }
        if !agents.isEmpty { services.append(AgentService(sockets: agents)) }
        if !places.isEmpty { services.append(ExportService(places: places)) }
        if !stores.isEmpty { services.append(StoreService(folders: stores)) }
        if let upload { services.append(UploadService(name: Self.uploadName, next: upload)) }
        return services
    }

    /// `SolveRequest` (control.proto).
    func request(_ reference: String, session: String) -> [UInt8] {
        var attributes = attributes
        if !cacheImports.isEmpty { attributes["cache-imports"] = CacheOption.text(cacheImports) }
        return ProtobufWriter.message { request in
            request.text(1, reference)
            // Builders of before several outputs read the one here.
            if let only = outputs.first {
                request.text(3, only.type)
                request.map(4, only.attributes)
            }
            request.text(5, session)
            request.text(6, "dockerfile.v0")
            request.map(7, attributes)
            request.message(8) { cache in
                for (number, options) in [(4, cacheExports), (5, cacheImports)] {
                    for option in options {
                        cache.message(number) { entry in
                            entry.text(1, option.type)
                            entry.map(2, option.attributes)
                        }
                    }
                }
            }
            for entitlement in entitlements { request.string(9, entitlement) }
            for output in outputs {
                request.message(13) { entry in
                    entry.text(1, output.type)
                    entry.map(2, output.attributes)
                }
            }
        }
    }
}
