import CommandLine

struct BuildOptions: Sendable {
    var tags: [String] = [], arguments: [String] = [], labels: [String] = [], hosts: [String] = []
    var cacheFrom: [String] = [], cacheTo: [String] = [], ulimits: [String] = []
    var platforms: [String] = [], outputs: [String] = [], secrets: [String] = [], agents: [String] = []
    var contexts: [String] = [], annotations: [String] = [], entitlements: [String] = []
    var uncachedStages: [String] = [], attestations: [String] = []
    var file = "", target = "", network = "default", idFile = "", metadataFile = "", progress = "auto"
    var builder = "", call = "build", provenance = "", sbom = ""
    var cgroupParent = "", cpusetCPUs = "", cpusetMemories = ""
    var cpuShares = 0, cpuPeriod = 0, cpuQuota = 0
    var memory: Int64 = 0, memorySwap: Int64 = 0, sharedMemory: Int64 = 0
    var ignoresCache = false, pulls = false, isQuiet = false, removes = true, forcesRemoval = false
    var loads = false, pushes = false, checks = false, squashes = false, isDebugging = false

    /// A flag that only BuildKit can do something about; nil: none was given.
    var needsBuildKit: String? {
        let lists = [
            ("secret", secrets), ("ssh", agents), ("output", outputs), ("build-context", contexts),
            ("cache-to", cacheTo), ("no-cache-filter", uncachedStages), ("annotation", annotations),
            ("allow", entitlements),
        ]
        if let given = lists.first(where: { !$0.1.isEmpty }) { return given.0 }
        if cacheFrom.contains(where: { $0.contains("type=") }) { return "cache-from type=…" }
        if platforms.count > 1 || platforms.contains(where: { $0.contains(",") }) { return "platform with several" }
        if !metadataFile.isEmpty { return "metadata-file" }
        return pushes ? "push" : nil
    }

    static var flags: [Flag<BuildOptions>] {
        [
            .list("add-host", \.hosts, value: "strings", "Add a custom host-to-IP mapping (\"host:ip\")"),
            .list("allow", \.entitlements, value: "stringArray", "Let RUN have more rights (\"security.insecure\")"),
            .list("annotation", \.annotations, value: "stringArray", "Add an annotation to the image"),
            .list("attest", \.attestations, value: "stringArray", "Accepted for the original's sake"),
            .list("build-arg", \.arguments, value: "stringArray", "Set a variable of the build (NAME=value)"),
            .list("build-context", \.contexts, value: "stringArray", "One more context (name=path)"),
            .text("builder", \.builder, "Accepted for the original's sake: the daemon builds"),
            .list("cache-from", \.cacheFrom, value: "stringArray", "Caches to take from (\"type=local,src=DIR\")"),
            .list("cache-to", \.cacheTo, value: "stringArray", "Caches to write (\"type=local,dest=DIR\")"),
            .text("call", \.call, default: "build", "What to do (\"build\", \"check\", \"targets\")"),
            .text("cgroup-parent", \.cgroupParent, "Parent cgroup of the RUN instructions"),
            .toggle("check", \.checks, "Shorthand for \"--call=check\""),
            .toggle("debug", short: "D", \.isDebugging, "Show more"),
            .text("file", short: "f", \.file, "The Dockerfile (default \"PATH/Dockerfile\"); - reads it from stdin"),
            .text("iidfile", \.idFile, "Write the image's ID to the file"),
            .list("label", \.labels, value: "stringArray", "Set metadata of the image"),
            .toggle("load", \.loads, "Shorthand for \"--output=type=docker\""),
            .text("metadata-file", \.metadataFile, "Write what is known of the result to the file"),
            .text("network", \.network, default: "default", "Network of the RUN instructions"),
            .toggle("no-cache", \.ignoresCache, "Run every step anew"),
            .list("no-cache-filter", \.uncachedStages, value: "stringArray", "Stages whose steps are run anew"),
            .list(
                "output", short: "o", \.outputs, value: "stringArray", "Where the result goes (\"type=local,dest=DIR\")"
            ),
            .list("platform", \.platforms, value: "stringArray", "Platforms of the image"),
            .text(
                "progress", \.progress, default: "auto",
                "How progress is shown (auto, none, plain, quiet, rawjson, tty)"),
            .text("provenance", \.provenance, "Accepted for the original's sake"),
            .toggle("pull", \.pulls, "Look for newer versions of the base images"),
            .toggle("push", \.pushes, "Shorthand for \"--output=type=registry\""),
            .toggle("quiet", short: "q", \.isQuiet, "Print nothing but the image's ID"),
            .text("sbom", \.sbom, "Accepted for the original's sake"),
            .list("secret", \.secrets, value: "stringArray", "A secret for RUN (\"id=NAME,src=FILE\")"),
            .bytes("shm-size", \.sharedMemory, "Size of /dev/shm"),
            .list("ssh", \.agents, value: "stringArray", "An ssh agent or keys for RUN (\"default\", \"NAME=FILE\")"),
            .list("tag", short: "t", \.tags, value: "stringArray", "Name and optionally a tag (\"name:tag\")"),
            .text("target", \.target, "The stage to build"),
            .list("ulimit", \.ulimits, value: "ulimit", default: "[]", "Ulimit options"),
        ] + hiddenFlags
    }

    /// Of the builder before BuildKit.
    private static var hiddenFlags: [Flag<BuildOptions>] {
        [
            .int("cpu-period", \.cpuPeriod, "Limit the CPU CFS period").hidden,
            .int("cpu-quota", \.cpuQuota, "Limit the CPU CFS quota").hidden,
            .int("cpu-shares", short: "c", \.cpuShares, "CPU shares (relative weight)").hidden,
            .text("cpuset-cpus", \.cpusetCPUs, hidden: true, "CPUs to run on (0-3, 0,1)"),
            .text("cpuset-mems", \.cpusetMemories, hidden: true, "Memory nodes to run on (0-3, 0,1)"),
            .toggle("force-rm", \.forcesRemoval, hidden: true, "Always remove what steps ran in"),
            .bytes("memory", short: "m", \.memory, "Memory limit of the RUN instructions").hidden,
            .bytes(
                "memory-swap", \.memorySwap, unlimitedAllowed: true, "Limit of memory and swap; -1: no limit of swap"
            ).hidden,
            .toggle("rm", \.removes, hidden: true, "Remove what steps ran in"),
            .toggle("squash", \.squashes, hidden: true, "Has no effect"),
        ]
    }
}
