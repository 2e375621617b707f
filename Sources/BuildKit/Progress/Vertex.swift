import OCI
import Protobuf

/// One line of a build's progress (control.proto, Vertex).
struct Vertex: Sendable {
    /// Its name to machines.
    var digest: String
    var name: String
    var inputs: [String] = []
    var isCached = false
    /// Nanoseconds since the epoch; nil: not yet.
    var started: Int64?
    var completed: Int64?
    var error = ""

    init(_ name: String, in scope: String) {
        self.name = name
        digest = "\(Digest(of: "\(scope)\0\(name)".utf8))"
    }

    func write(_ writer: inout ProtobufWriter) {
        writer.text(1, digest)
        for input in inputs { writer.string(2, input) }
        writer.text(3, name)
        writer.flag(4, isCached)
        if let started { writer.timestamp(5, started) }
        if let completed { writer.timestamp(6, completed) }
        writer.text(7, error)
    }
}

/// Something below a vertex that goes on: a layer that is pulled, a name that is given.
struct VertexStatus: Sendable {
    var id: String
    var vertex: String
    var current: Int64 = 0
    var total: Int64 = 0
    var started: Int64?
    var completed: Int64?

    func write(_ writer: inout ProtobufWriter) {
        writer.text(1, id)
        writer.text(2, vertex)
        writer.text(3, id)
        writer.number(4, current)
        writer.number(5, total)
        writer.timestamp(6, BuildClock.now())
        if let started { writer.timestamp(7, started) }
        if let completed { writer.timestamp(8, completed) }
    }
}

extension StatusBoard {
    /// Work that is one vertex: begins, ends, or fails with it.
    func during<T>(
        _ name: String, in scope: String, _ work: (_ vertex: Vertex) async throws -> T
    ) async throws -> T {
        var vertex = Vertex(name, in: scope)
        vertex.started = BuildClock.now()
        post(vertex)
        do {
            let value = try await work(vertex)
            vertex.completed = BuildClock.now()
            post(vertex)
            return value
        } catch {
            vertex.completed = BuildClock.now()
            vertex.error = error is CancellationError ? "context canceled" : "\(error)"
            post(vertex)
            throw error
        }
    }

    /// Work that is one line below a vertex.
    func status<T>(_ id: String, _ vertex: Vertex, _ work: () async throws -> T) async throws -> T {
        var status = VertexStatus(id: id, vertex: vertex.digest)
        status.started = BuildClock.now()
        post(status)
        let value = try await work()
        status.completed = BuildClock.now()
        post(status)
        return value
    }
}
