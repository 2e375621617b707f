/// A pod that waits for a node, with its history.
struct QueuedPod {
    var pod: PodFacts
    /// When it came to where it is now; seconds since 1970.
    var since: Double
    /// Times that no node would do.
    var rejections = 0
    /// Times in a row that something failed.
    var errors = 0
    /// The rules that rejected it last.
    var rejectors: Set<PluginName> = []

    init(_ pod: PodFacts, since: Double) {
        self.pod = pod
        self.since = since
    }

    /// When it may be tried again.
    var pauseEnds: Double { since + Self.pause(errors > 0 ? errors : rejections) }

    /// Seconds, doubled from 1 up to 10. Source: kube-scheduler `calculateBackoffDuration`.
    static func pause(_ count: Int) -> Double { count == 0 ? 0 : count > 4 ? 10 : Double(1 << (count - 1)) }
}
