import Cluster
import CommandLine
import DockerCLI
import Fault
import NIOConcurrencyHelpers

struct StartOptions: ProfileOptions {
    var profile = ""
    var nodes = 1
    var processors = ""
    var memory = ""
    var version = ""
    var runtime = ""
    var driver = ""
    var addons: [String] = []
    var extraConfig: [String] = []
    var keepsContext = false
    var wait: [String] = []
    /// Nanoseconds.
    var waitTimeout: Int64 = 360_000_000_000
    var simulatedNodes = 0
    var verbosity = 0
    var isInteractive = true
    var isForced = false

    /// Options that a cluster which is there still takes from what the user prefers.
    static let everyStart: Set<String> = ["wait", "wait-timeout", "keep-context", "v", "driver", "container-runtime"]

    static let flags: [Flag<StartOptions>] = [
        .profile,
        .int("nodes", short: "n", \.nodes, default: 1, "The total number of nodes to spin up"),
        .text("cpus", \.processors, "Number of CPUs for each node; all of the machine's when left out"),
        .text("memory", \.memory, "Memory for each node (512m, 4g); all of the machine's when left out"),
        .text("kubernetes-version", \.version, "The Kubernetes version: this program has one"),
        .text("container-runtime", short: "c", \.runtime, "The container runtime: this program has its own"),
        .text("driver", short: "d", \.driver, "Where nodes run: `docker` (containers of this engine)"),
        .commaList("addons", \.addons, "Addons to enable: none can be, see `addons enable`"),
        .list(
            "extra-config", \.extraConfig,
            "Settings of its parts: kubelet.NAME=VALUE, by the names of the original's flags"),
        .toggle("keep-context", \.keepsContext, "Leave kubectl's current context as it is"),
        .commaList("wait", \.wait, waitHelp), waitTimeout,
        .int(
            "simulated-nodes", \.simulatedNodes,
            "Nodes beside the real ones that exist in the API only, and report every pod as running"),
        .int("v", short: "v", \.verbosity, "1: say how long each part took"),
        .toggle("interactive", \.isInteractive, default: true, "Allow questions; there are none"),
        .toggle("force", \.isForced, "Start although something speaks against it"),
    ]

    private static let waitTimeout = Flag<StartOptions>(
        "wait-timeout", value: "duration", help: "How long a node may take until it is ready", shownDefault: "6m0s"
    ) {
        guard let span = GoDuration.parse($1) else { throw FlagValueError(GoDuration.complaint(about: $1)) }
        $0.waitTimeout = span
    }

    private static let waitHelp =
        "What to wait for, of \(StartGoal.allCases.map(\.rawValue).joined(separator: ", ")); "
        + "`all` or `true`, as when left out; `none` or `false`: only that the API answers"
}

extension Verbs {
    static func start() -> ClusterCommand {
        ClusterCommand(
            "start", group: .common, "Starts a local Kubernetes cluster", usage: "[flags]", count: .none,
            options: StartOptions(), flags: StartOptions.flags
        ) { options, parsed, session in
            var options = options
            options.profile = try session.profileName(options.profile)
            let isKnown = try session.home.profile(options.profile) != nil
            try session.preferences().fill(
                &options, StartOptions.flags.filter { $0.name != "profile" }, given: parsed.given,
                only: isKnown ? StartOptions.everyStart : nil)
            try await Starting(options: options, given: parsed.given, session: session).run()
            return 0
        }
    }
}

/// One `start`.
private struct Starting {
    let options: StartOptions
    let given: Set<String>
    let session: ClusterSession

    private var notes: Notes { session.notes }

