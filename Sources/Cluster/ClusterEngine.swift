import DockerCLI
import Fault
import JSON
import Linux
import NIOCore
import NIOHTTP1
import Wire

/// What clusters need of the container engine, by its own API: their nodes are its containers.
package struct ClusterEngine: Sendable {
    package let client: DockerClient
    /// The engine's socket on this machine.
    package let socket: String

    package init(_ client: DockerClient, socket: String) {
        self.client = client
        self.socket = socket
    }

    /// The engine's data root. Throws when another engine answers: nodes use Hakobune's images.
    func dataRoot() async throws -> String {
        let info = try await client.get("/info")
        guard let root = info["DockerRootDir"].string, info["ServerVersion"].string != nil else {
            throw Fault(.unavailable, "the engine at \(client.host) doesn't say where its data is")
        }
        let isOurs = info["Runtimes"].object?.names.contains("hako") == true
        guard isOurs else {
            throw Fault(
                .invalid,
                "the engine at \(client.host) is another one than Hakobune's: unset DOCKER_HOST to let `hako start` use its own"
            )
        }
        return root
    }

    // MARK: Containers

    /// Nil when there is none.
    package func container(_ name: String) async throws -> JSON? {
        do { return try await client.get("/containers/\(name)/json") } catch let error as DaemonError
            where error.isNotFound
        {
            return nil
        }
    }

    func create(_ name: String, _ document: JSON) async throws {
        _ = try await client.post("/containers/create", [("name", name)], body: document)
    }

    func start(_ name: String) async throws { _ = try await client.post("/containers/\(name)/start") }

    func stop(_ name: String, seconds: Int) async throws {
        _ = try await client.post("/containers/\(name)/stop", [("t", "\(seconds)")])
    }

    func pause(_ name: String) async throws { _ = try await client.post("/containers/\(name)/pause") }
    func unpause(_ name: String) async throws { _ = try await client.post("/containers/\(name)/unpause") }

    /// Idempotent.
    func remove(_ name: String) async throws {
        try await ignoringAbsence {
            _ = try await client.json(.DELETE, "/containers/\(name)", [("force", "1"), ("v", "1")])
        }
    }

    /// The profile's containers, running or not.
    func containers(of profile: String?) async throws -> [JSON] {
        let label = profile.map { "\(NodeContainer.label)=\($0)" } ?? NodeContainer.label
        let filters: JSON = ["label": [.string(label)]]
        return try await client.get("/containers/json", [("all", "1"), ("filters", filters.text)]).array ?? []
    }

    /// A file of the container, by its archive. Throws when it isn't there.
    func file(_ container: String, _ path: String) async throws -> [UInt8] {
        let answer = try await client.send(.GET, "/containers/\(container)/archive", [("path", path)])
        let tar = Array(try await answer.body(upTo: Self.fileBytes).readableBytesView)
        guard let content = Self.firstFile(of: tar) else {
            throw Fault(.internalFault, "\(container):\(path) came incomplete")
        }
        return content
    }

    /// The content of an archive's first file (POSIX pax: headers and contents in blocks of 512 bytes, and before a file's
    /// header perhaps one of type `x` with its long attributes).
    static func firstFile(of tar: [UInt8]) -> [UInt8]? {
        var at = 0
        while at + 512 <= tar.count {
            let digits = String(
                decoding: tar[(at + 124)..<(at + 136)].filter { (0x30...0x37).contains($0) }, as: UTF8.self)
            guard let size = Int(digits, radix: 8), size <= tar.count - at - 512 else { return nil }
            let type = tar[at + 156]
            if type == UInt8(ascii: "0") || type == 0 { return Array(tar[(at + 512)..<(at + 512 + size)]) }
            at += 512 + (size + 511) / 512 * 512
        }
        return nil
    }

    private static let fileBytes = 4 << 20

    /// The container's output as it comes, lines of both streams.
    /// - Parameter since: seconds since 1970; nil: only what comes from now on.
    func log(_ container: String, since: String?) async throws -> NodeLog {
        let begin: Query = since.map { [("since", $0)] } ?? [("tail", "0")]
        let answer = try await client.send(
            .GET, "/containers/\(container)/logs", [("stdout", "1"), ("stderr", "1"), ("follow", "1")] + begin)
        return NodeLog(answer)
    }

    // MARK: Images, networks, volumes

    func makeImage() async throws {
        let parts = NodeContainer.image.split(separator: ":").map(String.init)
        let answer = try await client.send(.POST, "/images/create", [("fromImage", parts[0]), ("tag", parts[1])])
        let messages = client.documents(answer)
        while let message = try await messages.next() {
            if let fault = message["error"].string { throw Fault(.internalFault, fault) }
        }
    }

    func network(_ name: String) async throws -> JSON? {
        do { return try await client.get("/networks/\(name)") } catch let error as DaemonError where error.isNotFound {
            return nil
        }
    }

    func createNetwork(_ name: String, subnet: String, gateway: String) async throws {
        _ = try await client.post(
            "/networks/create",
            body: [
                "Name": .string(name), "Driver": "bridge", "Labels": [NodeContainer.label: .string(name)],
                "IPAM": ["Config": [["Subnet": .string(subnet), "Gateway": .string(gateway)]]],
            ])
    }

    func networks() async throws -> [JSON] { try await client.get("/networks").array ?? [] }

    func removeNetwork(_ name: String) async throws {
        try await ignoringAbsence { _ = try await client.json(.DELETE, "/networks/\(name)") }
    }

    func createVolume(_ name: String, profile: String) async throws {
        _ = try await client.post(
            "/volumes/create", body: ["Name": .string(name), "Labels": [NodeContainer.label: .string(profile)]])
    }

    func volumes(of profile: String) async throws -> [String] {
        let filters: JSON = ["label": [.string("\(NodeContainer.label)=\(profile)")]]
        let answer = try await client.get("/volumes", [("filters", filters.text)])
        return (answer["Volumes"].array ?? []).compactMap { $0["Name"].string }
    }

    func removeVolume(_ name: String) async throws {
        try await ignoringAbsence { _ = try await client.json(.DELETE, "/volumes/\(name)") }
    }

    private func ignoringAbsence(_ work: () async throws -> Void) async throws {
        do { try await work() } catch let error as DaemonError where error.isNotFound {}
    }
}
