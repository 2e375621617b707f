import CommandLine
import Fault
import JSON
import OCI
import Registry

/// Registries as `docker manifest` reaches them: from here, past the daemon.
struct ManifestRegistry: Sendable {
    let client: RegistryClient
    let session: Session

    /// Runs `body` with a client of the registry, and closes its connections.
    static func with<T>(
        _ session: Session, _ reference: Reference, isInsecure: Bool, _ body: (ManifestRegistry) async throws -> T
    ) async throws -> T {
        var options = RegistryOptions()
        if isInsecure { options.insecure = [reference.registry] }
        let registry = ManifestRegistry(client: RegistryClient(options: options), session: session)
        let result: T
        do { result = try await body(registry) } catch {
            try? await registry.client.shutdown()
            throw error
        }
        try await registry.client.shutdown()
        return result
    }

    func credentials(_ reference: Reference) -> Credentials? {
        (try? session.configuration.credentials(for: reference.registry)).flatMap { Credentials(authConfig: $0.json) }
    }

    func fetch(_ reference: Reference) async throws -> FetchedManifest {
        do { return try await client.manifest(reference, credentials(reference)) } catch let fault as Fault {
            guard fault.kind == .notFound else { throw fault }
            throw Failure("no such manifest: \(reference.canonical)")
        }
    }

    /// An image with its platform, which its config tells.
    func image(_ reference: Reference) async throws -> ManifestLists.Entry {
        let fetched = try await fetch(reference)
        guard case .manifest(let manifest) = try ManifestDocument(fetched.bytes, mediaType: fetched.mediaType) else {
            throw Failure("\(reference.canonical) is a manifest list: name one of its images by its digest")
        }
        let bytes = try await client.content(
            manifest.config, of: reference, limit: ImageManifest.Limit.configBytes, credentials(reference))
        let config = (try? JSON(parsing: bytes)) ?? .null
        var entry = ManifestLists.Entry(
            reference: reference,
            descriptor: Descriptor(
                mediaType: manifest.mediaType, digest: fetched.digest, size: Int64(fetched.bytes.count),
                platform: Platform(config)), bytes: fetched.bytes)
        entry.osVersion = config["os.version"].string ?? ""
        entry.osFeatures = config["os.features"].strings
        return entry
    }

    /// Brings an image of another repository of the same registry into this one.
    func copy(_ entry: ManifestLists.Entry, to list: Reference) async throws {
        guard entry.reference.registry == list.registry else {
            throw Failure(
                "cannot use source images from a different registry than the target image: "
                    + "\(entry.reference.registry) != \(list.registry)")
        }
        guard entry.reference.repository != list.repository else { return }
        guard case .manifest(let manifest) = try ManifestDocument(entry.bytes, mediaType: entry.descriptor.mediaType)
        else { return }
        let secrets = credentials(list)
        for blob in [manifest.config] + manifest.layers where !blob.isForeignLayer {
            _ = try await client.push(
                blob, to: list, siblings: [entry.reference.repository], secrets,
                source: { offset in
                    try await client.blob(blob, of: entry.reference, from: offset, secrets)
                }, progress: { _ in })
        }
        var target = list
        (target.tag, target.digest) = (nil, entry.descriptor.digest)
        _ = try await client.putManifest(entry.bytes, mediaType: entry.descriptor.mediaType, as: target, secrets)
        session.out.line("Pushed ref \(target.canonical) with digest: \(entry.descriptor.digest)")
    }
}
