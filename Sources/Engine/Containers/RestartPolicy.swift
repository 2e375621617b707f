import JSON

/// Whether and when a container that has ended starts again.
struct RestartPolicy: Sendable, Equatable {
    enum Name: String, Sendable { case no, always, unlessStopped = "unless-stopped", onFailure = "on-failure" }
    var name = Name.no
    /// For `on-failure`: starts after which it is left; 0: no end.
    var maximumRetries = 0

    init(_ host: JSON) {
        name = Name(rawValue: host["RestartPolicy"]["Name"].string ?? "no") ?? .no
        maximumRetries = host["RestartPolicy"]["MaximumRetryCount"].int ?? 0
    }

    /// After an end of its own. `restarts` counts those the policy made so far.
    func restarts(exitCode: Int32, wasStopped: Bool, restarts: Int) -> Bool {
        if wasStopped { return false }
        switch name {
        case .no: return false
        case .always, .unlessStopped: return true
        case .onFailure: return exitCode != 0 && (maximumRetries == 0 || restarts < maximumRetries)
        }
    }

    /// When the daemon starts and finds it not running.
    func restartsAtDaemonStart(wasStopped: Bool, exitCode: Int32, restarts: Int) -> Bool {
        switch name {
        case .always: true
        case .unlessStopped: !wasStopped
        case .onFailure: self.restarts(exitCode: exitCode, wasStopped: wasStopped, restarts: restarts)
        case .no: false
        }
    }
}

/// How long to wait before the next start: 100 ms, doubled each time up to a minute, from the beginning again once the
/// container ran for 10 s (Docker's figures).
struct RestartBackoff: Sendable, Equatable {
    static let first = Duration.milliseconds(100)
    static let longest = Duration.seconds(60)
    static let settledAfter = Duration.seconds(10)

    private(set) var last: Duration?

    mutating func next(ranFor: Duration) -> Duration {
        var delay = Self.first
        if ranFor < Self.settledAfter, let last { delay = min(last * 2, Self.longest) }
        last = delay
        return delay
    }
}
