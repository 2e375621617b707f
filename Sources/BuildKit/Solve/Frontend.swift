import BuildProtocol
import Builder
import CLinux
import DockerModel
import Dockerfile
import Engine
import Fault
import ImageStore
import JSON
import Linux
import NIOConcurrencyHelpers
import NIOCore
import OCI
import Protobuf
import Wire

/// The Dockerfile frontend: from a client's words to builds that are ready to run.
struct Frontend: Sendable {
    let kit: BuildKit
    let job: Job
    let session: Session
    let options: FrontendOptions
    /// Results of other builds, by the names that options use.
    let handedIn: [String: String]

    /// The files that decide what is built.
    private struct Definition {
        var file: String
        var text: String
        /// What its context leaves out, when somebody first has to know.
        var ignored: LoadedOnce<IgnoreFile?>
        /// The context that came with it.
        var inputs: BuildInputs?
    }

    func targets() async throws -> [Exported] {
        let definition = try await definition()
        let targets: [Exported]
        do { targets = try prepare(definition) } catch let fault as Fault
            where fault.message.hasSuffix("cannot be empty")
        {
            throw Fault(fault.kind, "the Dockerfile cannot be empty", cause: fault)
        } catch {
            throw Failure.status(error, file: definition.file, text: definition.text) { _ in nil }
        }
        // With bases it is read when they are known.
        if targets.allSatisfy(\.target.build.plan.baseTellers.isEmpty) { _ = try await definition.ignored.value() }
        return targets
    }

    private func prepare(_ definition: Definition) throws -> [Exported] {
        let file = try Dockerfile(definition.text, name: definition.file)
        let context = LoadedOnce {
            try await self.context("context", definition, follows: ContextPaths.follows(file))
        }
        let whole = LoadedOnce { try await self.context("whole", definition, follows: []) }
        for load in [context, whole] { job.watch(load) }
        var inputs = BuildInputs(dockerfile: definition.text, work: job.work) { try await context.value() }
        inputs.wholeContext = { try await whole.value() }
        if let other = definition.inputs {
            inputs.context = other.context
            inputs.wholeContext = nil
        }
        inputs.session = session
        if !options.cacheImports.isEmpty {
            inputs.cache = CacheImport(kit: kit, job: job, session: session, options.cacheImports)
        }
        let platforms = options.platforms.isEmpty ? [nil] : options.platforms.map(Optional.some)
        return try platforms.map { platform in
            var request = options.request
            request.platform = platform.map { "\($0)" }
            var inputs = inputs
            inputs.named = try named(for: platform ?? .host)
            let build = try Build(request, inputs, on: kit.builder)
            try checkEntitlements(build)
            let progress = StepProgress(
                job.board, scope: job.reference, namesPlatform: options.isMultiPlatform
            ) {
                guard definition.inputs == nil else { return }
                _ = try await definition.ignored.value()
                // It comes while the base's files do.
                if build.plan.takesContext { Task { try? await context.value() } }
            }
            return Exported(
                platform: options.isMultiPlatform ? "\(build.platform)" : nil,
                target: Target(build, file: definition.file, text: definition.text, progress))
        }
    }

    /// Programs with all of the machine's rights need the client's word (`--allow security.insecure`).
    private func checkEntitlements(_ build: Build) throws {
        guard !job.entitlements.contains("security.insecure") else { return }
        for stage in build.plan.stages {
            for instruction in build.plan.file.stages[stage.index].instructions {
                if case .run(let run) = instruction.kind, run.security == "insecure" {
                    throw Fault(.denied, "security.insecure is not allowed")
                }
            }
        }
    }

    // MARK: Definition

