import Cluster
import CommandLine
import DockerCLI
import Fault
import NIOConcurrencyHelpers

struct StartOptions: ProfileOptions {
    var profile = Profile.standardName
    var nodes = 1
    var processors = ""
    var memory = ""
    var version = ""
    var runtime = ""
    var driver = ""
    var addons: [String] = []
    var extraConfig: [String] = []
    var keepsContext = false
    var isPlain = false
    var wait: [String] = []
    var isInteractive = true
    var isForced = false
}

extension Verbs {
    static func start() -> ClusterCommand {
        ClusterCommand(
            "start", group: .common, "Starts a local Kubernetes cluster", usage: "[flags]", count: .none,
            options: StartOptions(),
            flags: [
                .profile,
                .int("nodes", short: "n", \.nodes, default: 1, "The total number of nodes to spin up"),
                .text("cpus", \.processors, "Number of CPUs for each node; all of the machine's when left out"),
                .text("memory", \.memory, "Memory for each node (512m, 4g); all of the machine's when left out"),
                .text("kubernetes-version", \.version, "The Kubernetes version: this program has one"),
                .text("container-runtime", short: "c", \.runtime, "The container runtime: this program has its own"),
                .text("driver", short: "d", \.driver, "Where nodes run: `docker` (containers of this engine)"),
                .commaList("addons", \.addons, "Addons to enable: there are none yet"),
                .list("extra-config", \.extraConfig, "component.key=value: there is nothing to set yet"),
                .toggle("keep-context", \.keepsContext, "Leave kubectl's current context as it is"),
                .commaList("wait", \.wait, "Components to wait for; a cluster is always waited for"),
                .toggle("interactive", \.isInteractive, default: true, "Allow questions; there are none"),
                .toggle("force", \.isForced, "Start although something speaks against it"),
            ]
        ) { options, _, session in
            try await Starting(options: options, session: session).run()
            return 0
        }
    }
}

/// One `start`.
private struct Starting {
    let options: StartOptions
    let session: ClusterSession

    private var notes: Notes { session.notes }

    func run() async throws {
        try check()
        let known = try session.home.profile(options.profile)
        let title = options.profile == Profile.standardName ? "" : "[\(options.profile)] "
        notes.say(.happy, "\(title)hako \(session.version) on \(MachineFacts.system)")
        let profile = try await wanted(known)
        try session.home.save(profile)
        notes.say(
            .automatic,
            known == nil
                ? "Automatically selected the docker driver"
                : "Using the docker driver based on existing profile")
        let start = ClusterStart(session.engine, session.home, program: session.program) { step in show(step, profile) }
        let administrator = try await start.run(profile)
        try ContextEntry(profile, administrator).write(session.environment, selects: !options.keepsContext)
        if options.keepsContext {
            return notes.say(
                .done, "To connect to this cluster, use:  --context=\(profile.name)")
        }
        notes.say(
            .done,
            "Done! kubectl is now configured to use \"\(profile.name)\" cluster and \"default\" namespace by default")
    }

    /// Refuses what has no meaning here, with the reason.
    private func check() throws {
        try Profile.check(name: options.profile)
        if !options.driver.isEmpty, !["docker", "hako", "auto"].contains(options.driver) {
            throw Failure(
                "The driver '\(options.driver)' isn't supported: nodes are containers of this engine, --driver=docker",
                exitCode: 56)
        }
        if !options.runtime.isEmpty, !["hako", "docker", "containerd", "auto"].contains(options.runtime) {
            throw Failure(
                "The container runtime '\(options.runtime)' isn't supported: this program has its own, leave the flag out",
                exitCode: 14)
        }
        let version = options.version.drop { $0 == "v" }
        if !version.isEmpty, version != "stable", version != "latest", !version.hasPrefix("1.36") {
            throw Failure(
                "Kubernetes \(options.version) isn't in this program, which is \(ClusterVersions.kubernetes): leave --kubernetes-version out",
                exitCode: 14)
        }
        guard (1...50).contains(options.nodes) else {
            throw Failure("--nodes \(options.nodes): a cluster has 1 to 50 nodes", exitCode: 14)
        }
        if let setting = options.extraConfig.first {
            throw Failure(
                "--extra-config \(setting): components have no settings to change yet; leave it out", exitCode: 14)
        }
        if let addon = options.addons.first {
            throw Failure("--addons \(addon): there are no addons yet; leave it out", exitCode: 14)
        }
    }

    /// The profile as it is to be: what is there already, with what was asked for now.
    private func wanted(_ known: Profile?) async throws -> Profile {
        var profile: Profile
        if let known {
            profile = known
        } else {
            profile = Profile(
                name: options.profile, subnet: try await session.engine.freeSubnet(for: options.profile), nodes: [])
        }
        if !options.processors.isEmpty { profile.processors = try processors() }
        if !options.memory.isEmpty { profile.memory = try memory() }
        while profile.nodes.count < options.nodes {
            profile.nodes.append(try profile.newNode(isControlPlane: profile.nodes.isEmpty))
        }
        return profile
    }

    private func processors() throws -> Int {
        if ["max", "no-limit"].contains(options.processors) { return 0 }
        guard let count = Int(options.processors), count > 0 else {
            throw Failure("--cpus \(options.processors): give a number, `max` or `no-limit`", exitCode: 14)
        }
        guard count <= MachineFacts.processors else {
            throw Failure(
                "Requested cpu count \(count) is greater than the available cpus of \(MachineFacts.processors)",
                exitCode: 29)
        }
        return count
    }

    private func memory() throws -> Int64 {
        if ["max", "no-limit"].contains(options.memory) { return 0 }
        let isPlain = options.memory.allSatisfy(\.isNumber)
        // As minikube has it, a bare number is in mebibytes.
        guard let bytes = Units.parseBinarySize(isPlain ? options.memory + "m" : options.memory), bytes >= 256 << 20
        else { throw Failure("--memory \(options.memory): give at least 256m", exitCode: 14) }
        return bytes
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
        case .isReady: break
        }
    }
}
