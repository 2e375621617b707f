import Fault
import NIOCore
import NIOHTTP1
import OCI

/// One blob on its way here. Broken connections and passing errors are mended by asking for the rest (RFC 9110
/// section 14, `Range`); a registry that ignores ranges sends all again, and what is already here is dropped.
///
/// Invariant: `position` bytes have been handed out, in order, each once; `skip` bytes of the present answer are yet
/// to be dropped before more are.
///
/// Unchecked: read by one reader at a time, as a blob is.
final class BlobDownload: @unchecked Sendable {
    private let client: RegistryClient
    private let descriptor: Descriptor
    private let reference: Reference
    private let credentials: Credentials?
    private let waiting: @Sendable (Int64) -> Void
    private var position: Int64
    private var skip: Int64 = 0
    private var body: AnswerBody?
    /// Attempts since the last byte of progress.
    private var attempt = 1

    init(
        _ client: RegistryClient, _ descriptor: Descriptor, of reference: Reference, from offset: Int64,
        _ credentials: Credentials?, waiting: @escaping @Sendable (Int64) -> Void
    ) {
        self.client = client
        self.descriptor = descriptor
        self.reference = reference
        self.credentials = credentials
        self.waiting = waiting
        position = offset
    }

    /// Gets the first answer, so that a blob that isn't there is known at once.
    func open() async throws {
        if position < descriptor.size { try await mending { try await self.connect() } }
    }

    /// Nil at the end.
    func next() async throws -> ByteBuffer? {
        while position < descriptor.size {
            let piece = try await mending { () async throws -> ByteBuffer? in
                if self.body == nil { try await self.connect() }
                guard let piece = try await self.body?.next() else {
                    throw Unreachable(
                        reason:
                            "\(self.descriptor.digest): unexpected EOF at byte \(self.position) of \(self.descriptor.size)"
                    )
                }
                return piece
            }
            guard var piece else { continue }
            let dropped = min(skip, Int64(piece.readableBytes))
            piece.moveReaderIndex(forwardBy: Int(dropped))
            skip -= dropped
            guard piece.readableBytes > 0 else { continue }
            guard Int64(piece.readableBytes) <= descriptor.size - position else {
                throw Fault(
                    .invalid,
                    "\(descriptor.digest) of \(reference) is longer than the \(descriptor.size) bytes of its descriptor"
                )
            }
            position += Int64(piece.readableBytes)
            attempt = 1
            return piece
        }
        try await finish()
        return nil
    }

    /// Reads the end of the answer, so that the connection is free for the next blob.
    private func finish() async throws {
        guard let body else { return }
        self.body = nil
        while let piece = try? await body.next() {
            if piece.readableBytes > 0 {
                throw Fault(
                    .invalid,
                    "\(descriptor.digest) of \(reference) is longer than the \(descriptor.size) bytes of its descriptor"
                )
            }
        }
    }

    private func mending<T>(_ work: () async throws -> T) async throws -> T {
        while true {
            do {
                return try await work()
            } catch {
                body = nil
                guard try await client.waitIfPassing(error, attempt: attempt, waiting: waiting) else {
                    throw client.pullFault(error, reference)
                }
                attempt += 1
            }
        }
    }

    private func connect() async throws {
        let (path, offset) = ("\(reference.repository)/blobs/\(descriptor.digest)", position)
        let answer = try await client.atEndpoints(of: reference) { endpoint in
            var request = Request(address: endpoint.address(path), time: Limit.blobTime)
            if offset > 0 { request.headers.add(name: "range", value: "bytes=\(offset)-") }
            return try await self.client.send(
                request, to: endpoint, scopes: pullScope(self.reference), self.credentials)
        }
        skip = answer.status == .partialContent ? 0 : offset
        if answer.status == .partialContent, let range = answer.headers.first(name: "content-range") {
            guard let start = contentRangeStart(range), start <= offset else {
                throw RegistryError(
                    status: 206, code: nil, message: "asked for byte \(offset) of \(descriptor.digest), got \(range)")
            }
            skip = offset - start
        }
        body = answer.body
    }
}

/// The first byte's position in `bytes 100-199/200`; nil for other text.
func contentRangeStart(_ text: String) -> Int64? {
    guard text.lowercased().hasPrefix("bytes ") else { return nil }
    return Int64(text.dropFirst("bytes ".count).prefix { $0 != "-" })
}
