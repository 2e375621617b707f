import NIOConcurrencyHelpers

/// How many requests are answered at once: those that change something apart from those that don't. Requests that last
/// (watches, streams to pods, proxies) count for neither, and the administrators' are never turned away, so that an
/// overloaded server can still be mended.
final class RequestLimits: Sendable {
    enum Kind: String, CaseIterable, Sendable { case readOnly, mutating, lasting }

    private struct State {
        var running: [Kind: Int] = [:]
    }

    private static let reading: Set<String> = ["get", "list", "watch"]
    private static let lastingSubresources: Set<String> = ["attach", "exec", "proxy", "log", "portforward"]

    /// 0: no limit.
    private let readOnly: Int, mutating: Int
    private let state = NIOLockedValueBox(State())

    init(readOnly: Int, mutating: Int) {
        self.readOnly = readOnly
        self.mutating = mutating
    }

    static func kind(_ info: RequestInfo) -> Kind {
        if info.isResource, info.verb == "watch" || lastingSubresources.contains(info.subresource) { return .lasting }
        return reading.contains(info.verb) || info.verb == "head" ? .readOnly : .mutating
    }

    /// False when the request is one too many; else `leave` is to be called when it is done.
    func enter(_ kind: Kind, _ user: UserInfo) -> Bool {
        let limit =
            switch kind {
            case .readOnly: readOnly
            case .mutating: mutating
            case .lasting: 0
            }
        let isPrivileged = user.groups.contains("system:masters")
        return state.withLockedValue { state in
            let running = state.running[kind, default: 0]
            guard limit == 0 || isPrivileged || running < limit else { return false }
            state.running[kind] = running + 1
            return true
        }
    }

    func leave(_ kind: Kind) { state.withLockedValue { $0.running[kind, default: 0] -= 1 } }

    /// Requests that are being answered.
    func running(_ kind: Kind) -> Int { state.withLockedValue { $0.running[kind, default: 0] } }
}
