import NIOCore

/// What one peer may ask of us.
package enum HTTPLimit {
    /// Request line and headers together, in bytes. Build arguments travel in the query, so this is Go's default and
    /// no less.
    static let headBytes = 1 << 20
    /// Header fields of one message.
    static let headerFields = 512
    /// The line that gives a chunk's size, extensions included, in bytes.
    static let chunkLineBytes = 4_096
    /// Trailers after a chunked body, in bytes; they are read and dropped.
    static let trailerBytes = 64 << 10
    /// From a head's first byte to its last: what a client that trickles its headers gets.
    static let headTime = TimeAmount.seconds(30)
    /// How long a kept-alive connection may say nothing between two requests.
    static let idleTime = TimeAmount.minutes(5)
    /// Open connections; the next one is answered 503.
    static let connections = 4_096
    /// Rest of a request body that is read away after the answer, so that the connection can be kept, in bytes.
    /// Go's server stops at the same place.
    static let drainedBytes = 256 << 10
    /// How long that may take.
    static let drainTime = TimeAmount.seconds(5)
    /// What one read from a socket may bring, in bytes.
    static let readBytes = 256 << 10
    /// How long `shutdown` waits for running requests.
    static let shutdownTime = TimeAmount.seconds(5)
    /// How long a TLS connection that a server closes waits for the client's own word of the end; Go's doesn't wait.
    static let farewellTime = TimeAmount.milliseconds(100)
    /// How long connecting may take.
    static let connectTime = TimeAmount.seconds(10)
    /// How long a peer may leave what was sent unanswered, in seconds.
    static let silence = 30
    /// Connections a client keeps for its next request.
    static let idleClientConnections = 4
}

/// A message that can't be understood; the status is what a server answers.
package struct HTTPProblem: Error, CustomStringConvertible, Equatable {
    package let status: UInt
    package let description: String

    init(_ status: UInt, _ description: String) {
        self.status = status
        self.description = description
    }
}

extension HTTPProblem {
    package static func bodyTooLarge(_ limit: Int) -> HTTPProblem {
        HTTPProblem(413, "the request body is larger than \(limit) bytes")
    }
}
