import Fault
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import OCI

extension RegistryClient {
    /// How a blob got to where it was pushed.
    package enum Arrival: Sendable, Equatable {
        case uploaded, alreadyThere
        /// Taken over from this repository of the same registry.
        case mounted(from: String)
    }

    /// Bytes of a blob from an offset on; asked again when an upload has to go on from somewhere else.
    package typealias BlobSource = @Sendable (_ offset: Int64) async throws -> @Sendable () async throws -> ByteBuffer?

    /// Brings a blob into the repository: looks whether it is there, tries to mount it from one of `siblings`
    /// (repositories of the same registry that may hold it), uploads it at last. `progress` gets bytes sent so far.
    package func push(
        _ blob: Descriptor, to reference: Reference, siblings: [String], _ credentials: Credentials?,
        source: @escaping BlobSource, progress: @escaping @Sendable (Int64) -> Void
    ) async throws -> Arrival {
        do {
            return try await atEndpoints(of: reference, mirrors: false) { endpoint in
                let upload = BlobUpload(self, blob, reference, endpoint, credentials)
                if try await upload.isThere() { return .alreadyThere }
                for sibling in siblings.prefix(Limit.mountAttempts) where sibling != reference.repository {
                    if try await upload.mount(from: sibling) { return .mounted(from: sibling) }
                }
                try await upload.send(source, progress)
                return .uploaded
            }
        } catch {
            throw pushFault(error, reference)
        }
    }

    /// Stores the manifest under the reference's tag, or its digest when it has none; gives the manifest's digest.
    package func putManifest(
        _ bytes: [UInt8], mediaType: String, as reference: Reference, _ credentials: Credentials?
    ) async throws -> Digest {
        let digest = Digest(of: bytes)
        do {
            return try await atEndpoints(of: reference, mirrors: false) { endpoint in
                var request = Request(
                    method: .PUT,
                    address: endpoint.address("\(reference.repository)/manifests/\(reference.tag ?? "\(digest)")"))
                request.headers.add(name: "content-type", value: mediaType)
                request.body = .bytes(ByteBuffer(bytes: bytes))
                let sent = request
                let answer = try await self.retrying {
                    try await self.send(sent, to: endpoint, scopes: pushScope(reference), credentials)
                }
                await answer.discard()
                let stored = answer.headers.first(name: "docker-content-digest").flatMap { try? Digest(parsing: $0) }
                guard stored == nil || stored == digest else {
                    throw Fault(.invalid, "\(reference): the registry stored \(stored ?? digest) in place of \(digest)")
                }
                return digest
            }
        } catch {
            throw pushFault(error, reference)
        }
    }

    /// The sentence for whatever stopped a push.
    private func pushFault(_ error: any Error, _ reference: Reference) -> any Error {
        switch error {
        case let error as RegistryError: error.plainFault(reference)
        case let error as Unreachable: error.fault(reference.registry)
        default: error
        }
    }
}

func pushScope(_ reference: Reference) -> [String] { ["repository:\(reference.repository):pull,push"] }

extension RegistryClient {
    /// Bytes that are in memory, from an offset on, as an upload takes them.
    package static func source(_ bytes: [UInt8], from offset: Int64) -> @Sendable () async throws -> ByteBuffer? {
        let rest = NIOLockedValueBox<ByteBuffer?>(ByteBuffer(bytes: bytes.dropFirst(Int(offset))))
        return {
            rest.withLockedValue { rest in
                defer { rest = nil }
                return rest.flatMap { $0.readableBytes > 0 ? $0 : nil }
            }
        }
    }
}
