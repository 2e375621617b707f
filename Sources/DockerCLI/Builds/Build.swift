import CommandLine
import Fault
import JSON
import NIOCore
import NIOHTTP1
import OCI
import Wire

struct BuildOptions: Sendable {
    var tags: [String] = [], arguments: [String] = [], labels: [String] = [], hosts: [String] = []
    var cacheFrom: [String] = [], ulimits: [String] = []
    var file = "", target = "", platform = "", network = "default", idFile = "", progress = "auto"
    var cgroupParent = "", cpusetCPUs = "", cpusetMemories = ""
    var cpuShares = 0, cpuPeriod = 0, cpuQuota = 0
    var memory: Int64 = 0, memorySwap: Int64 = 0, sharedMemory: Int64 = 0
    var ignoresCache = false, pulls = false, isQuiet = false, removes = true, forcesRemoval = false
}

extension CommandTree {
    static func build() -> DockerCommand {
        DockerCommand(
            "build", group: .common, "Build an image from a Dockerfile", usage: "[OPTIONS] PATH | URL | -",
            spellings: ["docker image build", "docker build", "docker builder build"], count: .exactly(1),
            options: BuildOptions(), flags: buildFlags, completes: .files
        ) { options, parsed, session in
            try await Build(options: options, session: session).run(parsed.arguments[0])
            return 0
        }
    }

    private static var buildFlags: [Flag<BuildOptions>] {
        [
            .list("add-host", \.hosts, "Add a custom host-to-IP mapping (\"host:ip\")"),
            .list("build-arg", \.arguments, "Set a variable of the build (NAME=value)"),
            .list("cache-from", \.cacheFrom, value: "strings", "Images to take for cache sources"),
            .text("cgroup-parent", \.cgroupParent, "Parent cgroup of the RUN instructions"),
            .int("cpu-period", \.cpuPeriod, "Limit the CPU CFS period"),
            .int("cpu-quota", \.cpuQuota, "Limit the CPU CFS quota"),
            .int("cpu-shares", short: "c", \.cpuShares, "CPU shares (relative weight)"),
            .text("cpuset-cpus", \.cpusetCPUs, "CPUs to run on (0-3, 0,1)"),
            .text("cpuset-mems", \.cpusetMemories, "Memory nodes to run on (0-3, 0,1)"),
            .text("file", short: "f", \.file, "The Dockerfile (default \"PATH/Dockerfile\"); - reads it from stdin"),
            .toggle("force-rm", \.forcesRemoval, "Always remove what steps ran in"),
            .text("iidfile", \.idFile, "Write the image's ID to the file"),
            .list("label", \.labels, "Set metadata of the image"),
            .bytes("memory", short: "m", \.memory, "Memory limit of the RUN instructions"),
            .bytes(
                "memory-swap", \.memorySwap, unlimitedAllowed: true, "Limit of memory and swap; -1: no limit of swap"),
            .text("network", \.network, default: "default", "Network of the RUN instructions"),
            .toggle("no-cache", \.ignoresCache, "Run every step anew"),
            .text("platform", \.platform, "Platform of the image"),
            .text("progress", \.progress, default: "auto", "How progress is shown (auto, plain, tty)"),
            .toggle("pull", \.pulls, "Look for newer versions of the base images"),
            .toggle("quiet", short: "q", \.isQuiet, "Print nothing but the image's ID"),
            .toggle("rm", \.removes, "Remove what steps ran in"),
            .bytes("shm-size", \.sharedMemory, "Size of /dev/shm"),
            .list("tag", short: "t", \.tags, "Name and optionally a tag (\"name:tag\")"),
            .text("target", \.target, "The stage to build"),
            .list("ulimit", \.ulimits, value: "ulimit", default: "[]", "Ulimit options"),
        ]
    }

    static func builder() -> DockerCommand {
        DockerCommand("builder", "Manage builds", subcommands: [build().renamed("build"), pruneBuilds()])
    }
}

/// One `docker build`: sends the context and shows what the daemon says.
struct Build: Sendable {
    let options: BuildOptions
    let session: Session

