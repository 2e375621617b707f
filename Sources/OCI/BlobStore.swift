/// Contents by digest. What is committed has been verified and is durable; readers never see anything else.
package protocol BlobStore: Sendable {
    func contains(_ digest: Digest) async throws -> Bool
    /// Bytes; nil when absent.
    func size(of digest: Digest) async throws -> Int64?
    /// The whole content; for manifests and configs. Throws `notFound`, and `invalid` past `limit` bytes.
    func read(_ digest: Digest, limit: Int) async throws -> [UInt8]
    /// Verifies and keeps the bytes; throws `invalid` when they don't hash to `digest`, and leaves nothing behind then.
    func write(_ bytes: [UInt8], expecting digest: Digest) async throws
}
