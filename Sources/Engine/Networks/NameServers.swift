import ContainerNetwork
import Fault
import JSON
import Linux
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NameServer

/// Docker's name server at 127.0.0.11 in each container that is on a network of the user's. Its sockets are opened in
/// the container's network namespace and served by this process: while the daemon is away, nobody answers.
final class NameServers: Sendable {
    /// What resolv.conf names in such a container.
    static let address = "127.0.0.11"

    private let channels = NIOLockedValueBox<[String: [any Channel]]>([:])

    /// Idempotent.
    func serve(_ id: String, pid: Int32, _ service: QueryService) async throws {
        if channels.withLockedValue({ $0[id] != nil }) { return }
        let sockets = try await NIOThreadPool.singleton.runIfActive {
            try NameSockets.open("/proc/\(pid)/ns/net", address: Self.address)
        }
        let datagrams = try await service.datagrams(over: sockets.datagrams.release())
        do {
            let connections = try await service.connections(over: sockets.connections.release())
            channels.withLockedValue { $0[id] = [datagrams, connections] }
        } catch {
            datagrams.close(promise: nil)
            throw error
        }
    }

    /// Idempotent.
    func stop(_ id: String) {
        for channel in channels.withLockedValue({ $0.removeValue(forKey: id) }) ?? [] { channel.close(promise: nil) }
    }
}

extension Engine {
    /// Starts or stops the running container's name server, as its networks ask for.
    func settleNames(_ record: ContainerRecord, pid: Int32) async throws {
        guard record.hasNames else { return names.stop(record.id) }
        let config = ConfigForm.withResolver(record.hostConfig, options: options)
        let servers = config["Dns"].strings.compactMap { IPAddress($0) }
        let upstreams = Upstreams(servers.isEmpty ? .file("/etc/resolv.conf") : .servers(servers), own: [])
        let answers = ContainerNames(id: record.id) { [containers] in containers.all.map(\.record) }
        try await names.serve(record.id, pid: pid, QueryService(answers, Forwarder(upstreams)))
    }
}
