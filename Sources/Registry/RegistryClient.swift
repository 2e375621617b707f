import Fault
import JSON
import NIOCore
import OCI

/// How registries are reached; from daemon.json and the daemon's flags.
package struct RegistryOptions: Sendable {
    /// Tried in order before docker.io itself, e.g. `http://127.0.0.1:5000`.
    package var mirrors: [String] = []
    /// Hosts or CIDRs that may be spoken to over plain HTTP or unverified TLS; 127.0.0.0/8 and ::1 always are.
    package var insecure: [String] = []
    /// `certs.d`: a folder a registry, with `*.crt`, `*.cert`, `*.key`.
    package var certificatesRoot = "/etc/docker/certs.d"
    package init() {}
}

/// What a client sent in `X-Registry-Auth`, or a config file holds for the registry.
package struct Credentials: Sendable, Equatable {
    package var username = "", password = "", identityToken = ""
    package init() {}
}

/// A manifest as the registry served it, verified against its digest.
package struct FetchedManifest: Sendable {
    package let mediaType: String
    package let digest: Digest
    package let bytes: [UInt8]
}

/// The distribution API (distribution-spec 1.1) of every registry there is, with tokens, mirrors and retries.
package final class RegistryClient: Sendable {
    package init(options: RegistryOptions) {}

    /// The manifest or index a reference names.
    package func manifest(_ reference: Reference, _ credentials: Credentials?) async throws -> FetchedManifest {
        throw Fault(.notImplemented, "unwritten")
    }

    /// The blob from byte `offset` on. Not verified: the caller hashes what it takes.
    package func blob(
        _ descriptor: Descriptor, of reference: Reference, from offset: Int64, _ credentials: Credentials?
    ) async throws -> @Sendable () async throws -> ByteBuffer? {
        throw Fault(.notImplemented, "unwritten")
    }

    package func shutdown() async throws {}
}
