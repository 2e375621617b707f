import Protobuf

/// What a build tells, piece by piece (control.proto, StatusResponse). Times in nanoseconds since the epoch.
package struct BuildStatus: Sendable {
    package struct Log: Sendable {
        package var vertex: String
        package var time: Int64
        /// 1: standard output, 2: standard error.
        package var stream: Int
        package var bytes: [UInt8]

        package init(vertex: String, time: Int64, stream: Int, bytes: [UInt8]) {
            self.vertex = vertex
            self.time = time
            self.stream = stream
            self.bytes = bytes
        }
    }

    package struct Warning: Sendable {
        package var vertex: String
        package var text: String
        package var detail: [String]
        package var url: String

        package init(vertex: String, text: String, detail: [String] = [], url: String = "") {
            self.vertex = vertex
            self.text = text
            self.detail = detail
            self.url = url
        }
    }

    package var vertexes: [Vertex] = []
    package var statuses: [VertexStatus] = []
    package var logs: [Log] = []
    package var warnings: [Warning] = []

    package init() {}

    package init(_ bytes: some Collection<UInt8>) throws(ProtobufFault) {
        let fields = try ProtobufFields(bytes)
        for vertex in try fields.messages(1) { vertexes.append(try Vertex(vertex)) }
        for status in try fields.messages(2) { statuses.append(try VertexStatus(status)) }
        for log in try fields.messages(3) {
            logs.append(
                Log(
                    vertex: log.text(1), time: try log.timestamp(2) ?? 0, stream: Int(clamping: log.integer(3)),
                    bytes: log.bytes(4)))
        }
        for warning in try fields.messages(4) {
            warnings.append(
                Warning(
                    vertex: warning.text(1), text: warning.text(3), detail: warning.texts(4), url: warning.text(5)))
        }
    }
}

extension ProtobufFields {
    /// Of a `google.protobuf.Timestamp`, nanoseconds since the epoch; nil when it is missing.
    package func timestamp(_ field: Int) throws(ProtobufFault) -> Int64? {
        guard let time = try message(field) else { return nil }
        let (nanoseconds, isTooFar) = time.integer(1).multipliedReportingOverflow(by: 1_000_000_000)
        return isTooFar ? nil : nanoseconds &+ time.integer(2)
    }
}

extension ProtobufWriter {
    /// `google.protobuf.Timestamp`, of nanoseconds since the epoch.
    package mutating func timestamp(_ number: Int, _ nanoseconds: Int64) {
        message(number) { time in
            time.number(1, nanoseconds / 1_000_000_000)
            time.number(2, nanoseconds % 1_000_000_000)
        }
    }
}