    func run(_ place: String) async throws {
        for tag in options.tags { try Self.check(tag: tag) }
        let context = try await BuildContextToSend.make(place, file: options.file, input: session.input)
        let answer = try await session.client.send(
            .POST, "/build", try query(context), headers: headers(), body: context.body)
        let id = ImageIDBox()
        try await show(answer, id)
        if options.isQuiet { session.out.line(id.value) }
        if !options.idFile.isEmpty { try WholeFile.replace(options.idFile, with: Array(id.value.utf8), mode: 0o644) }
    }

    private static func check(tag: String) throws {
        do { _ = try Reference(parsing: tag) } catch {
            throw Failure("invalid argument \"\(tag)\" for \"-t, --tag\" flag: \(error.message)", exitCode: 125)
        }
    }

    private func show(_ answer: HTTPAnswer, _ id: ImageIDBox) async throws {
        let output = session.out
        var display = ProgressDisplay(isTerminal: output.isTerminal, width: output.size()?.columns ?? 200)
        let documents = try session.client.documents(answer)
        while let message = try await documents.next() {
            if let text = message["aux"]["ID"].string { id.value = text }
            if let code = message["errorDetail"]["code"].int, code != 0 {
                throw Failure(message["errorDetail"]["message"].string ?? "the build failed", exitCode: Int32(code))
            }
            let text = try display.show(message)
            if !options.isQuiet { output.write(text) }
        }
    }

    private func headers() -> [(String, String)] {
        var all: JSON = [:]
        for server in session.configuration.json["auths"].object?.names ?? [] {
            if let credentials = try? session.configuration.credentials(for: server) { all[server] = credentials.json }
        }
        return [("Content-Type", "application/x-tar"), ("X-Registry-Config", DockerConfig.authHeader(all))]
    }

    private func query(_ context: BuildContextToSend) throws -> Query {
        var query: Query = options.tags.map { ("t", $0) }
        query.append(("buildargs", try arguments().text))
        if !options.cacheFrom.isEmpty { query.append(("cachefrom", JSON(options.cacheFrom).text)) }
        query.append(("dockerfile", context.dockerfile))
        if let remote = context.remote { query.append(("remote", remote)) }
        query.append(("labels", labels().text))
        let texts = [
            ("target", options.target), ("platform", options.platform), ("cgroupparent", options.cgroupParent),
            ("cpusetcpus", options.cpusetCPUs), ("cpusetmems", options.cpusetMemories),
            ("networkmode", options.network),
        ]
        for (name, value) in texts where !value.isEmpty { query.append((name, value)) }
        let numbers = [
            ("cpushares", Int64(options.cpuShares)), ("cpuperiod", Int64(options.cpuPeriod)),
            ("cpuquota", Int64(options.cpuQuota)), ("memory", options.memory), ("memswap", options.memorySwap),
            ("shmsize", options.sharedMemory),
        ]
        for (name, value) in numbers where value != 0 { query.append((name, "\(value)")) }
        let toggles = [
            ("nocache", options.ignoresCache), ("pull", options.pulls), ("q", options.isQuiet),
            ("rm", options.removes), ("forcerm", options.forcesRemoval),
        ]
        for (name, value) in toggles where value { query.append((name, "1")) }
        if !options.hosts.isEmpty { query.append(("extrahosts", JSON(options.hosts).text)) }
        return query
    }

    /// A name without a value takes that of this process's environment.
    private func arguments() throws -> JSON {
        var all: JSON = [:]
        for text in options.arguments {
            guard let (name, value) = text.cut("=") else {
                all[text] = session.environment[text].map { .string($0) } ?? .null
                continue
            }
            all[name] = .string(value)
        }
        return all
    }

    private func labels() -> JSON {
        var all: JSON = [:]
        for label in options.labels {
            let (name, value) = label.cut("=") ?? (label, "")
            all[name] = .string(value)
        }
        return all
    }
}

/// The image's ID, which comes in the middle of the stream.
private final class ImageIDBox: @unchecked Sendable {
    // Unchecked: written and read by one task.
    var value = ""
}
