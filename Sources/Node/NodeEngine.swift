import ContainerNetwork
import DockerCLI
import DockerModel
import Engine
import Fault
import ImageStore
import JSON
import Linux
import Logging
import NIOHTTP1
import Wire

/// The engine that runs a node's pods: it lives inside the node, with the images of the engine outside.
enum NodeEngine {
    static let bridge = "pods0"

    /// - Parameter owner: the container that the node is, by its ID.
    static func make(_ settings: NodeSettings, owner: String, _ log: Logger) async throws -> Engine {
        var options = EngineOptions()
        options.dataRoot = settings.folder + "/engine"
        options.execRoot = settings.runFolder
        options.bip = settings.bridgeAddress
        options.bridgeName = bridge
        options.bridge.isRouted = true
        options.networkTable = "hako-pods"
        options.sharedImages = (
            settings.images, ImageStoreGuest(owner: owner, folder: settings.folder + "/engine/layers")
        )
        let client = outside(settings)
        options.puller = { try await pull($0, $1, $2, $3, by: client) }
        let engine = try Engine(options: options, log: log)
        try await engine.start()
        return engine
    }

    private static func outside(_ settings: NodeSettings) -> DockerClient {
        DockerClient(
            transport: HTTPClient(.unix(path: settings.engineSocket)), host: "unix://" + settings.engineSocket)
    }

    /// Has the engine outside take an image away, unless something of it uses the image.
    static func imageRemover(_ settings: NodeSettings) -> @Sendable (String) async throws -> Void {
        let client = outside(settings)
        return { id in
            do { _ = try await client.send(.DELETE, "/images/\(id)", []) } catch let error as DaemonError {
                if !error.isNotFound { throw Fault(.conflict, error.message) }
            } catch let error as Failure {
                throw Fault(.unavailable, error.description)
            }
        }
    }

    /// Has the engine outside bring an image: then it is here, too.
    private static func pull(
        _ reference: String, _ platform: String?, _ auth: JSON, _ progress: @escaping ProgressSink,
        by client: DockerClient
    ) async throws {
        var headers: [(String, String)] = []
        if !auth.isNull { headers.append(("X-Registry-Auth", encodeBase64(auth.bytes()))) }
        var query: Query = [("fromImage", reference)]
        if let platform { query.append(("platform", platform)) }
        do {
            let answer = try await client.send(.POST, "/images/create", query, headers: headers)
            let messages = client.documents(answer)
            while let message = try await messages.next() {
                if let fault = message["error"].string { throw Fault(.notFound, fault) }
                try await progress(message)
            }
        } catch let error as DaemonError {
            throw Fault(error.isNotFound ? .notFound : .internalFault, error.message)
        } catch let error as Failure {
            throw Fault(.unavailable, error.description)
        }
    }
}
