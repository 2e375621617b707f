import JSON

/// Probes and hooks.
struct ProbeRules {
    /// The pod's, in seconds; nil when it has none.
    let gracePeriod: Int?
    /// `spec.os.name`; "" when the pod doesn't say.
    let system: String

    /// - Parameter name: the field's: not all probes may say the same.
    func check(_ probe: JSON, _ name: String, _ path: FieldPath, _ faults: inout Faults) {
        checkHandler(probe, ["exec", "httpGet", "tcpSocket", "grpc"], path, &faults)
        for field in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
        {
            faults.checkNotNegative(probe, field, path)
        }
        if let seconds = probe["terminationGracePeriodSeconds"].int, seconds <= 0 {
            faults.invalid(path["terminationGracePeriodSeconds"], .init(seconds), "must be greater than 0")
        }
        if name == "readinessProbe" {
            if probe.has("terminationGracePeriodSeconds") {
                faults.invalid(
                    path["terminationGracePeriodSeconds"], probe["terminationGracePeriodSeconds"],
                    "must not be set for readinessProbes")
            }
        } else if probe["successThreshold"].int ?? 0 != 1 {
            faults.invalid(path["successThreshold"], .init(probe["successThreshold"].int ?? 0), "must be 1")
        }
    }

    func checkLifecycle(_ lifecycle: JSON, _ path: FieldPath, _ faults: inout Faults) {
        for hook in ["postStart", "preStop"] where lifecycle.has(hook) {
            checkHandler(lifecycle[hook], ["exec", "httpGet", "tcpSocket", "sleep"], path[hook], &faults)
        }
        guard lifecycle.has("stopSignal") else { return }
        let known = StopSignals.known(system)
        if known.isEmpty {
            faults.forbidden(path["stopSignal"], "may not be set for containers with empty `spec.os.name`")
        } else {
            faults.checkOptionalChoice(lifecycle, "stopSignal", path, known)
        }
    }

    /// Signals that may ask a container to stop.
    private enum StopSignals {
        private static let plain = [
            "SIGABRT", "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCLD", "SIGCONT", "SIGFPE", "SIGHUP", "SIGILL", "SIGINT",
            "SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV", "SIGSTKFLT",
            "SIGSTOP", "SIGSYS", "SIGTERM", "SIGTRAP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1", "SIGUSR2",
            "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ", "SIGRTMIN", "SIGRTMAX",
        ]
        private static let linux =
            plain + (1...15).map { "SIGRTMIN+\($0)" } + (1...14).map { "SIGRTMAX-\($0)" }

        /// None for a system that isn't named.
        static func known(_ system: String) -> [String] {
            switch system {
            case "linux": linux
            case "windows": ["SIGKILL", "SIGTERM"]
            default: []
            }
        }
    }

    private func checkHandler(_ handler: JSON, _ kinds: [String], _ path: FieldPath, _ faults: inout Faults) {
        var isFirst = true
        for kind in kinds where handler.has(kind) {
            guard isFirst else {
                faults.forbidden(path[kind], "may not specify more than 1 handler type")
                continue
            }
            isFirst = false
            checkAction(handler[kind], kind, path[kind], &faults)
        }
        if isFirst { faults.required(path, "must specify a handler type") }
    }

    private func checkAction(_ action: JSON, _ kind: String, _ path: FieldPath, _ faults: inout Faults) {
        switch kind {
        case "exec": if action.list("command").isEmpty { faults.required(path["command"]) }
        case "httpGet":
            faults.checkPresent(action, "path", path)
            PortRules.checkNumberOrName(action["port"], path["port"], &faults)
            let scheme = action.text("scheme")
            if scheme != "HTTP", scheme != "HTTPS" {
                faults.notSupported(path["scheme"], .string(scheme), ["HTTP", "HTTPS"])
            }
            for header in action.list("httpHeaders") {
                faults.check(header.text("name"), path["httpHeaders"], Names.httpHeaderName)
            }
        case "sleep":
            let seconds = action["seconds"].int ?? 0
            if let gracePeriod, seconds < 0 || seconds > gracePeriod {
                faults.invalid(
                    path, .init(seconds),
                    "must be non-negative and less than terminationGracePeriodSeconds (\(gracePeriod))")
            }
        default: PortRules.checkNumberOrName(action["port"], path["port"], &faults)
        }
    }
}
