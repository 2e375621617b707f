import KubeModel
import NIOCore
import NIOHTTP1
import Wire

/// Sends a list: a short one whole, a long one piece by piece as its client takes it; packed for clients that want so.
struct ListSender {
    private let headers: HTTPHeaders
    private let request: HTTPHeaders
    private let responder: any HTTPResponder

    /// - Parameter headers: the answer's.
    init(_ headers: HTTPHeaders, _ request: HTTPHeaders, _ responder: any HTTPResponder) {
        self.headers = headers
        self.request = request
        self.responder = responder
    }

    func send(_ list: ListPieces) async throws {
        var list = list
        var headers = headers
        let first = try await list.next() ?? ByteBuffer()
        guard var piece = try await list.next() else {
            let body = Compression.pack(first, request, &headers)
            return try await responder.send(.ok, headers, body)
        }
        let gzip = Compression.isWanted(request) ? GzipStream() : nil
        if gzip != nil { Compression.announce(&headers) }
        try await responder.head(.ok, headers)
        try await responder.write(gzip?.pack(first) ?? first)
        while true {
            try await responder.write(gzip?.pack(piece) ?? piece)
            guard let next = try await list.next() else { break }
            piece = next
        }
        if let gzip { try await responder.write(gzip.finish()) }
        try await responder.end()
    }
}
