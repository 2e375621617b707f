import Linux
import NIOConcurrencyHelpers

/// Where other names are asked for.
package enum UpstreamSource: Sendable, Equatable {
    /// The servers that a resolv.conf(5) names now; read again when it changes.
    case file(String)
    case servers([IPAddress])
}

/// The servers that other names are asked of, those that answered lately before those that didn't.
package final class Upstreams: Sendable {
    private enum Limit {
        /// The file is read again for the first query after this time.
        static let reading = Duration.seconds(1)
        /// How long a server that didn't answer comes last.
        static let distrust = Duration.seconds(10)
    }

    private struct State {
        var servers: [IPAddress] = []
        var read: ContinuousClock.Instant?
        var failures: [IPAddress: ContinuousClock.Instant] = [:]
    }

    private let source: UpstreamSource
    private let own: [IPAddress]
    private let state = NIOLockedValueBox(State())

    /// - Parameter own: where this server listens itself, which is never asked.
    package init(_ source: UpstreamSource, own: [IPAddress]) {
        self.source = source
        self.own = own
    }

    func servers() -> [IPAddress] {
        state.withLockedValue { state in
            let now = ContinuousClock.now
            if state.read.map({ now - $0 >= Limit.reading }) ?? true {
                state.read = now
                switch source {
                case .file(let path):
                    state.servers = ResolverFile.servers(path, own: own) { try? KernelFile.read($0) }
                case .servers(let servers): state.servers = servers.filter { !own.contains($0) }
                }
            }
            state.failures = state.failures.filter { now - $0.value < Limit.distrust }
            return state.servers.filter { state.failures[$0] == nil }
                + state.servers.filter { state.failures[$0] != nil }
        }
    }

    func failed(_ server: IPAddress) { state.withLockedValue { $0.failures[server] = .now } }

    func answered(_ server: IPAddress) { state.withLockedValue { $0.failures[server] = nil } }
}
