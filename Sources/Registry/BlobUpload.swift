import Fault
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import OCI

/// One blob on its way to a registry (distribution-spec, "Pushing blobs"): POST opens a session, PATCH sends, PUT
/// with the digest closes it. A broken PATCH goes on where the registry says it stopped.
struct BlobUpload: Sendable {
    private let client: RegistryClient
    private let blob: Descriptor
    private let reference: Reference
    private let endpoint: RegistryEndpoint
    private let credentials: Credentials?

    init(
        _ client: RegistryClient, _ blob: Descriptor, _ reference: Reference, _ endpoint: RegistryEndpoint,
        _ credentials: Credentials?
    ) {
        self.client = client
        self.blob = blob
        self.reference = reference
        self.endpoint = endpoint
        self.credentials = credentials
    }

    func isThere() async throws -> Bool {
        let request = Request(method: .HEAD, address: endpoint.address("\(reference.repository)/blobs/\(blob.digest)"))
        let answer = try await client.retrying {
            try await client.send(request, to: endpoint, scopes: pushScope(reference), credentials, allowing: [404])
        }
        await answer.discard()
        return answer.status != .notFound
    }

    /// False when the registry doesn't have it there, or doesn't let us.
    func mount(from sibling: String) async throws -> Bool {
        let address = uploads.adding(query: "mount", "\(blob.digest)").adding(query: "from", sibling)
        let scopes = pushScope(reference) + ["repository:\(sibling):pull"]
        do {
            let answer = try await client.send(
                Request(method: .POST, address: address), to: endpoint, scopes: scopes, credentials)
            await answer.discard()
            if answer.status == .created { return true }
            if let session = session(answer) { await abandon(session) }  // a session was opened in its place
            return false
        } catch is RegistryError {
            return false
        }
    }

    func send(_ source: @escaping RegistryClient.BlobSource, _ progress: @escaping @Sendable (Int64) -> Void)
        async throws
    {
        var at: (session: WebAddress, offset: Int64)?
        var attempt = 1
        while true {
            do {
                let from: (session: WebAddress, offset: Int64)
                if let known = at { from = known } else { from = (try await open(), 0) }
                at = from
                let session = try await patch(from.session, offset: from.offset, source, progress)
                return try await close(session)
            } catch {
                guard try await client.waitIfPassing(error, attempt: attempt) else { throw error }
                if let known = at {
                    let now = await status(known.session)
                    // A session that has moved on is progress; a lost one is begun anew.
                    if let now, now.offset > known.offset { attempt = 0 }
                    at = now
                }
                attempt += 1
            }
        }
    }

    private var uploads: WebAddress { endpoint.address("\(reference.repository)/blobs/uploads/") }

    private func exchange(_ request: Request) async throws -> Answer {
        let answer = try await client.send(request, to: endpoint, scopes: pushScope(reference), credentials)
        await answer.discard()
        return answer
    }

    private func open() async throws -> WebAddress {
        let answer = try await exchange(Request(method: .POST, address: uploads))
        guard let session = session(answer) else { throw noSession(answer) }
        return session
    }

    private func patch(
        _ session: WebAddress, offset: Int64, _ source: @escaping RegistryClient.BlobSource,
        _ progress: @escaping @Sendable (Int64) -> Void
    ) async throws -> WebAddress {
        if offset == blob.size, offset > 0 { return session }
        let sent = NIOLockedValueBox(offset)
        let next = try await source(offset)
        let pieces: @Sendable () async throws -> ByteBuffer? = {
            guard let piece = try await next() else { return nil }
            progress(
                sent.withLockedValue { sent in
                    sent += Int64(piece.readableBytes)
                    return sent
                })
            return piece
        }
        var request = Request(method: .PATCH, address: session, time: Limit.blobTime)
        request.headers.add(name: "content-type", value: "application/octet-stream")
        if offset > 0 { request.headers.add(name: "content-range", value: "\(offset)-\(blob.size - 1)") }
        request.body = .stream(pieces, count: blob.size - offset)
        let answer = try await exchange(request)
        return self.session(answer) ?? session
    }

    private func close(_ session: WebAddress) async throws {
        var request = Request(method: .PUT, address: session.adding(query: "digest", "\(blob.digest)"))
        request.headers.add(name: "content-type", value: "application/octet-stream")
        request.body = .bytes(ByteBuffer())
        request.time = Limit.blobTime  // some registries hash everything only now
        _ = try await exchange(request)
    }

    /// Where a session stands; nil when it is no more.
    private func status(_ session: WebAddress) async -> (session: WebAddress, offset: Int64)? {
        guard let answer = try? await exchange(Request(address: session)) else { return nil }
        // `Range: 0-99`: a hundred bytes are there. `0-0` is what registries say of none, too.
        let last =
            answer.headers.first(name: "range").flatMap { $0.split(separator: "-").last }.flatMap { Int64($0) } ?? 0
        return (self.session(answer) ?? session, last > 0 ? last + 1 : 0)
    }

    private func abandon(_ session: WebAddress) async {
        _ = try? await exchange(Request(method: .DELETE, address: session))
    }

    private func session(_ answer: Answer) -> WebAddress? {
        answer.headers.first(name: "location").flatMap { answer.address.resolving($0) }
    }

    private func noSession(_ answer: Answer) -> RegistryError {
        RegistryError(
            status: answer.status.code, code: nil,
            message: "\(endpoint.base.authority) opened an upload without saying where")
    }
}
