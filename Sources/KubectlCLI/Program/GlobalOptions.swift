import CommandLine
import JSON
import KubeClient

/// The options that every verb takes, before its name or after.
struct GlobalOptions: Sendable {
    var overrides = ClusterOverrides()
    var kubeconfig = ""
    var namespaceGiven = false
    var requestTimeout = "0"
    /// Whole seconds that one request may take; nil: as long as it takes.
    var requestSeconds: Int? {
        get throws {
            if let seconds = Int(requestTimeout) { return seconds > 0 ? seconds : nil }
            guard let nanoseconds = GoDuration.parse(requestTimeout) else {
                throw Refusal(
                    "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a "
                        + "corresponding time unit (e.g. 1s | 2m | 3h)")
            }
            return nanoseconds > 0 ? Int((nanoseconds + 999_999_999) / 1_000_000_000) : nil
        }
    }
    var verbosity = 0
    var matchesServerVersion = false
    var warningsAreErrors = false
    /// Taken and without effect: nothing is cached on disk, logged or profiled.
    var ignored = ""

    static let flags: [Flag<GlobalOptions>] = [
        .text("as", \.overrides.impersonates, "User to act as: a name, or system:serviceaccount:NAMESPACE:NAME"),
        .list(
            "as-group", \.overrides.impersonatedGroups, value: "stringArray",
            "Group to act as; may be given several times"),
        .text("as-uid", \.overrides.impersonatedID, "UID to act as"),
        .list("as-user-extra", \.ignoredList, value: "stringArray", "User extras to act with"),
        .text("cache-dir", \.ignored, "Taken for compatibility: nothing is cached on disk"),
        .text("certificate-authority", \.overrides.authority, "File with the server's certificate authority"),
        .text("client-certificate", \.overrides.certificate, "File with the client's certificate"),
        .text("client-key", \.overrides.key, "File with the client's key"),
        .text("cluster", \.overrides.cluster, "Name of the kubeconfig's cluster to use"),
        .text("context", \.overrides.context, "Name of the kubeconfig's context to use"),
        .toggle("disable-compression", \.ignoredSwitch, "Taken for compatibility: answers are never compressed"),
        .optionalToggle(
            "insecure-skip-tls-verify", \.overrides.skipsVerification,
            "Trust any server certificate: the connection is not secure"),
        .text("kubeconfig", \.kubeconfig, "Path of the kubeconfig file"),
        .text("kuberc", \.ignored, "Taken for compatibility: no kuberc is read"),
        .text("log-flush-frequency", \.ignored, value: "duration", "Taken for compatibility"),
        .toggle("match-server-version", \.matchesServerVersion, "Demand a server of the client's version"),
        Flag("namespace", short: "n", value: "string", help: "Namespace of this request") {
            $0.overrides.namespace = $1
            $0.namespaceGiven = true
        },
        .text("password", \.overrides.password, "Password for basic authentication"),
        .text("profile", \.ignored, "Taken for compatibility: nothing is profiled"),
        .text("profile-output", \.ignored, "Taken for compatibility: nothing is profiled"),
        .text(
            "request-timeout", \.requestTimeout, default: "0", "How long one request may take, such as 5s; 0: forever"),
        .text("server", short: "s", \.overrides.server, "Address of the API server"),
        .text("tls-server-name", \.overrides.serverName, "Name that the server's certificate must have"),
        .text("token", \.overrides.token, "Bearer token for the API server"),
        .text("user", \.overrides.user, "Name of the kubeconfig's user to use"),
        .text("username", \.overrides.userName, "User name for basic authentication"),
        .int("v", short: "v", \.verbosity, "How much is logged"),
        .text("vmodule", \.ignored, "Taken for compatibility"),
        .toggle("warnings-as-errors", \.warningsAreErrors, "Treat the server's warnings as errors"),
    ]

    var ignoredList: [String] = []
    var ignoredSwitch = false
}
