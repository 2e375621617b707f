import BuildProtocol
import Builder
import CLinux
import Engine
import Fault
import ImageStore
import JSON
import Linux
import OCI
import Protobuf
import Wire

// `moby.buildkit.v1.frontend.LLBBridge` (gateway.proto): a client that directs its build itself, as buildx does.
extension BuildKit {
    /// Names the Solve that a call belongs to.
    private static let buildID = "buildkit-controlapi-buildid"

    func bridge(_ method: String, _ call: GRPCStream) async throws {
        let reference = call.values(Self.buildID).first ?? ""
        guard let job = await jobs.wait(for: reference, atMost: Job.Limit.patience) else {
            throw GRPCStatus(.unknown, "no such job \(reference)")
        }
        let request = try await call.request()
        switch method {
        case "Ping": try await ping(call)
        case "Solve": try await solve(request, job, call)
        case "Return": try await end(request, job, call)
        case "Evaluate":
            if !request.text(1).isEmpty, !request.text(1).hasPrefix(RemoteDefinition.scheme) {
                _ = try await target(request, job).image()
            }
            try await call.reply { _ in }
        case "ReadFile": try await readFile(request, job, call)
        case "ReadDir": try await readFolder(request, job, call)
        case "StatFile": try await fileStatus(request, job, call)
        case "ResolveImageConfig": try await imageConfig(request, job, call)
        case "Inputs": try await call.reply { _ in }
        case "Warn":
            job.board.warn(
                request.text(1), request.text(3), detail: request.texts(4), url: request.text(5), source: nil)
            try await call.reply { _ in }
        default: throw Self.unknown(call)
        }
    }

    private func ping(_ call: GRPCStream) async throws {
        func capabilities(_ names: [String], _ number: Int, _ writer: inout ProtobufWriter) {
            for name in names {
                writer.message(number) { capability in
                    capability.text(1, name)
                    capability.flag(2, true)
                }
            }
        }
        try await call.reply { reply in
            capabilities(Capabilities.bridge, 1, &reply)
            capabilities(Capabilities.builder, 2, &reply)
        }
    }

    /// A build that is ready to run: its files are read, its mistakes are told; nothing has run.
    private func solve(_ request: ProtobufFields, _ job: Job, _ call: GRPCStream) async throws {
        if let definition = try request.message(1), !definition.all(1).isEmpty {
            let address = try RemoteDefinition.address(of: definition)
            _ = remote(address, "Dockerfile", job)
            return try await call.reply { reply in
                reply.message(3) { $0.message(3) { $0.text(1, RemoteDefinition.scheme + address) } }
            }
        }
        let attributes = try request.map(3)
        if let question = attributes["requestid"], !question.isEmpty {
            let facts = try await answer(question, attributes, job)
            return try await call.reply { $0.message(3) { result in result.metadata(facts) } }
        }
        var results = try await frontend(
            request.text(2), attributes, job, inputs: try ResultDefinition.inputs(request))
        if request.flag(14) { for result in results { _ = try await result.target.image() } }
        var ids: [(platform: String?, id: String)] = []
        for result in results {
            let id = try job.keep(result.target)
            _ = self.results.put(result.target, id)
            ids.append((result.platform, id))
        }
        results = []
        try await call.reply { reply in
            reply.message(3) { result in
                if let only = ids.first, only.platform == nil {
                    result.message(3) { ResultDefinition.write(only.id, &$0) }
                } else {
                    result.message(4) { map in
                        for entry in ids {
                            map.message(1) { pair in
                                pair.text(1, (entry.platform ?? ""))
                                pair.message(2) { ResultDefinition.write(entry.id, &$0) }
                            }
                        }
                    }
                }
                result.metadata(Self.platforms(ids.compactMap(\.platform)))
            }
        }
    }

    /// `refs.platforms`, by which clients know the list's entries.
    private static func platforms(_ names: [String]) -> [String: [UInt8]] {
        let entries: [JSON] = names.compactMap { name in
            guard let platform = try? Platform(parsing: name) else { return nil }
            return ["ID": .string(name), "Platform": platform.json]
        }
        return entries.isEmpty ? [:] : ["refs.platforms": (["Platforms": .array(entries)] as JSON).bytes()]
    }

    /// The client has what it wanted, or says why not.
    private func end(_ request: ProtobufFields, _ job: Job, _ call: GRPCStream) async throws {
        if let error = try request.message(2) {
            var status = GRPCStatus(
                GRPCStatus.Code(rawValue: Int(clamping: error.integer(1))) ?? .unknown, error.text(2))
            for detail in try error.messages(3) {
                status.details.append(GRPCStatus.Detail(type: detail.text(1), value: detail.bytes(2)))
            }
            job.end(.failure(status))
        } else {
            job.end(Result { try Self.results(try request.message(1), job) })
        }
        try await call.reply { _ in }
    }

    private static func results(_ result: ProtobufFields?, _ job: Job) throws -> [Exported] {
        guard let result else { return [] }
        var ids: [(platform: String?, id: String)] = []
        if let only = try result.message(3) { ids.append((nil, only.text(1))) }
        if !result.text(1).isEmpty { ids.append((nil, result.text(1))) }
        for entry in try result.message(4)?.messages(1) ?? [] {
            ids.append((entry.text(1), try entry.message(2)?.text(1) ?? ""))
        }
        return try ids.filter { !$0.id.isEmpty }.map { entry in
            guard let target = job.target(entry.id) else {
                throw GRPCStatus(.unknown, "return reference \(entry.id) not found")
            }
            return Exported(platform: entry.platform, target: target)
        }
    }