    func run() async throws {
        try StartRules.check(options)
        let (goals, unknown) = StartGoal.parse(options.wait)
        if let unknown {
            let all = StartGoal.allCases.map(\.rawValue).joined(separator: ",")
            notes.say(
                .warning, "The value \"\(unknown)\" is invalid for --wait flag. valid options are \"\(all)\"")
        }
        let known = try session.home.profile(options.profile)
        let title = options.profile == Profile.standardName ? "" : "[\(options.profile)] "
        notes.say(.happy, "\(title)hako \(session.version) on \(MachineFacts.system)")
        if let known { complain(known) }
        let profile = try await session.home.exclusively {
            let profile = try await wanted(known)
            try session.home.save(profile)
            return profile
        }
        notes.say(
            .automatic,
            known == nil
                ? "Automatically selected the docker driver"
                : "Using the docker driver based on existing profile")
        var start = ClusterStart(session.engine, session.home, program: session.program) { step in show(step, profile) }
        start.goals = goals
        start.patience = .nanoseconds(options.waitTimeout)
        let keepsContext = options.keepsContext
        try await start.run(profile) { [session] administrator in
            try ContextEntry(profile, administrator).write(session.environment, selects: !keepsContext)
        }
        if goals.contains(.account) { try await session.waitForAccount(of: profile, start.patience) }
        if keepsContext {
            return notes.say(.done, "To connect to this cluster, use:  --context=\(profile.name)")
        }
        notes.say(
            .done,
            "Done! kubectl is now configured to use \"\(profile.name)\" cluster and \"default\" namespace by default")
    }

    /// What was asked for and a cluster that is there can't become.
    private func complain(_ known: Profile) {
        func say(_ what: String) {
            notes.say(
                .warning,
                "You cannot change the \(what) for an existing minikube cluster. Please first delete the cluster.")
        }
        if given.contains("memory"), (try? StartRules.memory(options.memory)) != known.memory { say("memory size") }
        if given.contains("cpus"), (try? StartRules.processors(options.processors)) != known.processors { say("CPUs") }
        if given.contains("simulated-nodes"), options.simulatedNodes != known.simulatedNodes { say("simulated nodes") }
        if given.contains("extra-config"), options.extraConfig != known.extraConfig { say("settings of its parts") }
        if given.contains("nodes"), options.nodes < known.nodes.count {
            notes.say(
                .warning,
                "The cluster has \(known.nodes.count) nodes: 'minikube node delete' takes them away one by one.")
        }
    }

    /// The profile as it is to be: what is there already, with further nodes where more were asked for.
    private func wanted(_ known: Profile?) async throws -> Profile {
        let others = session.home.profileNames().filter { $0 != options.profile }.compactMap {
            try? session.home.profile($0)?.subnet
        }
        let subnet = try await session.engine.freeSubnet(
            for: options.profile, wish: known?.subnet ?? "", others: others)
        var profile = known?.moved(to: subnet) ?? Profile(name: options.profile, subnet: subnet, nodes: [])
        if known == nil {
            profile.processors = try StartRules.processors(options.processors)
            profile.memory = try StartRules.memory(options.memory)
            profile.simulatedNodes = options.simulatedNodes
            profile.extraConfig = options.extraConfig
        }
        while profile.nodes.count < options.nodes {
            profile.nodes.append(try profile.newNode(isControlPlane: profile.nodes.isEmpty))
        }
        return profile
    }

    private func show(_ step: StartStep, _ profile: Profile) {
        switch step {
        case .begins(let node, let isControlPlane, _):
            let role = isControlPlane ? "primary control-plane" : "worker"
            notes.say(.running, "Starting \"\(node)\" \(role) node in \"\(profile.name)\" cluster")
        case .creates(_, let processors, let memory):
            let share = processors == 0 ? "all CPUs" : "CPUs=\(processors)"
            let room = memory == 0 ? "all memory" : "Memory=\(memory >> 20)MB"
            notes.say(.building, "Creating docker container (\(share), \(room)) ...")
        case .restarts(let node): notes.say(.restarting, "Restarting existing docker container for \"\(node)\" ...")
        case .waits: notes.say(.verifying, "Verifying Kubernetes \(ClusterVersions.kubernetes) components...")
        case .took(let part, let time):
            if options.verbosity > 0 { notes.say(.plain, "  \(part): \(Int(time / .milliseconds(1))) ms") }
        }
    }
}
