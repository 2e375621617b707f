import BuildProtocol
import Builder
import CLinux
import Engine
import Fault
import Linux
import Logging
import Protobuf
import Wire

/// What a client asks of Solve (control.proto, SolveRequest).
struct SolveRequest: Sendable {
    var reference: String
    var session: String
    /// Empty: the client's own frontend builds over the bridge.
    var frontend: String
    var attributes: [String: String]
    var hasDefinition: Bool
    /// A client's question that nobody wants to remember.
    var isInternal: Bool
    var entitlements: [String]
    var outputs: [OutputRequest] = []
    var cacheExports: [CacheOption] = []

    init(_ fields: ProtobufFields) throws(ProtobufFault) {
        reference = fields.text(1)
        session = fields.text(5)
        frontend = fields.text(6)
        attributes = try fields.map(7)
        hasDefinition = try !(fields.message(2)?.all(1) ?? []).isEmpty
        entitlements = fields.texts(9)
        isInternal = fields.flag(11)
        for (index, output) in try fields.messages(13).enumerated() {
            outputs.append(OutputRequest(number: index, type: output.text(1), attributes: try output.map(2)))
        }
        if outputs.isEmpty, !fields.text(3).isEmpty {
            outputs = [OutputRequest(number: 0, type: fields.text(3), attributes: try fields.map(4))]
        }
        for entry in try fields.message(8)?.messages(4) ?? [] {
            cacheExports.append(CacheOption(type: entry.text(1), attributes: try entry.map(2)))
        }
    }
}

extension BuildKit {
    func solve(_ fields: ProtobufFields, _ call: GRPCStream) async throws {
        let request = try SolveRequest(fields)
        guard !request.reference.isEmpty, request.reference.utf8.count <= SessionLimit.idBytes else {
            throw GRPCStatus(.invalidArgument, "a build needs a reference of at most \(SessionLimit.idBytes) bytes")
        }
        let answer = try await builder.inFolder { work in
            let job = Job(
                request.reference, sessionID: request.session, entitlements: request.entitlements, work: work)
            guard jobs.put(job, job.reference) else {
                throw GRPCStatus(.alreadyExists, "job ID \(job.reference) exists")
            }
            defer { leave(job) }
            return try await recorded(request, job)
        }
        try? await engine.trimBuildCache()
        try await call.reply { $0.map(1, answer) }
    }

    private func recorded(_ request: SolveRequest, _ job: Job) async throws -> [String: String] {
        if !request.isInternal { history.begin(request, job.board) }
        let result: Result<[String: String], any Error>
        do {
            result = .success(try await whileInSession(job) { try await self.run(request, job) })
        } catch { result = .failure(error) }
        await job.settle()
        history.end(request.reference, result.mapError(GRPCStatus.init(of:)))
        return try result.get()
    }

    /// What it has told can be asked for a while: calls of one client overtake each other.
    private func leave(_ job: Job) {
        job.board.close()
        Task {
            try? await Task.sleep(for: Job.Limit.afterlife)
            jobs.remove(job.reference)
            for id in job.resultIDs { results.remove(id) }
        }
    }

    /// Ends the work when the client's session ends: nobody is left to build for.
    private func whileInSession<T: Sendable>(
        _ job: Job, _ work: @escaping @Sendable () async throws -> T
    ) async throws -> T {
        guard !job.sessionID.isEmpty else { return try await work() }
        guard let session = await sessions.wait(for: job.sessionID, atMost: SessionLimit.patience) else {
            throw GRPCStatus(.unknown, "no active session for \(job.sessionID): context deadline exceeded")
        }
        return try await withThrowingTaskGroup(of: T?.self) { group in
            group.addTask { try await work() }
            group.addTask {
                await session.gone.wait()
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else { throw CancellationError() }
            return value
        }
    }

    private func run(_ request: SolveRequest, _ job: Job) async throws -> [String: String] {
        var results: [Exported]
        if request.frontend.isEmpty, !request.hasDefinition {
            results = try await job.returned()
        } else {
            results = try await frontend(request.frontend, request.attributes, job)
        }
        defer { for result in results { Task { await result.target.cancel() } } }
        return try await export(&results, request, job)
    }

    /// Answers the results of a frontend, ready to run.
    /// - Parameter inputs: names of other results that the client hands in, by the names that its attributes use.
    func frontend(
        _ name: String, _ attributes: [String: String], _ job: Job, inputs: [String: String] = [:]
    ) async throws -> [Exported] {
        guard name == "dockerfile.v0" || name == "gateway.v0" else {
            throw GRPCStatus(
                .unknown,
                name.isEmpty
                    ? "builds from other definitions than Dockerfiles are not available here"
                    : "failed to find frontend: \(name)")
        }
        guard let session = await sessions.wait(for: job.sessionID, atMost: SessionLimit.patience) else {
            throw GRPCStatus(.unknown, "no active session for \(job.sessionID): context deadline exceeded")
        }
        let options = try FrontendOptions(attributes)
        return try await Frontend(kit: self, job: job, session: session, options: options, handedIn: inputs).targets()
    }
}
