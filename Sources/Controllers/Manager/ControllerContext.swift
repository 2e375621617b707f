import JSON
import KubeClient
import Logging

/// What every controller is made of: the shared caches, an API of its own, the clock.
struct ControllerContext: Sendable {
    let settings: ControllerSettings
    let informers: InformerSet
    let log: Logger
    /// Seconds since 1970, with fractions.
    let now: @Sendable () -> Double
    private let connect: @Sendable (String) -> any ObjectAPI

    init(
        _ settings: ControllerSettings, informers: InformerSet, api: @escaping @Sendable (String) -> any ObjectAPI,
        log: Logger, now: @escaping @Sendable () -> Double
    ) {
        self.settings = settings
        self.informers = informers
        connect = api
        self.log = log
        self.now = now
    }

    /// The API as the service account of that name in `kube-system`: `deployment-controller`.
    func api(_ account: String) -> any ObjectAPI { connect("system:serviceaccount:kube-system:\(account)") }

    /// - Parameters:
    ///   - account: as whom events are written.
    ///   - component: who tells; the account's name where it isn't given.
    func recorder(_ account: String, component: String? = nil) -> EventRecorder {
        EventRecorder(api(account), component: component ?? account, log: log, now: now)
    }
}

/// A loop, or several, that work until their task is cancelled.
protocol Controller: Sendable {
    /// Called when the shared caches have their first lists.
    func run() async
}

/// Runs a controller's parts side by side; the events that are told of are written by one of them.
func runTogether(_ parts: [@Sendable () async -> Void]) async {
    await withTaskGroup(of: Void.self) { group in
        for part in parts { group.addTask { await part() } }
    }
}
