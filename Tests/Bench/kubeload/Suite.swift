import Foundation
import NIOCore
import NIOHTTP1

/// All measurements, in an order in which each finds the objects that those before it made.
struct Suite: Sendable {
    let server: Server
    let options: Options
    let loop: any EventLoop
    /// In the names of this run's objects.
    private let label = String(UInt32.random(in: 0...(.max)), radix: 36)

    init(server: Server, options: Options, loop: any EventLoop) {
        self.server = server
        self.options = options
        self.loop = loop
    }

    private var space: String { "/api/v1/namespaces/kubeload" }

    func run() async throws {
        try await make(Request(method: .POST, path: "/api/v1/namespaces", body: Objects.namespace("kubeload")))
        for clients in options.clients {
            for kibibytes in [1, 10] { try await single(clients, kibibytes) }
        }
        try await lists()
        for watchers in [100, 1_000] where options.wants("watch-\(watchers)") {
            try await Watchers(suite: self, count: watchers, updates: min(options.count, 1_000)).run()
        }
    }

    /// Reads and writes of single objects.
    private func single(_ clients: Int, _ kibibytes: Int) async throws {
        let size = "\(kibibytes)k"
        let verbs = ["create", "get", "update", "merge", "strategic", "apply", "delete"].map { "\($0)-\(size)" }
        guard verbs.contains(where: options.wants) else { return }
        let count = clients == 1 ? max(options.count / 5, 1) : options.count
        @Sendable func name(_ number: Int) -> String { "\(label)-\(size)-\(clients)-\(number)" }
        @Sendable func body(_ number: Int, _ mark: String) -> String {
            Objects.configMap(name(number), bytes: kibibytes << 10, mark: mark)
        }
        let collection = "\(space)/configmaps"
        let made = try await measure("create-\(size)", clients, count, always: true) {
            Request(method: .POST, path: collection, body: body($0, "0"))
        }
        @Sendable func path(_ number: Int) -> String { "\(collection)/\(name(number % made))" }
        try await measure("get-\(size)", clients, count * 2) { Request(path: path($0)) }
        try await measure("update-\(size)", clients, count) {
            Request(method: .PUT, path: path($0), body: body($0 % made, "put"))
        }
        let patch = #"{"data":{"mark":"\#(label)"}}"#
        for (verb, type) in [("merge", "merge-patch+json"), ("strategic", "strategic-merge-patch+json")] {
            try await measure("\(verb)-\(size)", clients, count) {
                Request(
                    method: .PATCH, path: path($0), type: "application/\(type)",
                    body: patch.replacing(label, with: verb))
            }
        }
        try await measure("apply-\(size)", clients, count) {
            Request(
                method: .PATCH, path: path($0) + "?fieldManager=kubeload&force=true",
                type: "application/apply-patch+yaml", body: body($0 % made, "apply"))
        }
        try await measure("delete-\(size)", clients, made, always: true) {
            Request(method: .DELETE, path: path($0))
        }
    }

    /// What there is to list, in a namespace of its own, which is filled once.
    private struct Collection {
        let name: String
        let kind: String
        let count: Int
    }

    private static let collections = [
        Collection(name: "5000", kind: "configmaps", count: 5_000),
        Collection(name: "pods-30000", kind: "pods", count: 30_000),
        Collection(name: "100000", kind: "configmaps", count: 100_000),
    ]

    /// The forms in which clients list: name, media type, query.
    private static let forms = [
        ("", "application/json", ""),
        ("protobuf", "application/vnd.kubernetes.protobuf", ""),
        ("table", "application/json;as=Table;v=v1;g=meta.k8s.io", ""),
        ("metadata", "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io", ""),
        ("one-label", "application/json", "?labelSelector=tier%3Dobject-7"),
        ("one-field", "application/json", "?fieldSelector=metadata.name%3Dobject-7"),
        ("first-500", "application/json", "?limit=500"),
    ]

