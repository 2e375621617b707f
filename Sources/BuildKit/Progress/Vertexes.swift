import BuildProtocol
import OCI

extension Vertex {
    /// Named by what it is part of.
    init(_ name: String, in scope: String) {
        self.init(digest: "\(Digest(of: "\(scope)\0\(name)".utf8))", name: name)
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
