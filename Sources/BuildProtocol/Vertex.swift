import Protobuf

/// One line of a build's progress (control.proto, Vertex).
package struct Vertex: Sendable {
    /// Its name to machines.
    package var digest: String
    package var name: String
    package var inputs: [String] = []
    package var isCached = false
    /// Nanoseconds since the epoch; nil: not yet.
    package var started: Int64?
    package var completed: Int64?
    package var error = ""

    package init(digest: String, name: String) {
        self.digest = digest
        self.name = name
    }

    package init(_ fields: ProtobufFields) throws(ProtobufFault) {
        digest = fields.text(1)
        inputs = fields.texts(2)
        name = fields.text(3)
        isCached = fields.flag(4)
        started = try fields.timestamp(5)
        completed = try fields.timestamp(6)
        error = fields.text(7)
    }

    package func write(_ writer: inout ProtobufWriter) {
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
package struct VertexStatus: Sendable {
    package var id: String
    package var vertex: String
    package var current: Int64 = 0
    package var total: Int64 = 0
    package var started: Int64?
    package var completed: Int64?

    package init(id: String, vertex: String) {
        self.id = id
        self.vertex = vertex
    }

    package init(_ fields: ProtobufFields) throws(ProtobufFault) {
        id = fields.text(1)
        vertex = fields.text(2)
        current = fields.integer(4)
        total = fields.integer(5)
        started = try fields.timestamp(7)
        completed = try fields.timestamp(8)
    }

    /// - Parameter now: nanoseconds since the epoch.
    package func write(_ writer: inout ProtobufWriter, at now: Int64) {
        writer.text(1, id)
        writer.text(2, vertex)
        writer.text(3, id)
        writer.number(4, current)
        writer.number(5, total)
        writer.timestamp(6, now)
        if let started { writer.timestamp(7, started) }
        if let completed { writer.timestamp(8, completed) }
    }
}
