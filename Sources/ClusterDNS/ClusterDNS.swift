import CLinux
import Fault
import KubeClient
import Linux
import Logging
import NIOCore
import NameServer

/// The cluster's name server on one node: answers for services and pods from the process' caches, and asks others for
/// the rest. Pods reach it at the service address that is in their resolv.conf, which the node has on its loopback
/// interface.
package final class ClusterDNS: Sendable {
    private let settings: DNSSettings
    private let log: Logger
    private let service: QueryService

    /// - Parameter informers: of services, endpoint slices and namespaces; run by their owner, who makes this first.
    package convenience init(_ settings: DNSSettings, informers: InformerSet, log: Logger) {
        self.init(settings, names: CachedNames(informers), upstreamPort: 53, log: log)
    }

    init(_ settings: DNSSettings, names: any ClusterNames, upstreamPort: Int, log: Logger) {
        self.settings = settings
        self.log = log
        service = QueryService(
            ClusterAnswers(settings, names),
            Forwarder(
                Upstreams(settings.upstreams, own: upstreamPort == settings.port ? settings.listen : []),
                port: upstreamPort))
    }

    /// Serves until its task is cancelled.
    /// - Parameter listening: called when all sockets are open.
    /// - Throws: when an address can't be had.
    package func run(listening: @Sendable () -> Void = {}) async throws {
        if settings.addsAddresses { try addAddresses() }
        var channels: [any Channel] = []
        do {
            for address in settings.listen {
                let socket = try SocketAddress(ipAddress: "\(address)", port: settings.port)
                channels.append(try await told(address, "UDP") { try await service.datagrams(at: socket) })
                channels.append(try await told(address, "TCP") { try await service.connections(at: socket) })
            }
        } catch {
            for channel in channels { try? await channel.close() }
            throw error
        }
        log.info("cluster DNS listens", metadata: ["addresses": "\(settings.listen)", "port": "\(settings.port)"])
        listening()
        let open = channels
        await withTaskCancellationHandler {
            for channel in open { try? await channel.closeFuture.get() }
        } onCancel: {
            for channel in open { channel.close(promise: nil) }
        }
    }

    /// An address that is there already stays.
    private func addAddresses() throws {
        let netlink = try RouteNetlink.here()
        for address in settings.listen {
            let new = LinkAddress(
                index: RouteNetlink.loopback, address: address.bytes, prefix: UInt8(address.bytes.count * 8))
            do throws(KernelError) {
                try netlink.carryOut([RouteNetlink.addAddress(new)])
            } catch {
                guard error.errno == EEXIST else {
                    throw Fault(
                        .internalFault, "the cluster's DNS could not get its address \(address): \(error.reason)",
                        cause: error)
                }
            }
        }
    }

    private func told(_ address: IPAddress, _ protocol: String, _ bind: () async throws -> any Channel) async throws
        -> any Channel
    {
        do { return try await bind() } catch {
            throw Fault(
                .unavailable,
                "the cluster's DNS can't listen at \(address):\(settings.port) (\(`protocol`)); another DNS server may run there",
                cause: error)
        }
    }
}