    private func definition() async throws -> Definition {
        let file = options.request.dockerfile
        if let remote = options.remote, !options.takesLocalDockerfile {
            let inputs = try await fetch(remote, file)
            return Definition(file: file, text: inputs.dockerfile, ignored: LoadedOnce { nil }, inputs: inputs)
        }
        let folder = try makeFolder("definition")
        let names = [file, file + ".dockerignore"] + (file == "Dockerfile" ? ["dockerfile"] : [])
        do {
            try await job.board.during("[internal] load build definition from \(file)", in: job.reference) { vertex in
                try await transfer(
                    FileSyncRequest(name: options.dockerfileName, follows: names), folder, vertex,
                    "transferring dockerfile:")
            }
        } catch let fault as Fault {
            throw Fault(fault.kind, "failed to read dockerfile: \(fault.message)", cause: fault)
        }
        let text = try await onPool { try Self.dockerfile(file, in: SafeRoot(path: folder)) }
        let beside = try await onPool { () -> IgnoreFile? in
            try SafeRoot(path: folder).read(file + ".dockerignore", limit: BuildContext.Limit.ignoreBytes).map {
                IgnoreFile(String(decoding: $0, as: UTF8.self))
            }
        }
        var definition = Definition(file: file, text: text, ignored: LoadedOnce { beside })
        if let remote = options.remote {
            definition.inputs = try await fetch(remote, file)
        } else if beside == nil {
            definition.ignored = LoadedOnce {
                try await ignored(options.contextName, "[internal] load .dockerignore", "transferring context:")
            }
        }
        return definition
    }

    private func ignored(_ context: String, _ name: String, _ words: String) async throws -> IgnoreFile? {
        try await job.board.during(name, in: job.reference) { vertex in
            let folder = try makeFolder("ignore-" + Engine.randomID().prefix(12))
            try await transfer(
                FileSyncRequest(name: context, follows: [".dockerignore"]), folder, vertex, words)
            return try await onPool {
                try SafeRoot(path: folder).read(".dockerignore", limit: BuildContext.Limit.ignoreBytes).map {
                    IgnoreFile(String(decoding: $0, as: UTF8.self))
                }
            }
        }
    }

    private static func dockerfile(_ file: String, in root: SafeRoot) throws -> String {
        if file == "Dockerfile", try root.status(file) == nil, try root.status("dockerfile") != nil {
            return try BuildContext.read("dockerfile", root)
        }
        guard try root.status(file) != nil else {
            throw Fault(.invalid, "failed to read dockerfile: open \(file): no such file or directory")
        }
        return try BuildContext.read(file, root)
    }

    /// A context at an address, or one that the client got as a tar.
    private func fetch(_ address: String, _ file: String) async throws -> BuildInputs {
        let isGit = Download.isGit(address)
        let name = isGit ? "load git source \(address)" : "load remote build context"
        return try await job.board.during("[internal] \(name)", in: job.reference) { _ in
            guard Self.isUpload(address) else {
                let load = kit.remote(address, file, job)
                return try await BuildContext.inputs(try await load.value(), file, job.work)
            }
            let work = try makeFolder("remote")
            let next = try await session.upload(address)
            return try await BuildContext.receive(file, ByteSource(next: next), into: work)
        }
    }

    private static func isUpload(_ address: String) -> Bool { address.hasPrefix("http://buildkit-session/") }

    // MARK: Contexts

    private func context(_ name: String, _ definition: Definition, follows: [String]) async throws -> SourceTree {
        let folder = try makeFolder(name)
        let request = FileSyncRequest(
            name: options.contextName, excludes: try await definition.ignored.value()?.lines ?? [], follows: follows)
        try await job.board.during("[internal] load build context", in: job.reference + name) { vertex in
            try await transfer(request, folder, vertex, "transferring context:")
        }
        return SourceTree(root: try SafeRoot(path: folder), isContext: true)
    }

    /// A name may be given for one platform alone: `name::linux/amd64`.
    private func named(for platform: Platform) throws -> [String: NamedContext] {
        var contexts: [String: NamedContext] = [:]
        for (key, value) in options.named {
            guard let mark = key.firstRange(of: "::") else {
                if contexts[key] == nil { contexts[key] = try named(key, value, platform) }
                continue
            }
            guard key[mark.upperBound...] == "\(platform)" else { continue }
            let name = String(key[..<mark.lowerBound])
            contexts[name] = try named(name, value, platform)
        }
        return contexts
    }

