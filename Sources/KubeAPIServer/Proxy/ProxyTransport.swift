import KubeModel
import NIOCore
import NIOPosix
import Wire

/// The API server as a client of pods, services and nodes.
struct ProxyTransport: Sendable {
    let destinations: ProxyDestinations
    /// Shown to kubelets; nil members for none.
    let kubelet: TLSFiles
    /// By which front proxies tell of users: nothing for the servers behind.
    let frontProxy: FrontProxyHeaders
    let group: any EventLoopGroup

    /// A client of that place, for one request.
    func client(_ location: ProxyLocation) throws(APIStatus) -> HTTPClient {
        guard let port = Int(location.portText), (1...65_535).contains(port) else {
            throw Self.unreachable("dial tcp: lookup tcp/\(location.port): unknown port")
        }
        let anybody = TLSFiles(authority: nil, certificate: nil, key: nil, verify: false)
        let tls = location.isSecure ? (location.isKubelet ? kubelet : anybody) : nil
        return HTTPClient(.tcp(host: location.host, port: port), tls: tls, group: group)
    }

    static func unreachable(_ why: String) -> APIStatus {
        ProxyLocator.unavailable("error trying to reach service: \(why)")
    }

    /// The first address of a name, by the system's resolver.
    @Sendable func resolve(_ name: String) async -> String? {
        let found = try? await NIOThreadPool.singleton.runIfActive {
            try SocketAddress.makeAddressResolvingHost(name, port: 0)
        }
        return found?.ipAddress
    }
}