    private func lists() async throws {
        for collection in Self.collections {
            let wanted = Self.forms.map { form in
                (name: "list-\(collection.name)" + (form.0.isEmpty ? "" : "-\(form.0)"), type: form.1, query: form.2)
            }.filter { options.wants($0.name) }
            guard !wanted.isEmpty || options.wants("fill-\(collection.name)") else { continue }
            let space = "/api/v1/namespaces/kubeload-\(collection.name)"
            try await fill(space, collection)
            for form in wanted {
                try await measure(form.name, 1, collection.count >= 30_000 ? 5 : 30) { _ in
                    Request(path: "\(space)/\(collection.kind)\(form.query)", accept: form.type)
                }
            }
        }
    }

    private func fill(_ space: String, _ collection: Collection) async throws {
        let path = "\(space)/\(collection.kind)"
        try await make(
            Request(method: .POST, path: "/api/v1/namespaces", body: Objects.namespace("kubeload-\(collection.name)")))
        // Pods need it, and where no controllers run nobody makes it.
        try await make(Request(method: .POST, path: "\(space)/serviceaccounts", body: Objects.serviceAccount))
        let last = try await send(Request(path: "\(path)/object-\(collection.count - 1)"))
        guard last.status != 200 else { return }
        let name = "fill-\(collection.name)"
        let line = try await load(32, collection.count, 600, name: name) { number in
            let name = "object-\(number)"
            return Request(
                method: .POST, path: path,
                body: collection.kind == "pods" ? Objects.pod(name) : Objects.configMap(name, bytes: 1_024))
        }
        // One that is there already is as good.
        if let problem = line.problems.first(where: { !$0.key.hasPrefix("409 ") }) {
            throw Failure("can't make the objects to be listed: \(problem.key)")
        }
        if options.wants(name) { line.print(json: options.json) }
    }

    /// - Parameter always: it is done in any case, others need it; shown when it is wanted.
    /// - Returns: how many requests it were, 1 for none.
    @discardableResult private func measure(
        _ name: String, _ clients: Int, _ count: Int, always: Bool = false,
        _ request: @escaping @Sendable (Int) -> Request
    ) async throws -> Int {
        guard always || options.wants(name) else { return 0 }
        let line = try await load(clients, count, options.seconds, name: name, request)
        if options.wants(name) { line.print(json: options.json) }
        return max(line.times.count, 1)
    }

    private func load(
        _ clients: Int, _ count: Int, _ seconds: Double, name: String = "",
        _ request: @escaping @Sendable (Int) -> Request
    ) async throws -> Line {
        var connections: [Client] = []
        for _ in 0..<clients { connections.append(try await server.connect(on: loop)) }
        let all = connections
        let done = loop.makePromise(of: Void.self)
        let cpu = Processor.seconds(options.pids)
        let begin = NIODeadline.now()
        let measurement = Measurement(count: count, seconds: seconds, done: done, request: request)
        loop.execute { measurement.start(all) }
        try await done.futureResult.get()
        let took = Double((NIODeadline.now() - begin).nanoseconds) / 1e9
        let used = options.pids.isEmpty ? nil : Processor.seconds(options.pids) - cpu
        loop.execute { for client in all { client.close() } }
        return Line(
            name: name, clients: clients, times: measurement.times, seconds: took, bytes: measurement.bytes,
            cpuSeconds: used, problems: measurement.problems)
    }

    /// Makes an object; that it is there already is as good.
    func make(_ request: Request) async throws {
        let reply = try await send(request)
        guard reply.status < 300 || reply.status == 409 else {
            throw Failure("\(request.path): \(reply.status) \(String(buffer: reply.body))")
        }
    }

    func send(_ request: Request, keepsBody: Bool = false) async throws -> Reply {
        let client = try await server.connect(on: loop)
        let promise = loop.makePromise(of: Reply.self)
        loop.execute {
            client.send(request, keepsBody: keepsBody) {
                promise.completeWith($0.mapError { $0 as any Error })
                client.close()
            }
        }
        return try await promise.futureResult.get()
    }
}