    private func named(_ name: String, _ value: String, _ platform: Platform) throws -> NamedContext {
        if value.hasPrefix(LayoutContext.prefix) {
            let layout = try LayoutContext(name, value)
            let load = LoadedOnce { try await layout.load(kit, job, session, platform: platform) }
            return .built { try await load.value() }
        }
        if value.hasPrefix("input:") {
            let input = String(value.dropFirst("input:".count))
            guard let target = handedIn[input].flatMap({ kit.results[$0] }) else {
                throw Fault(.invalid, "invalid context input for \(name): no result of that name")
            }
            return .built { try await target.image() }
        }
        if value.hasPrefix("docker-image://") { return .image(String(value.dropFirst("docker-image://".count))) }
        if value.hasPrefix("local:") {
            let local = String(value.dropFirst("local:".count))
            let load = LoadedOnce {
                let ignored = try await ignored(
                    local, "[context \(name)] load .dockerignore", "transferring \(name):")
                let folder = try makeFolder("named-" + Engine.randomID().prefix(12))
                try await job.board.during(
                    "[context \(name)] load from client", in: job.reference
                ) { vertex in
                    try await transfer(
                        FileSyncRequest(name: local, excludes: ignored?.lines ?? []), folder, vertex,
                        "transferring \(name):")
                }
                return SourceTree(root: try SafeRoot(path: folder), isContext: true)
            }
            return .tree { try await load.value() }
        }
        guard value.hasPrefix("https://") || value.hasPrefix("http://") || value.hasPrefix("git") else {
            throw Fault(.invalid, "unsupported context source \(value.prefix { $0 != ":" }) for \(name)")
        }
        let load = LoadedOnce {
            let isGit = Download.isGit(value)
            let line = isGit ? "[internal] load git source \(value)" : "[context \(name)] \(value)"
            return try await job.board.during(line, in: job.reference) { _ in
                if isGit { return try await kit.remote(value, "Dockerfile", job).value() }
                let folder = try makeFolder("named-" + Engine.randomID().prefix(12))
                return try await BuildContext.fetchFile(value, into: folder)
            }
        }
        return .tree { try await load.value() }
    }

    /// Of the build's own; goes with it.
    private func makeFolder(_ name: String) throws -> String {
        let path = job.work + "/" + name
        try kernel("mkdir", path) { mkdir(path, 0o755) }
        return path
    }

    private func transfer(
        _ request: FileSyncRequest, _ folder: String, _ vertex: Vertex, _ words: String
    ) async throws {
        let board = job.board
        let started = BuildClock.now()
        @Sendable func status(_ bytes: Int64, isOver: Bool) -> VertexStatus {
            var status = VertexStatus(id: words, vertex: vertex.digest)
            (status.started, status.current) = (started, bytes)
            if isOver { status.completed = BuildClock.now() }
            return status
        }
        let all = NIOLockedValueBox<Int64>(0)
        try await session.sync(request, into: folder) { bytes in
            all.withLockedValue { $0 = bytes }
            board.post(status(bytes, isOver: false))
        }
        board.post(status(all.withLockedValue { $0 }, isOver: true))
    }
}

/// What of its context a Dockerfile can want. Pure.
enum ContextPaths {
    /// Empty: all of it.
    static func follows(_ file: Dockerfile) -> [String] {
        var paths: Set<String> = []
        for stage in file.stages {
            for instruction in stage.instructions {
                switch instruction.kind {
                case .transfer(let transfer) where transfer.from == nil:
                    for source in transfer.sources {
                        if transfer.isAdd, source.contains("://") || source.hasPrefix("git@") { continue }
                        guard let path = plain(source) else { return [] }
                        paths.insert(path)
                    }
                case .run(let run):
                    for mount in run.mounts where mount.kind == .bind && mount.from == nil {
                        guard let path = plain(mount.source) else { return [] }
                        paths.insert(path)
                    }
                case .trigger: return []
                default: continue
                }
            }
        }
        return paths.sorted()
    }

    /// Nil: all may be meant.
    private static func plain(_ source: String) -> String? {
        if source.contains(where: { "$\"'\\".contains($0) }) { return nil }
        var parts: [Substring] = []
        for part in source.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts.isEmpty ? nil : parts.joined(separator: "/")
    }
}
