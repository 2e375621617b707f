import Fault
import JSON
import NIOCore
import NIOHTTP1
import OCI

extension RegistryClient {
    /// The manifest or index a reference names. Throws Docker's sentences for a pull that can't be.
    package func manifest(_ reference: Reference, _ credentials: Credentials?) async throws -> FetchedManifest {
        do {
            return try await atEndpoints(of: reference) { endpoint in
                try await self.retrying { try await self.manifest(reference, at: endpoint, credentials) }
            }
        } catch {
            throw pullFault(error, reference)
        }
    }

    private func manifest(
        _ reference: Reference, at endpoint: RegistryEndpoint, _ credentials: Credentials?
    ) async throws -> FetchedManifest {
        let name = reference.digest.map { "\($0)" } ?? reference.tag ?? Reference.defaultTag
        var request = Request(address: endpoint.address("\(reference.repository)/manifests/\(name)"))
        for type in [MediaType.ociIndex, MediaType.dockerList, MediaType.ociManifest, MediaType.dockerManifest] {
            request.headers.add(name: "accept", value: type)
        }
        let answer = try await send(request, to: endpoint, scopes: pullScope(reference), credentials)
        let bytes = try await answer.bytes(limit: Limit.manifestBytes)
        let digest = Digest(of: bytes)
        let claimed =
            reference.digest ?? answer.headers.first(name: "docker-content-digest").flatMap { try? Digest(parsing: $0) }
        if let claimed, claimed != digest {
            throw Fault(
                .invalid,
                "manifest verification failed for digest \(claimed): \(endpoint.base.authority) sent \(digest)")
        }
        let type = answer.headers.first(name: "content-type").map { String($0.prefix { $0 != ";" && $0 != " " }) } ?? ""
        return FetchedManifest(mediaType: type, digest: digest, bytes: bytes)
    }

    /// The digest that a tag names now, without its manifest; nil when the registry doesn't say.
    package func head(_ reference: Reference, _ credentials: Credentials?) async throws -> Digest? {
        do {
            return try await atEndpoints(of: reference) { endpoint in
                let name = reference.digest.map { "\($0)" } ?? reference.tag ?? Reference.defaultTag
                var request = Request(
                    method: .HEAD, address: endpoint.address("\(reference.repository)/manifests/\(name)"))
                for type in [MediaType.ociIndex, MediaType.dockerList, MediaType.ociManifest, MediaType.dockerManifest]
                {
                    request.headers.add(name: "accept", value: type)
                }
                let sent = request
                let answer = try await self.retrying {
                    try await self.send(sent, to: endpoint, scopes: pullScope(reference), credentials)
                }
                await answer.discard()
                return answer.headers.first(name: "docker-content-digest").flatMap { try? Digest(parsing: $0) }
            }
        } catch {
            throw pullFault(error, reference)
        }
    }

    /// The tags of a repository, sorted as the registry sorts them.
    package func tags(_ reference: Reference, _ credentials: Credentials?) async throws -> [String] {
        do {
            return try await atEndpoints(of: reference) { endpoint in
                var all: [String] = []
                var address: WebAddress? = endpoint.address("\(reference.repository)/tags/list")
                while let page = address, all.count < Limit.tags {
                    let answer = try await self.retrying {
                        try await self.send(
                            Request(address: page), to: endpoint, scopes: pullScope(reference), credentials)
                    }
                    let bytes = try await answer.bytes(limit: Limit.manifestBytes)
                    all += (try? JSON(parsing: bytes))?["tags"].strings ?? []
                    address = nextPage(answer.headers, from: page)
                }
                return all
            }
        } catch {
            throw pullFault(error, reference)
        }
    }

    /// A small blob, whole and verified: image configs. `limit` in bytes.
    package func content(
        _ descriptor: Descriptor, of reference: Reference, limit: Int, _ credentials: Credentials?
    ) async throws -> [UInt8] {
        guard descriptor.size <= limit else {
            throw Fault(
                .invalid, "\(descriptor.digest) of \(reference) has \(descriptor.size) bytes; at most \(limit) are read"
            )
        }
        let next = try await blob(descriptor, of: reference, from: 0, credentials)
        var bytes: [UInt8] = []
        while let piece = try await next() { bytes.append(contentsOf: piece.readableBytesView) }
        guard Digest(of: bytes) == descriptor.digest else {
            throw Fault(.invalid, "filesystem layer verification failed for digest \(descriptor.digest)")
        }
        return bytes
    }

    /// The blob from byte `offset` on, exactly as many bytes as the descriptor says. Goes on by itself where a broken
    /// connection left off; `waiting` is told of the pauses in between. Not verified: the caller hashes what it takes.
    package func blob(
        _ descriptor: Descriptor, of reference: Reference, from offset: Int64, _ credentials: Credentials?,
        waiting: @escaping @Sendable (_ milliseconds: Int64) -> Void = { _ in }
    ) async throws -> @Sendable () async throws -> ByteBuffer? {
        let download = BlobDownload(self, descriptor, of: reference, from: offset, credentials, waiting: waiting)
        try await download.open()
        return { try await download.next() }
    }

    /// The sentence for whatever stopped a pull.
    func pullFault(_ error: any Error, _ reference: Reference) -> any Error {
        switch error {
        case let error as RegistryError: error.pullFault(reference)
        case let error as Unreachable: error.fault(reference.registry)
        default: error
        }
    }
}

func pullScope(_ reference: Reference) -> [String] { ["repository:\(reference.repository):pull"] }

/// The address of the next page (RFC 8288 `Link` with rel="next"); nil on the last.
private func nextPage(_ headers: HTTPHeaders, from page: WebAddress) -> WebAddress? {
    guard let link = headers.first(name: "link"), link.contains("rel=\"next\"") || link.contains("rel=next"),
        let open = link.firstIndex(of: "<"), let close = link.firstIndex(of: ">"), open < close
    else { return nil }
    let next = page.resolving(String(link[link.index(after: open)..<close]))
    return next.flatMap { $0.sameServer(as: page) && $0 != page ? $0 : nil }
}
