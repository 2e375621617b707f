/// The kinds of probes, by the names that messages use.
enum ProbeKind: String, Sendable, CaseIterable {
    case startup = "Startup", liveness = "Liveness", readiness = "Readiness"

    var member: String {
        switch self {
        case .startup: "startupProbe"
        case .liveness: "livenessProbe"
        case .readiness: "readinessProbe"
        }
    }

    /// Before the first answers.
    var initial: Bool? {
        switch self {
        case .startup: nil
        case .liveness: true
        case .readiness: false
        }
    }
}

/// What the probes have found out of one container; nil: nothing yet, or there is no such probe.
struct ProbeResults: Sendable, Equatable {
    var startup: Bool?, liveness: Bool?, readiness: Bool?

    subscript(kind: ProbeKind) -> Bool? {
        get {
            switch kind {
            case .startup: startup
            case .liveness: liveness
            case .readiness: readiness
            }
        }
        set {
            switch kind {
            case .startup: startup = newValue
            case .liveness: liveness = newValue
            case .readiness: readiness = newValue
            }
        }
    }
}

/// Counts answers until there are enough of one kind in a row.
struct ProbeTally: Sendable, Equatable {
    let successes: Int, failures: Int
    private var last: Bool?
    private var run = 0

    init(successes: Int, failures: Int) {
        self.successes = successes
        self.failures = failures
    }

    /// The new result; nil: not yet enough.
    mutating func take(_ answer: Bool) -> Bool? {
        run = last == answer ? run + 1 : 1
        last = answer
        return run >= (answer ? successes : failures) ? answer : nil
    }

    /// Begins anew, for a new container.
    mutating func reset() {
        last = nil
        run = 0
    }
}
