import Foundation
import Synchronization

/// Debian's docker-registry on loopback with the tests' images, made once for the whole run: the stand-in for Docker
/// Hub, used as its mirror.
package actor LocalRegistry {
    package static let shared = LocalRegistry()
    private var running: Task<(Service, String), any Error>?

    /// `127.0.0.1:PORT`, ready, holding library/busybox, library/ubuntu and library/nginx.
    package var address: String {
        get async throws {
            if running == nil { running = Task { try await Self.start() } }
            guard let running else { throw Timeout(description: "unreachable") }
            return try await running.value.1
        }
    }

    private static func start() async throws -> (Service, String) {
        let folder = NSTemporaryDirectory() + "hako-registry-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let address = "127.0.0.1:\(try freePort())"
        let config = """
            version: 0.1
            log: {level: warn, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: "\(folder)/data"}, delete: {enabled: true}}
            http: {addr: "\(address)"}
            """
        try Data(config.utf8).write(to: URL(fileURLWithPath: folder + "/config.yml"))
        let service = try Service(["docker-registry", "serve", folder + "/config.yml"], logFile: folder + "/log")
        try await until("registry answers", seconds: 60) {
            guard service.isRunning else { throw Timeout(description: "the registry ended:\n\(service.log)") }
            return try await Command.run(["curl", "-sf", "http://\(address)/v2/"]).status == 0
        }
        for image in ["busybox", "ubuntu", "nginx"] { try await put(image, address) }
        atexit { LocalRegistry.removeFolder() }
        return (service, address)
    }

    /// `golang` is large: only tests that need it bring it in.
    package func add(_ image: String) async throws { try await Self.put(image, try await address) }

    private static func put(_ image: String, _ address: String) async throws {
        let copy = try await Command.run([
            "skopeo", "copy", "--quiet", "--dest-tls-verify=false", "oci:\(Repo.images)/\(image):latest",
            "docker://\(address)/library/\(image):latest",
        ])
        guard copy.status == 0 else { throw Timeout(description: "\(copy)") }
    }

    private static func removeFolder() {
        try? FileManager.default.removeItem(atPath: NSTemporaryDirectory() + "hako-registry-\(getpid())")
    }
}

/// A TCP port of 127.0.0.1 that nobody holds now, and that neither the kernel nor this process gives to anybody else: it
/// lies below those that the kernel takes for connections and for servers that want any, so a server that needs long to
/// start still finds it free.
package func freePort() throws -> UInt16 {
    for _ in 0..<FreePorts.range.count {
        let port = FreePorts.next()
        if FreePorts.isFree(port) { return port }
    }
    throw Timeout(description: "no free port")
}

private enum FreePorts {
    /// Below `ip_local_port_range` as the kernel has it unless told otherwise.
    static let range: Range<Int> = 20_000..<32_000
    /// Processes that run at the same time begin far from each other.
    private static let asked = Atomic<Int>(Int(getpid()) &* 7_919)

    static func next() -> UInt16 {
        let place = asked.add(1, ordering: .relaxed).newValue
        return UInt16(range.lowerBound + (place % range.count + range.count) % range.count)
    }

    static func isFree(_ port: UInt16) -> Bool {
        let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        // For those who want it on all addresses, too.
        address.sin_addr.s_addr = INADDR_ANY
        address.sin_port = port.bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
