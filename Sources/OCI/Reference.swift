import Fault

/// The name of an image: `[host[:port]/]path[:tag][@digest]` with Docker's defaults filled in (distribution
/// reference grammar; docker.io, `library/` and `latest` as docker/distribution's `ParseNormalizedNamed`).
package struct Reference: Sendable, Hashable {
    /// `docker.io`, `localhost:5000`, …
    package var registry: String
    /// `library/nginx`.
    package var repository: String
    /// Nil when the reference names a digest and no tag; otherwise never nil after `withDefaultTag`.
    package var tag: String?
    package var digest: Digest?
}
