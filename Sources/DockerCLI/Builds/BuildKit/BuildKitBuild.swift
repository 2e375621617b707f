import BuildClient
import BuildProtocol
import CommandLine
import Fault
import Glibc
import JSON
import OCI
import Wire

/// One build by BuildKit's protocol: what the command line says becomes an order, what comes of it is told and written.
struct BuildKitBuild: Sendable {
    let options: BuildOptions
    let session: Session
    let daemon: BuildDaemon

    func run(_ place: String) async throws {
        let style = try style()
        try check()
        let outcome: Outcome?
        do { outcome = try await make(place, style) } catch {
            if error is CancellationError { throw error }
            let failure = error as? Failure
            throw Failure(
                "failed to build: \(failure?.description ?? sentence(error))", exitCode: failure?.exitCode ?? 1)
        }
        if let outcome { try tell(outcome, style) }
    }

    /// Nil: it was a question, and is answered.
    private func make(_ place: String, _ style: ProgressStyle) async throws -> Outcome? {
        let folder = TemporaryFolder()
        defer { folder.remove() }
        let workers = try await daemon.workers()
        let takesAll = workers.contains(where: \.takesAllOutputs)
        let agents = try await BuildAgents(options.agents, session.environment) { try folder.path }
        defer { agents.end() }
        var order = BuildOrder(configuration: session.configuration)
        order.attributes = try BuildAttributes(
            options: options, session: session,
            gateway: workers.first?.labels["org.mobyproject.buildkit.worker.moby.host-gateway-ip"] ?? ""
        ).words()
        order.agents = agents.sockets
        order.entitlements = try entitlements()
        order.secrets = try BuildSecrets.parse(options.secrets, session.environment)
        if try BuildAttestations.isWanted(options) { throw BuildAttestations.refusal(takesAll: takesAll) }
        let outputs = try BuildOutputs(options, names: try names(), out: session.out, takesAll: takesAll)
        order.outputs = annotated(outputs.outputs)
        order.places = outputs.places
        order.stores = outputs.stores
        let caches = try BuildCaches(options) { session.err.line("WARNING: \($0)") }
        guard takesAll || caches.exports.allSatisfy({ $0.type == "inline" }) else {
            throw Failure(
                "Cache export is not supported for the docker driver.\n"
                    + "Switch to a different driver, or turn on the containerd image store, and try again.\n"
                    + "Learn more at https://docs.docker.com/go/build-cache-backends/")
        }
        order.cacheImports = caches.imports
        order.cacheExports = caches.exports
        order.stores.merge(caches.stores) { first, _ in first }
        try await BuildSources(input: session.input).put(place, file: options.file, into: &order)
        for context in options.contexts { try BuildSources.putContext(context, into: &order) }
        let call = try BuildCall(options)
        if let question = call.question {
            try await ask(question, call, order, style)
            return nil
        }
        let facts = try await build(order, style, note(place))
        for name in outputs.pushedLater {
            let code = try await session.with(out: session.err).docker(
                ["push"] + (options.isQuiet ? ["-q"] : []) + [name])
            guard code == 0 else { throw Failure("failed to push \(name)", exitCode: code) }
        }
        try caches.name(facts["cache.manifest"])
        try nameLayout(outputs, facts)
        return facts
    }

    private func style() throws -> ProgressStyle {
        var text = options.progress
        if text == "auto", let wanted = session.environment["BUILDKIT_PROGRESS"], !wanted.isEmpty { text = wanted }
        guard let style = ProgressStyle(rawValue: text) else {
            throw Failure("invalid progress mode \(text)")
        }
        guard options.isQuiet else {
            if style == .tty, !session.err.isTerminal {
                throw Failure("failed to get console: provided file is not a console")
            }
            return style.chosen(for: session.err)
        }
        guard style == .auto || style == .quiet else {
            throw Failure("progress=\(text) and quiet cannot be used together")
        }
        return .quiet
    }

    private func check() throws {
        let known = ["", "default", session.contextName]
        guard known.contains(options.builder) else {
            throw Failure("no builder \(GoText.quote(options.builder)) found")
        }
        for context in options.contexts {
            guard let (name, value) = context.cut("="), !name.isEmpty, !value.isEmpty else {
                throw Failure("invalid context value: \(context), expected key=value")
            }
        }
        for label in options.labels where label.hasPrefix("=") {
            throw Failure("invalid key-value pair \(GoText.quote(label)): empty key")
        }
        try BuildAttestations.check(options)
        guard options.squashes else { return }
        session.err.line(
            "WARNING: experimental flag squash is removed with BuildKit. You should squash inside build using a multi-stage Dockerfile for efficiency."
        )
    }

    private func names() throws -> [String] {
        try options.tags.map { tag in
            do { return try Reference(parsing: tag).withDefaultTag.canonical } catch {
                let why = "\(sentence(error))"
                throw Failure(
                    "invalid tag \(GoText.quote(tag)): "
                        + (why.hasSuffix("must be lowercase") ? "repository name must be lowercase" : why))
            }
        }
    }

    /// The network of the machine needs the user's word as the original's client gives it.
    private func entitlements() throws -> [String] {
        for given in options.entitlements
        where !["network.host", "security.insecure", "device"].contains(given.cut("=")?.0 ?? given) {
            throw Failure("unknown entitlement \(given)")
        }
        var all = options.entitlements
        if options.network == "host", !all.contains("network.host") { all.append("network.host") }
        return all
    }