    private func target(_ request: ProtobufFields, _ job: Job) throws -> Target {
        guard let target = job.target(request.text(1)) else {
            throw GRPCStatus(.unknown, "no such ref: \(request.text(1))")
        }
        return target
    }

    // MARK: Files of a result

    private func inFiles<T: Sendable>(
        _ request: ProtobufFields, _ job: Job, _ body: @escaping @Sendable (SafeRoot) throws -> T
    ) async throws -> T {
        let id = request.text(1)
        if id.hasPrefix(RemoteDefinition.scheme),
            let load = job.remote(String(id.dropFirst(RemoteDefinition.scheme.count)))
        {
            let tree = try await load.value()
            return try await onPool { try body(tree.root) }
        }
        let image = try await target(request, job).image()
        return try await inRoot(of: image) { root in try await onPool { try body(root) } }
    }

    private func readFile(_ request: ProtobufFields, _ job: Job, _ call: GRPCStream) async throws {
        let path = request.text(2)
        let (offset, length) = try request.message(3).map { ($0.integer(1), $0.integer(2)) } ?? (0, 0)
        let bytes = try await inFiles(request, job) { root in
            guard let bytes = try root.read(path) else {
                throw GRPCStatus(.notFound, "open \(path): no such file or directory")
            }
            let start = min(max(0, Int(clamping: offset)), bytes.count)
            let end = length > 0 ? min(bytes.count, start + Int(clamping: min(length, 1 << 40))) : bytes.count
            return Array(bytes[start..<end])
        }
        guard bytes.count < 16 << 20 else {
            throw GRPCStatus(.resourceExhausted, "\(path) is too large to be read at once: ask for a range")
        }
        try await call.reply { if !bytes.isEmpty { $0.bytes(1, bytes) } }
    }

    private func fileStatus(_ request: ProtobufFields, _ job: Job, _ call: GRPCStream) async throws {
        let path = request.text(2)
        let status = try await inFiles(request, job) { root in
            guard let status = try TreeWalk.status(root, path, path.split(separator: "/").last.map(String.init) ?? "/")
            else { throw GRPCStatus(.notFound, "lstat \(path): no such file or directory") }
            return status
        }
        try await call.reply { $0.message(1) { status.write(&$0) } }
    }

    private func readFolder(_ request: ProtobufFields, _ job: Job, _ call: GRPCStream) async throws {
        let path = request.text(2)
        let entries = try await inFiles(request, job) { root in
            let folder = try root.open(path, O_RDONLY | O_DIRECTORY)
            return try KernelFile.names(in: folder.procPath).sorted().compactMap {
                try TreeWalk.status(root, path + "/" + $0, $0)
            }
        }
        try await call.reply { reply in for entry in entries { reply.message(1) { entry.write(&$0) } } }
    }

    private func imageConfig(_ request: ProtobufFields, _ job: Job, _ call: GRPCStream) async throws {
        let reference = try Reference(parsing: request.text(1)).withDefaultTag
        let image: Image
        if let found = try? await engine.images.image(reference.canonical), request.text(3) != "pull" {
            image = found
        } else {
            let session = sessions[job.sessionID]
            try await engine.pullImage(
                reference.familiar, platform: nil, auth: await session?.credentials(reference.registry) ?? .null,
                progress: { _ in })
            image = try await engine.images.image(reference.canonical)
        }
        try await call.reply { reply in
            reply.text(1, "\(image.manifest.digest)")
            reply.bytes(2, image.config.bytes())
            reply.text(3, reference.canonical)
        }
    }
}

extension ProtobufWriter {
    /// `map<string, bytes> metadata` of a Result.
    mutating func metadata(_ facts: [String: [UInt8]]) {
        for (key, value) in facts.sorted(by: { $0.key < $1.key }) {
            message(10) { entry in
                entry.string(1, key)
                entry.bytes(2, value)
            }
        }
    }
}

/// What clients may ask for, by BuildKit's names.
enum Capabilities {
    static let bridge = [
        "solve.base", "solve.inlinereturn", "resolveimage", "resolveimage.resolvemode", "readfile", "return",
        "returnmap", "readdir", "statfile", "importcaches", "proto.refarray", "reference.output", "frontend.caps",
        "gateway.solve.metadata", "gateway.solve.evaluate", "gateway.evaluate", "gateway.warnings",
    ]
    static let builder = [
        "source.image", "source.image.resolvemode", "source.local", "source.local.unique", "source.local.sessionid",
        "source.local.includepatterns", "source.local.followpaths", "source.local.excludepatterns",
        "source.local.sharedkeyhint", "source.local.differ", "source.git", "source.git.fullurl", "source.http",
        "exec.meta.base", "exec.meta.cgroup.parent", "exec.meta.network", "exec.meta.proxyenv", "exec.meta.security",
        "exec.meta.ulimit", "exec.mount.bind", "exec.mount.cache", "exec.mount.cache.sharing", "exec.mount.selector",
        "exec.mount.tmpfs", "exec.mount.tmpfs.size", "exec.mount.secret", "exec.mount.ssh", "exec.secretenv",
        "file.base", "constraints", "platform", "meta.ignorecache", "meta.description", "meta.exportcache",
        "exporter.multiple", "exporter.sourcedateepoch", "gc.freespacefilter",
    ]
}