    private func annotated(_ outputs: [BuildOrder.Output]) -> [BuildOrder.Output] {
        outputs.map { output in
            var output = output
            for text in options.annotations {
                guard let (key, value) = text.cut("=") else { continue }
                let (kind, name) = key.cut(":") ?? ("", key)
                let prefix = kind.isEmpty || kind == "manifest" ? "annotation." : "annotation-\(kind)."
                output.attributes[prefix + name] = value
            }
            return output
        }
    }

    private struct Outcome {
        var values: [String: String]
        var reference: String
        var warnings: [BuildStatus.Warning]
        subscript(name: String) -> String? { values[name] }
    }

    private func note(_ place: String) -> BuildNotes.Note {
        let isHere = place != "-" && !BuildSources.isRemote(place)
        let file = options.file.isEmpty || options.file == "-" ? options.file : HostPath.absolute(options.file)
        return BuildNotes.Note(place: isHere ? HostPath.absolute(place) : place, dockerfile: file)
    }

    private func build(
        _ order: BuildOrder, _ style: ProgressStyle, _ note: BuildNotes.Note
    ) async throws -> Outcome {
        let reference = BuildDaemon.newReference()
        BuildNotes(session).put(note, reference)
        if let display = session.display { return try await build(order, reference, on: display) }
        let hasColours = (session.environment["NO_COLOR"] ?? "").isEmpty
        let desk = ProgressDesk(
            style, on: session.err, builder: (session.contextName, "docker"), hasColours: hasColours)
        await desk.begin()
        do {
            let facts = try await daemon.build(order, reference: reference) { await desk.hear($0) }
            return Outcome(values: facts, reference: reference, warnings: await desk.end())
        } catch {
            await desk.end()
            guard let status = error as? GRPCStatus else { throw error }
            for source in status.sources { session.err.write(source.excerpt) }
            throw Self.unsolved(status)
        }
    }

    private func build(_ order: BuildOrder, _ reference: String, on display: BuildDisplay) async throws -> Outcome {
        do {
            let facts = try await daemon.build(order, reference: reference) { await display.hear($0) }
            return Outcome(values: facts, reference: reference, warnings: [])
        } catch let status as GRPCStatus {
            let excerpts = status.sources.map(\.excerpt).joined()
            display.add(excerpts)
            throw Self.unsolved(status)
        }
    }

    private static func unsolved(_ status: GRPCStatus) -> Failure {
        let prefix = status.code == .cancelled ? "failed to solve: Canceled: " : "failed to solve: "
        return Failure(prefix + status.message)
    }

    private func ask(_ question: String, _ call: BuildCall, _ order: BuildOrder, _ style: ProgressStyle) async throws {
        let desk = ProgressDesk(
            style, on: session.err, builder: (session.contextName, "docker"),
            hasColours: (session.environment["NO_COLOR"] ?? "").isEmpty)
        await desk.begin()
        do {
            let documents = try await daemon.ask(question, about: order, reference: BuildDaemon.newReference()) {
                await desk.hear($0)
            }
            await desk.end()
            session.out.write(call.shown(documents))
        } catch {
            await desk.end()
            guard let status = error as? GRPCStatus else { throw error }
            for source in status.sources { session.err.write(source.excerpt) }
            throw Failure("failed to solve: \(status.message)")
        }
    }

    // MARK: What came of it

    private func nameLayout(_ outputs: BuildOutputs, _ facts: Outcome) throws {
        guard let folder = outputs.stores["export"], let text = facts["containerimage.descriptor"],
            let bytes = decodeBase64(text), let top = try? JSON(parsing: bytes)
        else { return }
        let tag = try options.tags.first.map { try Reference(parsing: $0).withDefaultTag.tag ?? "" } ?? "latest"
        try OCIFolder(path: folder).name(top, tag)
    }

    private func tell(_ facts: Outcome, _ style: ProgressStyle) throws {
        let id = facts["containerimage.config.digest"] ?? facts["containerimage.digest"] ?? ""
        if !options.idFile.isEmpty {
            let path = HostPath.absolute(options.idFile)
            guard access(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]) + "/", W_OK) == 0 else {
                throw Failure("writing image ID file: open \(options.idFile): \(WholeFile.message(errno))")
            }
            try WholeFile.replace(options.idFile, with: Array(id.utf8), mode: 0o644)
        }
        if !options.metadataFile.isEmpty {
            var document = Self.document(facts.values)
            document["buildx.build.ref"] = .string("\(session.contextName)/\(session.contextName)/\(facts.reference)")
            try WholeFile.replace(
                options.metadataFile, with: Array(document.pretty(indent: "  ").utf8), mode: 0o644)
        }
        if options.isQuiet, !id.isEmpty { session.out.line(id) }
        let warnings = facts.warnings
        guard !warnings.isEmpty, style == .plain || style == .tty else { return }
        session.err.line("\n \(warnings.count) warning\(warnings.count == 1 ? "" : "s") found:")
        for warning in warnings { session.err.line(" - \(warning.text)") }
    }

    /// What the builder told, where it is a document in base64 as a document.
    private static func document(_ facts: [String: String]) -> JSON {
        var document: JSON = [:]
        for (name, value) in facts.sorted(by: { $0.key < $1.key }) where name != "cache.manifest" {
            if let bytes = decodeBase64(value), let json = try? JSON(parsing: bytes), json.object != nil {
                document[name] = json
            } else {
                document[name] = .string(value)
            }
        }
        return document
    }

    /// As the original tells failures of builds.
    static func told(_ error: any Error) -> Failure {
        if let failure = error as? Failure {
            return Failure("ERROR: \(failure.description)", exitCode: failure.exitCode)
        }
        return Failure("ERROR: \(sentence(error))")
    }
}
